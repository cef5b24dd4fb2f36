"""A gate with two thermometers and a Fluke 4180, a real central, two experts: what a technician's morning needs.

Gate and central are processes of their own and speak over the real broker; the devices are simulated on real
pseudo-terminals. The gate's bench is rehearsed in a hurry, and says so (`tests.edge.technician.hurried`).
"""

import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.access.accounts import create, hash_password
from central.store.dialect import sqlite_url
from central.store.store import Store
from contract.clock import Clock, Instant, SystemClock
from contract.signing import new_key, sign
from contract.vocabulary import Role
from edge.measure.radiometry import plate_apparent
from simulators.devices.fluke_4180 import Fluke4180
from simulators.devices.gy_614v import Gy614v
from simulators.plate import Plate
from simulators.ports import PtyPort
from tests.central.room import Room
from tests.edge.conftest import a_certificate
from tests.edge.technician.morning import AIR_C, EMISSIVITY, Air, FastClock

GATE = "wulong-bench"
PATIENCE_S = 180.0
"""A bound on hanging; how fast it is, other tests tell."""
CHECKED_AT_C = 34.0
"""A plate left before the thermometer a moment too long would be a person; at this temperature a healthy one."""
K_SPOT = 0.243
SKIN = 0.98
SECOND = "second", "赵专家 Zhao"


@dataclass(frozen=True)
class Person:
    """Somebody who passes, and whether the review must name them."""

    body_c: float
    listed: bool = False

    @property
    def forehead_c(self) -> float:
        """What a faultless thermometer reads of this person: heat balance and T^4, reckoned here by hand."""
        skin_k = (self.body_c + K_SPOT * AIR_C) / (1 + K_SPOT) + 273.15
        air_k = AIR_C + 273.15
        return float((SKIN * skin_k**4 + (1 - SKIN) * air_k**4) ** 0.25 - 273.15)


class Spot:
    """What the thermometer sees: nobody, a person, or the plate; wrong by an error that nobody knows of."""

    def __init__(self, plate: Plate, clock: Clock, epoch: Instant) -> None:
        self._plate, self._clock, self._epoch = plate, clock, epoch
        self._looked = threading.Condition()
        self._looks = 0
        self.person: Person | None = None
        self.at_plate = False
        self.error_c = 0.0

    def object_c(self, t_s: float) -> float:
        with self._looked:
            self._looks += 1
            self._looked.notify_all()
        if self.at_plate:
            surface_c = self._plate.surface_c(self._clock.now().seconds_since(self._epoch))
            true_c = plate_apparent(surface_c, EMISSIVITY, AIR_C)
        elif self.person is not None:
            true_c = self.person.forehead_c
        else:
            return AIR_C
        return true_c + self.error_c + 0.02 * (round(t_s * 10) % 3 - 1)

    def sensor_c(self, t_s: float) -> float:
        return AIR_C

    def after(self, looks: int) -> None:
        """Wait until the thermometer has looked so many times more."""
        with self._looked:
            wanted = self._looks + looks
            assert self._looked.wait_for(lambda: self._looks >= wanted, PATIENCE_S)


class Nobody:
    """What the spare thermometer sees."""

    def object_c(self, t_s: float) -> float:
        return AIR_C + 0.02 * (round(t_s * 10) % 3)

    def sensor_c(self, t_s: float) -> float:
        return AIR_C


@dataclass
class Stage:
    """Everything that a morning plays with."""

    room: Room
    gate: str
    """Address of the gate's screens."""
    toml: Path
    spot: Spot
    ears: "Ears"

    def passes(self, people: Sequence[Person]) -> dict[UUID, Person]:
        """Let people pass the thermometer one after another; return who they were."""
        known = {}
        for person in people:
            self.spot.person = person
            known[UUID(self.ears.verdicts.get(timeout=PATIENCE_S)["passage"])] = person
            self.spot.person = None
            self.spot.after(8)
        return known

    @contextmanager
    def work(self, begin: Callable[[], object]) -> Iterator[None]:
        """Begin a work on the bench; the thermometer is aimed at the plate while it lasts, and not before."""
        with httpx.Client(base_url=self.gate) as client:
            number = _number(client)
            begin()
            while _number(client) == number:
                self.spot.after(1)
            self.spot.at_plate = True
            yield
            self.spot.at_plate = False

    def command(self, verb: str, *arguments: str) -> tuple[int, str]:
        """Give the technician's command, aim at the plate meanwhile; return its exit code and words."""
        given: list[subprocess.Popen[str]] = []
        with self.work(lambda: given.append(command(self.toml, self.gate, verb, *arguments))):
            said, _ = given[0].communicate(timeout=PATIENCE_S)
        return given[0].returncode, said

    def settled(self) -> None:
        """Wait until central has everything that the gate had to say."""
        with httpx.Client(base_url=self.gate) as client:
            while not re.search(r'data-testid="outbox"><i></i>[^<]*<b>0</b>', client.get("/fragments/strip").text):
                self.spot.after(5)


def command(toml: Path, gate: str, verb: str, *arguments: str) -> subprocess.Popen[str]:
    """Give a command of the technician's at a terminal."""
    where = [str(toml), "gun", "--by", "li", "--port", gate.rpartition(":")[2]]
    line = [sys.executable, "-m", "edge", verb, *where, *arguments]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _number(client: httpx.Client) -> int:
    """Return how many works the gate's bench has begun."""
    bench = client.get("/technician/state").json()["bench"]
    return 0 if bench is None else int(bench["number"])


class Ears:
    """Keeps the verdicts of the gate's feed until the gate ends."""

    def __init__(self) -> None:
        self.verdicts: queue.Queue[dict[str, Any]] = queue.Queue()
        self._thread: threading.Thread | None = None

    def listen(self, gate: str) -> None:
        """Begin, once the feed is open."""
        opened = threading.Event()
        self._thread = threading.Thread(target=self._hear, args=(gate, opened), name="ears")
        self._thread.start()
        assert opened.wait(PATIENCE_S)

    def join(self) -> None:
        """Wait until the feed has ended with its gate."""
        if self._thread is not None:
            self._thread.join()

    def _hear(self, gate: str, opened: threading.Event) -> None:
        name = ""
        with suppress(httpx.HTTPError), httpx.stream("GET", f"{gate}/feed", timeout=PATIENCE_S) as answer:
            opened.set()
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name == "verdict":
                    self.verdicts.put(json.loads(line.removeprefix("data: ")))


def gate_toml(folder: Path, broker: str, key: Ed25519PrivateKey, gate: str = GATE) -> Path:
    """Write the gate's file and its certificates."""
    now = SystemClock().now().at
    blocks = [
        f'[gate]\nid = "{gate}"\nname_zh = "武隆校准关口"\nname_en = "Wulong bench"\nsimulated = true\n',
        f'[mqtt]\nurl = "{broker}"\n[kiosk]\nport = 0\nlanguage = "en"\n[surroundings]\nambient_c = {AIR_C}\n',
        f'[store]\npath = "{folder / "gate.sqlite"}"\n[bench]\npace = 100\nlaboratory = "Wulong bench"\n',
        f'[trust]\nsign_with = "{folder / "bench.pem"}"\nkeys = ["{folder / "bench.pub"}"]\n',
    ]
    for name in ("gun", "spare"):
        path = folder / f"{name}.certificate.json"
        certificate = sign(a_certificate(now, instrument=name, serial=f"SN-{name}"), key)
        path.write_text(certificate.model_dump_json(), encoding="utf-8")
        blocks.append(
            f'[[instruments]]\nid = "{name}"\ndriver = "gy_614v"\nlink = "{folder / name}"\nserial = "SN-{name}"\n'
            f'distance_m = 0.05\nwarm_up_s = 0\ncertificate = "{path}"\n'
        )
        if name == "gun":
            blocks.append(
                f'[instruments.reference]\nset_c = {CHECKED_AT_C}\nemissivity = {EMISSIVITY}\nsource = "fluke"\n'
                "u_c = 0.05\n"
            )
    blocks.append(
        f'[[instruments]]\nid = "fluke"\ndriver = "fluke_4180"\nlink = "{folder / "fluke"}"\nrole = "reference"\n'
        'serial = "B4567"\n'
    )
    path = folder / "gate.toml"
    path.write_text("".join(blocks), encoding="utf-8")
    return path


@contextmanager
def gate_program(toml: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The gate as a process of its own, and its address."""
    command = [sys.executable, "-m", "tests.edge.technician.hurried", "--log-level", "info", "run", str(toml)]
    with (toml.parent / "gate.log").open("a") as log:
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | environment)
    assert program.stdout is not None
    try:
        address = program.stdout.readline().strip()
        assert address.startswith("http://"), (toml.parent / "gate.log").read_text()
        yield program, address
    finally:
        program.kill()
        program.wait()
        program.stdout.close()


def second_expert(var: Path) -> str:
    """Give central a second expert before it starts; return the password."""
    var.mkdir()
    store = Store.open(sqlite_url(var / "central.sqlite"), SystemClock())
    password = "a second pair of eyes"
    name, full_name = SECOND
    hashed = hash_password(password)
    roles = frozenset({Role.EXPERT})
    store.write(lambda transaction: create(transaction, name, full_name, roles, hashed, by="test", demo=True))
    store.close()
    return password


@contextmanager
def plugged(folder: Path) -> Iterator[Spot]:
    """Plug the devices in at `folder`."""
    plate, clock = Plate(CHECKED_AT_C, emissivity=EMISSIVITY), FastClock()
    epoch = clock.now()
    spot = Spot(plate, clock, epoch)
    with (
        PtyPort(Fluke4180(plate, Air(), serial="B4567"), folder / "fluke", clock, epoch=epoch),
        PtyPort(Gy614v(spot), folder / "gun", SystemClock()),
        PtyPort(Gy614v(Nobody()), folder / "spare", SystemClock()),
    ):
        yield spot


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Start everything in `folder`."""
    with ExitStack() as stack:
        spot = stack.enter_context(plugged(folder))
        key = new_key(folder / "bench.pem")
        password = second_expert(folder / "central")
        config = folder / "central.toml"
        config.write_text(f'[calibration]\ntrust = ["{folder / "bench.pub"}"]\n', encoding="utf-8")
        room = Room(folder / "central", options=("--demo", "--config", str(config))).start()
        stack.callback(room.stop)
        room.passwords[SECOND[0]] = password
        toml = gate_toml(folder, room.broker, key)
        ears = Ears()
        stack.callback(ears.join)
        _, address = stack.enter_context(gate_program(toml))
        ears.listen(address)
        yield Stage(room, address, toml, spot, ears)
