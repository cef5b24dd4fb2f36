"""The bus: MQTT 3.1.1 as both ends use it, and the only importer of paho.

It is a pipe, not a promise. Sessions are clean and every connection is a new client: nothing waits in memory for a
broker that is away, the outbox does that. What a connection needs (subscriptions, presence) is said again at each one
by `on_up`. QoS 1 up; gates subscribe at QoS 0; no persistent sessions, no `$share`, no version 5: each fails
somewhere.
"""

import ipaddress
import random
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import structlog
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

KEEPALIVE_S: Final = 10
CONNECT_S: Final = 5.0
"""For the TCP connection, and again for the broker's answer."""
UNACKNOWLEDGED_MS: Final = 10_000
"""TCP gives up a line that has taken no byte for so long; without it a pulled cable is noticed after minutes."""
FIRST_RETRY_S: Final = (0.2, 1.0)
MAX_RETRY_S: Final = 60.0
STEADY_S: Final = 10.0
"""A connection that held so long was a good one: the next retry is a first one again."""

log = structlog.get_logger()


class BusRefused(Exception):
    """The broker's URL or the credentials can never work; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files: who may sign the other end, and what we show of ourselves."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return a client's context. Raises BusRefused if a file cannot be used."""
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except OSError as error:  # ssl.SSLError is one
            raise BusRefused(f"the broker's TLS files cannot be used: {error}") from error
        return context


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine by name or address, without asking a name server.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("broker.example")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Bus:
    """One end's connection to the broker, kept up by a thread of its own."""

    def __init__(
        self,
        url: str,
        client_id: str,
        *,
        on_message: Callable[[str, bytes], None],
        tls: Tls | None = None,
        will: tuple[str, bytes] | None = None,
        on_up: Callable[[], None] = lambda: None,
        on_down: Callable[[], None] = lambda: None,
        rng: random.Random | None = None,
    ) -> None:
        """Prepare; `start` connects. Raises BusRefused for a URL that may not be used.

        The callbacks run on the bus's threads and must return soon. `on_up` is called at every connection, before
        anything can arrive; it subscribes and says who is there. `will` is retained, and published by `stop` too.
        """
        parts, self.host, self.port = _address(url)
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._tls = (tls or Tls()).context() if parts.scheme == "mqtts" else None
        self._client_id = f"{client_id}-{token_hex(4)}"  # a broker ends the session of whoever had the id before
        self._will = will
        self._on_message, self._on_up, self._on_down = on_message, on_up, on_down
        self._rng = rng or random.Random()  # noqa: S311  # spreads reconnects; no secret
        self._thread = threading.Thread(target=self._keep_up, name=f"bus {client_id}", daemon=True)
        self._client: Client | None = None
        self._stopping = threading.Event()
        self._answered = threading.Event()
        self._over = threading.Event()
        self._left = threading.Event()
        self.connections = 0
        """How many connections the broker has accepted."""
        self.subscriptions = 0
        """How many subscriptions the broker has granted on the present connection."""
        self.failures = 0
        """Callbacks of the owner that raised."""
        self.last_error = ""

    @property
    def is_up(self) -> bool:
        """Whether the broker has accepted the present connection."""
        return self._client is not None

    def start(self) -> None:
        """Connect, and connect again whenever the line breaks, until `stop`."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Publish the will ourselves, disconnect and end the thread."""
        self._stopping.set()
        if self._will is not None:
            self.publish(*self._will, retain=True)
        self._answered.set()
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> bool:
        """Hand a message to the present connection; False if there is none. The broker's PUBACK means nothing here."""
        client = self._client
        return client is not None and client.publish(topic, payload, qos, retain).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def subscribe(self, topic_filter: str, qos: int = 0) -> bool:
        """Subscribe on the present connection; False if there is none. If the broker refuses, the line is dropped."""
        client = self._client
        return client is not None and client.subscribe(topic_filter, qos)[0] == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _keep_up(self) -> None:
        retry_s = 0.0
        while not self._stopping.is_set():
            held_s = self._hold_connection()
            if held_s >= STEADY_S:
                retry_s = 0.0
            wait_s = self._rng.uniform(retry_s / 2, retry_s) if retry_s else self._rng.uniform(*FIRST_RETRY_S)
            retry_s = min(max(2 * retry_s, 1.0), MAX_RETRY_S)
            self._stopping.wait(wait_s)

    def _hold_connection(self) -> float:
        """Connect once and stay until the line breaks; return for how many seconds the broker had accepted us."""
        for event in (self._answered, self._over, self._left):
            event.clear()
        client = self._new_client()
        try:
            client.connect(self.host, self.port, KEEPALIVE_S)
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be one
            self._note(f"cannot reach the broker at {self.host}:{self.port}: {getattr(error, 'strerror', '') or error}")
            return 0.0
        client.loop_start()
        try:
            if self._stopping.is_set():
                return 0.0
            if not self._answered.wait(CONNECT_S):
                self._note(f"{self.host}:{self.port} does not answer as a broker")
                return 0.0
            began_s = monotonic()
            self._over.wait()
            return monotonic() - began_s if self.is_up else 0.0
        finally:
            self._hang_up(client)

    def _hang_up(self, client: Client) -> None:
        was_up, self._client = self.is_up, None
        line: Any = client.socket()
        client.disconnect()
        if line is not None and not self._left.wait(0.5):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)  # the other side takes no byte, so our goodbye cannot leave
        client.loop_stop()
        if was_up:
            log.info("bus down", host=self.host, port=self.port, error=self.last_error)
            self._tell(self._on_down)

    def _new_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        client.max_inflight_messages_set(0)  # the sender's window is the limit
        client.on_socket_open = _tune
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        if self._will is not None:
            client.will_set(*self._will, qos=1, retain=True)
        if self._login is not None:
            client.username_pw_set(*self._login)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        return client

    def _connected(self, client: Client, _data: object, _flags: object, reason: ReasonCode, _extra: object) -> None:
        if reason.is_failure:
            self._note(f"the broker refuses us: {reason}")
        else:
            self.connections += 1
            self.subscriptions = 0
            self.last_error = ""
            self._client = client
            log.info("bus up", host=self.host, port=self.port, connections=self.connections)
            self._tell(self._on_up)
        self._answered.set()

    def _subscribed(self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _extra: object) -> None:
        if any(reason.is_failure for reason in reasons):
            self._note("the broker refuses our subscription: check what this client's certificate may read")
            self._over.set()
        else:
            self.subscriptions += len(reasons)

    def _disconnected(self, _client: Client, _data: object, _flags: object, reason: ReasonCode, _extra: object) -> None:
        if reason.is_failure and not self.last_error:
            self.last_error = str(reason)
        for event in (self._left, self._over, self._answered):
            event.set()

    def _arrived(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._tell(self._on_message, message.topic, message.payload)

    def _tell(self, callback: Callable[..., None], *args: object) -> None:
        """Call the owner back; a fault of the owner's must not end the network thread."""
        try:
            callback(*args)
        except Exception:
            self.failures += 1
            log.exception("a callback of the bus failed", callback=getattr(callback, "__qualname__", str(callback)))

    def _note(self, error: str) -> None:
        if error != self.last_error:
            log.warning("bus", error=error)
        self.last_error = error


def _address(url: str) -> tuple[SplitResult, str, int]:
    """Return a broker's URL in parts, its host and its port. Raises BusRefused."""
    try:
        parts = urlsplit(url)
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
    except ValueError as error:
        raise BusRefused(f"{url!r} is no broker's address: {error}") from error
    if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
        raise BusRefused(f"{url!r} is no broker's address: use mqtt://127.0.0.1:1883 or mqtts://HOST:8883")
    if parts.scheme == "mqtt" and not is_loopback(parts.hostname):
        raise BusRefused(f"{parts.hostname} is another machine: use mqtts:// with a certificate, not mqtt://")
    return parts, parts.hostname, port


def _tune(_client: Client, _data: object, line: Any) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
