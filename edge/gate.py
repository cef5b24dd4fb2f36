"""The composition root of a gate: the one place where concrete parts are chosen, joined, started and stopped.

One process, one event loop, one task group. Threads only where something blocks: a reader a device, a thread a lane,
one for the store, those of the bus and the sender. Each is started and joined here. The event loop never waits for a
disk, a network or a device.
"""

import asyncio
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial

import anyio
import structlog

from contract.clock import Clock
from contract.delivery.outbox import Outbox
from contract.ids import new_id
from contract.phrases import Phrases
from contract.signing import Trust, load_key
from contract.web.feed import Feed
from contract.web.server import listen, serve
from drivers.codec import Quantity
from drivers.link import LinkLost
from drivers.reader import Reader
from edge import certificates, tables
from edge.ambient import Ambient
from edge.config import ConfigRefused, GateConfig, InstrumentRole
from edge.decisions import Decisions
from edge.desk import Desk
from edge.events import LaneEvent
from edge.health import EMPTY, Health
from edge.instruments import Instruments
from edge.kiosk import certificates as certificate_pages
from edge.kiosk import explain, technician
from edge.kiosk.pages import HERE, Kiosk, application
from edge.kiosk.screen import LaneScreen, Screen
from edge.kiosk.view import LaneKind
from edge.lamps import Lamps, Send, light_of
from edge.metrics import Metrics
from edge.passages import Ledger
from edge.pipeline import Pipeline
from edge.restart import restore
from edge.rounds import Rounds
from edge.store import Store
from edge.technician.bench import Bench
from edge.technician.session import Office
from edge.technician.view import BenchView
from edge.uplink import Uplink
from edge.writer import Writer

log = structlog.get_logger()


async def run(
    config: GateConfig, clock: Clock, *, stop: anyio.Event, on_started: Callable[[int], None] = lambda _port: None
) -> None:
    """Run a gate until `stop` is set; `on_started` is given the port of its screens.

    Raises StoreRefused, ConfigRefused, UnknownDriver, BusRefused, PhrasesRefused or PortTaken, each with a sentence
    that says what to do.
    """
    listen(config.kiosk.host, config.kiosk.port).close()  # a taken port is found before anything is opened
    with closing(Store.open(config.store.path)) as store:
        gate = Gate(config, clock, store, asyncio.get_running_loop())
        await gate.run(stop, on_started)


class Gate:
    """One gate, composed and not yet started."""

    def __init__(self, config: GateConfig, clock: Clock, store: Store, loop: asyncio.AbstractEventLoop) -> None:
        self._config, self._clock, self._store, self._loop = config, clock, store, loop
        self.boot = new_id(clock.now().at)
        self._feed = Feed(clock, vitals=lambda: {"boot": str(self.boot)})
        self._live = Feed(clock, history=1)
        self._metrics = Metrics(config.gate.id)
        self._ledger = Ledger(new_id, simulated=config.gate.simulated)
        self._ambient = Ambient(config, clock)
        own = {one.id: certificates.load(one.certificate) for one in config.instruments if one.certificate is not None}
        trusts = certificates.believing(Trust.load(config.trust.keys))
        for certificate in own.values():
            if not trusts(certificate):
                raise ConfigRefused(certificates.untrusted(certificate))
        self._instruments = Instruments(
            config, clock, self._ambient, own=own, ids=new_id, deliver=self._deliver, trusts=trusts
        )
        self._screen = Screen(
            _lanes(config, self._instruments),
            clock,
            self._feed.publish,
            EMPTY,
            audit_share=config.kiosk.audit_share if config.kiosk.thermometers else 0.0,
        )
        outbox = Outbox(tables.outbox, config.store.max_outbox_rows)
        self._uplink = Uplink(
            config,
            self.boot,
            clock,
            store,
            outbox,
            on_message=self._message,
            on_change=self._news,
        )
        self._writer = Writer(
            store,
            outbox,
            committed=self._uplink.committed,
            unstored=self._uplink.unstored,
            changed=self._news,
        )
        self._pipeline = Pipeline(
            config,
            clock,
            screen=self._screen,
            live=self._live,
            ledger=self._ledger,
            writer=self._writer,
            uplink=self._uplink,
            metrics=self._metrics,
            soon=self._soon,
            lamps=self._light,
        )
        self._decisions = Decisions(
            config.gate.id,
            config.rules,
            clock,
            screen=self._screen,
            writer=self._writer,
            uplink=self._uplink,
            lanes=self._instruments,
            metrics=self._metrics,
        )
        self._lamps = Lamps(_lights(self._instruments))
        self._bench = Bench(
            Office(config, clock, self._instruments, store, outbox, self._uplink, new_id, self._ambient.air),
            show=self._show_bench,
            key=load_key(config.trust.sign_with) if config.trust.sign_with is not None else None,
        )
        self._rounds = self._make_rounds(outbox)

    def _make_rounds(self, outbox: Outbox) -> Rounds:
        return Rounds(
            self._clock,
            health_=Health(self._config, self._clock, self._instruments, self._pipeline, self._ambient),
            screen=self._screen,
            instruments=self._instruments,
            uplink=self._uplink,
            store=self._store,
            outbox=outbox,
            writer=self._writer,
            metrics=self._metrics,
            refused=lambda: self._decisions.refused,
            lamps=self._light,
            retention_d=self._config.store.retention_d,
            due=self._bench.duties.soon,
        )

    def _kiosk(self) -> Kiosk:
        desk = Desk(
            self._config,
            self._clock,
            screen=self._screen,
            ledger=self._ledger,
            instruments=self._instruments,
            writer=self._writer,
            store=self._store,
            uplink=self._uplink,
            metrics=self._metrics,
        )
        phrases = Phrases.load(HERE / "locale")
        return Kiosk(self._config, self.boot, phrases, self._screen, self._feed, self._live, desk)

    async def run(self, stop: anyio.Event, on_started: Callable[[int], None]) -> None:
        """Take up what was left, screen until `stop`, and end everything within a second."""
        kiosk = self._kiosk()
        app = application(kiosk)
        technician.add(app, kiosk, self._bench)
        certificate_pages.add(app, kiosk, self._bench, self._store)
        explain.add(app, kiosk, self._store)
        restore(
            self._config,
            self._store,
            screen=self._screen,
            ledger=self._ledger,
            instruments=self._instruments,
            decisions=self._decisions,
        )
        settings = self._config.kiosk
        try:
            async with anyio.create_task_group() as tasks:
                self._writer.start()
                await tasks.start(self._bench.serve)  # a lane whose check is overdue is held from the first sample on
                self._instruments.start()
                self._uplink.start()
                tasks.start_soon(self._rounds.walk)
                await serve(
                    app,
                    settings.host,
                    settings.port,
                    stop=stop,
                    on_started=on_started,
                    feeds=(self._feed, self._live),
                )
                self._lamps.dark()
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._end()

    async def _end(self) -> None:
        """Join every thread: first those that bring work, then the one that keeps it."""
        log.info("stopping", gate=self._config.gate.id)
        instruments = self._instruments
        stops: list[Callable[[], None]] = [self._uplink.stop]
        stops += [reader.stop for reader in instruments.readers.values()]
        stops += [intake.stop for intake in instruments.intakes.values()]
        async with anyio.create_task_group() as tasks:
            for stop in stops:
                tasks.start_soon(_in_thread, stop)
        await _in_thread(self._writer.stop)

    def _light(self) -> None:
        self._lamps.show(light_of(self._screen.lanes.values()))

    def _show_bench(self, view: BenchView) -> None:
        self._feed.show("bench", technician.encoded(view))

    # what other threads call: each only queues work for the event loop, when every part named here exists

    def _soon(self, work: Callable[[], object]) -> None:
        self._loop.call_soon_threadsafe(work)

    def _deliver(self, event: LaneEvent) -> None:
        self._pipeline.deliver(event)

    def _message(self, topic: str, payload: bytes) -> None:
        self._soon(partial(self._decisions.receive, topic, payload))

    def _news(self) -> None:
        self._soon(self._rounds.news)


def _lanes(config: GateConfig, instruments: Instruments) -> list[LaneScreen]:
    return [
        LaneScreen(
            one.id,
            LaneKind.SPOT if instruments.specs[one.id].quantity is Quantity.SPOT else LaneKind.PICTURE,
            one.serial,
        )
        for one in config.instruments
        if one.role is InstrumentRole.SCREEN
    ]


def _lights(instruments: Instruments) -> list[tuple[Callable[..., bytes], Send]]:
    found: list[tuple[Callable[..., bytes], Send]] = []
    for one in instruments.having(InstrumentRole.LAMP):
        shows = instruments.specs[one.id].shows
        if shows is not None:
            found.append((shows, partial(_send, instruments.readers[one.id])))
    return found


def _send(reader: Reader, data: bytes) -> None:
    with suppress(LinkLost):  # the rounds tell a light again that was away
        reader.send(data)


async def _in_thread(stop: Callable[[], None]) -> None:
    await anyio.to_thread.run_sync(stop)
