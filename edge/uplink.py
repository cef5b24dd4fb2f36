"""The gate's line to central: the bus, what is said at each connection, and the sender that empties the outbox.

Nothing here is waited for. A gate without a broker screens as well as one with it; what central must know stands in the
outbox, and health, which is only worth something fresh, is published when there is a line and forgotten when not.
"""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from contract import topics
from contract.clock import Clock
from contract.delivery.bus import Bus, Tls
from contract.delivery.letters import Letters
from contract.delivery.outbox import Outbox, OutboxMessage
from contract.delivery.sender import Sender, SenderStatus
from contract.messages import Body, GateHealth
from contract.topics import Direction
from edge.config import GateConfig
from edge.presence import presence
from edge.store import Store


class Uplink:
    """One gate's connection. Any thread may use it."""

    def __init__(
        self,
        config: GateConfig,
        boot: UUID,
        clock: Clock,
        store: Store,
        outbox: Outbox,
        *,
        on_message: Callable[[str, bytes], None],
        on_change: Callable[[], None],
    ) -> None:
        """Prepare; `start` connects. Raises BusRefused for a broker that may not be used.

        `on_message` gets what central sends, `on_change` is called when the line comes or goes; both on the bus's
        threads.
        """
        self._gate, self._boot, self._clock = config.gate, boot, clock
        self._letters = Letters(Direction.UP, clock, boot)
        self._on_change = on_change
        settings = config.mqtt
        self._bus = Bus(
            settings.url,
            f"gate-{config.gate.id}",
            on_message=on_message,
            tls=Tls(settings.ca, settings.certificate, settings.key),
            will=presence(config.gate, boot, clock.now().at, online=False),
            on_up=self._greet,
            on_down=on_change,
        )
        self._sender = Sender(outbox, self._bus, clock, read=store.reading, write=store.write)

    @property
    def is_up(self) -> bool:
        """Whether the broker has accepted us."""
        return self._bus.is_up

    def start(self) -> None:
        """Connect and begin to send."""
        self._bus.start()
        self._sender.start()

    def stop(self) -> None:
        """Say goodbye, disconnect, and write down the acknowledgements that have come."""
        self._bus.stop(timeout_s=0.6)
        self._sender.stop(timeout_s=0.6)

    def letter(self, body: Body) -> OutboxMessage:
        """Return `body` as a message to central, for the outbox."""
        return self._letters.letter(self._gate.id, body)

    def committed(self) -> None:
        """Say that messages stand in the outbox."""
        self._sender.wake()

    def unstored(self, letter: OutboxMessage) -> None:
        """Publish a message that the disk does not take; central knows it by its id when it comes again."""
        self._bus.publish(letter.topic, letter.payload)

    def health(self, health: GateHealth) -> None:
        """Publish the gate's health, if there is a line."""
        letter = self.letter(health)
        self._bus.publish(letter.topic, letter.payload)

    def receipt(self, ids: Sequence[UUID]) -> None:
        """Tell central that its messages are committed here. A lost receipt makes it send them again."""
        self._bus.publish(*self._letters.receipt(self._gate.id, ids), qos=0)

    def acknowledged(self, ids: Iterable[UUID]) -> None:
        """Central has committed these."""
        self._sender.acknowledged(ids)

    def status(self) -> SenderStatus:
        """Return what the sender has done."""
        return self._sender.status()

    def _greet(self) -> None:
        """Say again at every connection what a clean session forgets."""
        self._bus.subscribe(topics.down_filter(self._gate.id))
        topic, payload = presence(self._gate, self._boot, self._clock.now().at, online=True)
        self._bus.publish(topic, payload, retain=True)
        self._sender.connected()
        self._on_change()
