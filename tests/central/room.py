"""A real central as its own process, and a gate that speaks to it over the real broker."""

import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import httpx

from contract.clock import SystemClock
from contract.delivery.bus import Bus
from contract.delivery.letters import Letters
from contract.ids import new_id
from contract.messages import Ack, Alert, Body, Confirmation, DecisionBody, GateHealth, InstrumentHealth, decode
from contract.topics import Direction, down_filter, parse, presence
from contract.vocabulary import LinkState
from tests.central.conftest import a_presence
from tests.patience import PATIENCE_S

PROGRAM = Path(sys.executable).with_name("guankou-central")


def until(what: Callable[[], object], patience_s: float = PATIENCE_S) -> object:
    """Wait until something is so, looking often; return what it became."""
    deadline = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.01)
    return found


@dataclass
class Room:
    """A running duty room."""

    var: Path
    options: tuple[str, ...] = ("--demo",)
    port: int = 0
    mqtt_port: int = 0
    url: str = ""
    broker: str = ""
    passwords: dict[str, str] = field(default_factory=dict)
    setup: str = ""
    process: subprocess.Popen | None = None
    errors: list[str] = field(default_factory=list)

    def start(self) -> "Room":
        ports = ("--port", str(self.port), "--mqtt-port", str(self.mqtt_port))
        command = [PROGRAM, "run", "--var", self.var, *ports, *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._drain, name="room-stderr")
        self._reader.start()
        wanted = 4 if "--demo" in self.options else 3
        for line in self.process.stdout:
            self._read(line.strip())
            if bool(self.url) + bool(self.broker) + len(self.passwords) + bool(self.setup) == wanted:
                break
        assert self.url, "".join(self.errors)
        self.port = int(self.url.rsplit(":", 1)[1])
        self.mqtt_port = int(self.broker.rsplit(":", 1)[1])
        with httpx.Client(base_url=self.url) as client:
            until(lambda: client.get("/readyz").status_code == 200)
        return self

    def _read(self, line: str) -> None:
        if line.startswith("http"):
            self.url = line
        elif found := re.fullmatch(r"account (\S+) password (\S+)", line):
            self.passwords[found[1]] = found[2]
        elif line.startswith("broker "):
            self.broker = line.removeprefix("broker ")
        elif line.startswith("first administrator: "):
            self.setup = line.removeprefix("first administrator: ")

    def _drain(self) -> None:
        self.errors.extend(self.process.stderr)

    def stop(self, how: signal.Signals = signal.SIGINT) -> float:
        """End the process; return how long that took, in seconds."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(PATIENCE_S)
        took = time.monotonic() - began
        self._reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return took

    @contextmanager
    def client(self, name: str | None = "officer") -> Iterator[httpx.Client]:
        """Give a client, logged in by the programming interface unless `name` is None."""
        with httpx.Client(base_url=self.url, timeout=PATIENCE_S) as client:
            if name is not None:
                body = {"name": name, "password": self.passwords[name]}
                answer = client.post("/api/v1/session", json=body)
                assert answer.status_code == 200, answer.text
                client.headers["x-csrf-token"] = answer.json()["csrf"]
            yield client


class Gate:
    """A gate that says what a test wants and remembers what it is told."""

    def __init__(self, broker: str, name: str = "dock-1") -> None:
        self.name = name
        self.clock = SystemClock()
        self.letters = Letters(Direction.UP, self.clock)
        self.acknowledged: set[UUID] = set()
        self.told: queue.Queue[Body] = queue.Queue()
        self.answers = True
        self._up = threading.Event()
        self._bus = Bus(broker, f"gate-{name}", on_message=self._hear, on_up=self._here)
        self._bus.start()
        assert self._up.wait(PATIENCE_S)

    def _here(self) -> None:
        self._bus.subscribe(down_filter(self.name))
        said = a_presence(self.now(), self.name).model_copy(update={"boot": self.letters.epoch})
        self._bus.publish(presence(self.name), said.model_dump_json().encode(), retain=True)
        self._up.set()

    def _hear(self, topic: str, payload: bytes) -> None:
        parsed = parse(topic)
        envelope, body = decode(payload, parsed)
        if isinstance(body, Ack):
            self.acknowledged.update(body.message_ids)
            return
        self.told.put(body)
        if self.answers:
            self._bus.publish(*self.letters.receipt(self.name, [envelope.message_id]))

    def now(self) -> datetime:
        return self.clock.now().at

    def say(self, body: Body) -> UUID:
        """Send a message as an outbox does: again until it is acknowledged."""
        letter = self.letters.letter(self.name, body)
        deadline = time.monotonic() + PATIENCE_S
        while letter.message_id not in self.acknowledged:
            assert time.monotonic() < deadline, "central did not acknowledge"
            self._bus.publish(letter.topic, letter.payload)
            resend = time.monotonic() + 2
            while letter.message_id not in self.acknowledged and time.monotonic() < resend:
                threading.Event().wait(0.002)
        return letter.message_id

    def publish(self, topic: str, payload: bytes) -> None:
        self._bus.publish(topic, payload)

    def health(self, *, screening: bool = True) -> None:
        part = InstrumentHealth(
            instrument="array", driver="gy_mcu90640", role="screen", link=LinkState.UP, last_value_c=34.1, rate_hz=4.0
        )
        self.say(GateHealth(at=self.now(), screening=screening, instruments=(part,), ambient_c=21.5, simulated=True))

    def decision(self, alert: Alert) -> DecisionBody:
        """Return the next decision on an alert that central sends; other tests share the gate and leave theirs."""
        while True:
            body = self.told.get(timeout=PATIENCE_S)
            if isinstance(body, DecisionBody) and body.alert == alert.id:
                return body

    def confirm(self, decision: DecisionBody, **changes) -> None:
        said = {
            "id": new_id(self.now()),
            "decision": decision.id,
            "alert": decision.alert,
            "at": self.now(),
            "confirmed_by": "小王",
        }
        self.say(Confirmation(**(said | changes)))

    def raise_alert(self, alert: Alert) -> Alert:
        self.say(alert)
        return alert

    def stop(self) -> None:
        self._bus.stop()
