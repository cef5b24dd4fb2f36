"""`python -m tests.drivers.soak`: eight instruments at full rate on one gate, for minutes on end.

Eight simulated devices stand behind real pseudo-terminals in a process of their own; this process reads them with the
readers of a gate. The devices say nothing by themselves until every reader listens, and fall silent before the end, so
that nothing is on its way when the two ends are compared:

    sent      frames that the device has given to the line
    decoded   frames that the reader has delivered; what is missing is lost
    faults    what the decoder found wrong; none may be
    late      questions without an answer in time
    skipped   frames that a USB device has left out because the host did not take those before
    overrun   bytes of a serial line that found its terminal full
    delay     how long at most one byte took through an idle terminal: the machine's own unrest
    memory    resident, the middle value of the first and of the last tenth after the warm-up
    processor seconds a second of this process, on whatever cores there are

Exit code 1 if a frame is lost or wrong, or if memory grew by more than 1 MiB. What was skipped or not answered was
never sent: where the machine has time there is none.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tty
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Self

import structlog

from contract.clock import SystemClock
from drivers.codec import DriverSpec
from drivers.devices import chuwo_32x32, gy_mcu90640, senxor
from drivers.reader import Reader
from drivers.registry import spec
from drivers.samples import Event, FaultKind, SpotReading, ThermalFrame
from drivers.tally import ReaderStatus
from simulators.catalogue import DEVICES, Unit
from simulators.device import SimulatedDevice
from simulators.ports import PtyPort
from simulators.scene import Place
from simulators.scenes import SCENES, Stage

FASTEST: Final = {
    "senxor": (senxor.set_emissivity(1.0), senxor.set_rate_divider(0), senxor.start_stream()),
    "gy_mcu90640": (gy_mcu90640.set_rate(8.0), gy_mcu90640.automatic_output(), gy_mcu90640.query_emissivity()),
}
"""What to send at the start for the highest rate, where the driver's own start asks for less."""
FLEET: Final = (
    *("senxor", "senxor", "gy_mcu90640", "gy_mcu90640"),
    *("chuwo_32x32", "gy_mcu8833", "gy_mcu90614", "gy_614v"),
)
GROWTH_KB: Final = 1024
SETTLE_S: Final = 1.0
"""What is on its way has arrived so long after the devices fell silent: a line at 9600 baud holds 0.1 s."""


# --- the devices' process ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sent:
    """What one device has given to its line."""

    frames: int
    skipped: int
    overrun_bytes: int


class Counted:
    """A device whose frames are counted, and that can be made to wait and to fall silent."""

    def __init__(self, device: SimulatedDevice, answer_bytes: int) -> None:
        """Wrap a device; `answer_bytes` is the length of its frame if it sends them as answers only, else 0."""
        self._device = device
        self._answer_bytes = answer_bytes
        self.answers = True
        self.speaks = False
        self.frames = 0

    @property
    def baud(self) -> int | None:
        return self._device.baud

    def power_up(self, t_s: float) -> bytes:
        return self._device.power_up(t_s)

    def hear(self, data: bytes, t_s: float) -> bytes:
        answer = self._device.hear(data, t_s)
        if not self.answers:
            return b""
        if self._answer_bytes:
            self.frames += len(answer) // self._answer_bytes
        return answer

    def speak(self, t_s: float) -> tuple[bytes, float]:
        said, next_s = self._device.speak(t_s)
        if not self.speaks:
            return b"", next_s
        self.frames += bool(said)
        return said, next_s


def _names() -> list[str]:
    return [f"{name.replace('_', '-')}-{number}" for number, name in enumerate(FLEET)]


def _device(number: int, name: str) -> Counted:
    model = DEVICES[name]
    device = model.build(SCENES["empty"](Stage(number, Place(mark_m=model.mark_m))), Unit(seed=number))
    return Counted(device, chuwo_32x32.FRAME_BYTES if name == "chuwo_32x32" else 0)


def serve(folder: Path) -> None:
    """Plug the devices in under `folder`; on stdin `speak` and `mute` are obeyed and answered with what was sent."""
    clock = SystemClock()
    devices = {unit: _device(number, name) for number, (unit, name) in enumerate(zip(_names(), FLEET, strict=True))}
    with ExitStack() as stack:
        ports = {unit: stack.enter_context(PtyPort(device, folder / unit, clock)) for unit, device in devices.items()}
        print("ready", flush=True)
        delays = stack.enter_context(Delays())
        for order in sys.stdin:
            for device in devices.values():
                device.speaks = device.answers = order == "speak\n"
            threading.Event().wait(0.0 if order == "speak\n" else SETTLE_S)
            told = {}
            for unit, port in ports.items():
                skipped = port.line.skipped_messages
                overrun = port.line.dropped_bytes
                told[unit] = asdict(Sent(devices[unit].frames - skipped, skipped, overrun))
            print(json.dumps({"sent": told, "delay_s": delays.longest_s}), flush=True)


class Delays:
    """Watches how long a byte takes through a terminal of this machine: its processes and its kernel."""

    TICK_S: Final = 0.02

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="delays", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        while not self._stop.wait(self.TICK_S):
            start = time.monotonic()
            os.write(master, b"?")
            os.read(slave, 1)
            self.longest_s = max(self.longest_s, time.monotonic() - start)
        os.close(master)
        os.close(slave)


class Fleet:
    """The devices' process, as the host sees it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.delay_s = 0.0

    def order(self, what: str) -> dict[str, Sent]:
        """Let the devices `speak` or make them `mute`; return what has been sent so far."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        self.delay_s = told["delay_s"]
        return {unit: Sent(**sent) for unit, sent in told["sent"].items()}


@contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    """Run the devices' process."""
    command = [sys.executable, "-m", "tests.drivers.soak", "--serve", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the simulated devices did not start")
        yield Fleet(process)
        assert process.stdin
        process.stdin.close()


# --- the gate's process -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tracked:
    """One instrument, from both ends of its line."""

    sent: Sent
    decoded: int
    faults: Mapping[FaultKind, int]
    """What the decoder found wrong, but for questions without an answer."""
    late: int
    reopened: int

    @property
    def lost(self) -> int:
        """Frames that the line was given and nobody was told of."""
        return self.sent.frames - self.decoded

    @property
    def whole(self) -> bool:
        """Whether it was heard, and nothing is missing of what was sent."""
        return self.decoded > 0 and not (self.lost or self.faults or self.reopened)


@dataclass(frozen=True)
class Outcome:
    """What a run has shown."""

    units: Mapping[str, Tracked]
    seconds: float
    first_kb: float
    last_kb: float
    cores: float
    delay_s: float

    @property
    def good(self) -> bool:
        """Whether nothing is missing and nothing grew."""
        return all(unit.whole for unit in self.units.values()) and self.last_kb - self.first_kb <= GROWTH_KB


def _fastest(name: str) -> DriverSpec:
    driver = spec(name)
    # at the start it is silent on purpose: not to be taken for one that has been switched off
    return replace(driver, start=FASTEST.get(name, driver.start), silence_s=10.0)


def _resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024


def soak(seconds: float, warm_up_s: float, folder: Path) -> Outcome:
    """Read the fleet for so long; memory is looked at after the warm-up. Return what came of it."""
    clock = SystemClock()
    decoded: Counter[str] = Counter()

    def count(event: Event) -> None:
        if isinstance(event, ThermalFrame | SpotReading):
            decoded[event.instrument] += 1

    readers = {
        unit: Reader(_fastest(name), str(folder / unit), unit, clock, count)
        for unit, name in zip(_names(), FLEET, strict=True)
    }
    waiting = threading.Event()
    with fleet(folder) as devices, Delays() as delays, ExitStack() as stack:
        for reader in readers.values():
            reader.start()
            stack.callback(reader.stop)
        while not all(reader.status().up for reader in readers.values()):
            waiting.wait(0.01)
        devices.order("speak")
        start, processor = time.monotonic(), time.process_time()
        resident = list(_watched(start, seconds, warm_up_s, waiting))
        took, used = time.monotonic() - start, time.process_time() - processor
        late = {unit: reader.status().faults.get(FaultKind.TIMEOUT, 0) for unit, reader in readers.items()}
        sent = devices.order("mute")
        units = {
            unit: _tracked(reader.status(), sent[unit], decoded[unit], late[unit]) for unit, reader in readers.items()
        }
    tenth = max(1, len(resident) // 10)
    return Outcome(
        units=units,
        seconds=took,
        first_kb=statistics.median(resident[:tenth]),
        last_kb=statistics.median(resident[-tenth:]),
        cores=used / took,
        delay_s=max(devices.delay_s, delays.longest_s),
    )


def _watched(start: float, seconds: float, warm_up_s: float, waiting: threading.Event) -> Iterator[int]:
    """Wait until the time is over; yield the resident memory now and then, after the warm-up."""
    while (passed := time.monotonic() - start) < seconds:
        waiting.wait(min(1.0, seconds - passed))
        kilobytes = _resident_kb()
        if passed >= min(warm_up_s, seconds / 2):
            yield kilobytes
        if sys.stdout.isatty():
            print(f"\r{passed:6.0f} s  {kilobytes} kB", end="", flush=True)


def _tracked(status: ReaderStatus, sent: Sent, decoded: int, late: int) -> Tracked:
    faults = {kind: count for kind, count in status.faults.items() if kind is not FaultKind.TIMEOUT}
    return Tracked(sent, decoded, faults, late, status.reopened)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the fleet for minutes and tell what was counted."""
    parser = argparse.ArgumentParser(prog="python -m tests.drivers.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--warm-up", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    if options.serve:
        serve(options.serve)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        outcome = soak(60 * options.minutes, options.warm_up, Path(folder))
    print("\rDEVICE               SENT  DECODED   LOST   PER S   LATE  SKIPPED  OVERRUN BYTES  FAULTS")
    for name, unit in outcome.units.items():
        line = f"{unit.sent.frames:8} {unit.decoded:8} {unit.lost:6} {unit.decoded / outcome.seconds:7.2f}"
        line += f" {unit.late:6} {unit.sent.skipped:8} {unit.sent.overrun_bytes:14}"
        faults = [f"{count} {kind.value}" for kind, count in unit.faults.items()]
        faults += [f"{unit.reopened} times opened anew"] * bool(unit.reopened)
        print(f"{name:16} {line}  {', '.join(faults) or 'none'}")
    growth = outcome.last_kb - outcome.first_kb
    print(f"memory {outcome.first_kb:.0f} kB after the warm-up, {outcome.last_kb:.0f} kB at the end: {growth:+.0f} kB")
    print(f"longest delay of a byte through an idle terminal {outcome.delay_s:.3f} s")
    print(f"processor {outcome.cores:.2f} cores of {os.cpu_count()} for reading and decoding")
    print("nothing lost, nothing grew" if outcome.good else "NOT GOOD")
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
