"""`python -m tests.drivers.soak`: eight instruments at full rate on one gate, for minutes on end.

Eight simulated devices stand behind real pseudo-terminals in a process of their own; this process reads them with the
readers of a gate. What is counted between the end of the warm-up and the end:

    lost      bytes that the line delivered and no sample is made of: faults, dropped bytes, and bytes that the
              terminals took and the readers never got (but for what is on its way when the two are counted)
    memory    resident, its greatest in the first and in the last third
    processor seconds a second of this process, on whatever cores there are

Exit code 1 if a device was silent, if memory grew by more than 2 MiB, or if a byte was lost of a device whose line
delivered everything and answered in time: on a busy machine the simulators themselves may be late, and that is told.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from contract.clock import SystemClock
from drivers.codec import DriverSpec
from drivers.devices import gy_mcu90640, senxor
from drivers.reader import Reader
from drivers.registry import spec
from drivers.samples import FaultKind
from drivers.tally import ReaderStatus
from simulators.catalogue import DEVICES, Unit
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
GROWTH_KB: Final = 2048
ON_ITS_WAY: Final = 16_384
"""Bytes that a terminal and a reader may hold when both ends are counted one after the other."""


@dataclass(frozen=True)
class Outcome:
    """What a run has shown."""

    samples: dict[str, int]
    rates_hz: dict[str, float]
    faults: dict[str, int]
    unanswered: dict[str, int]
    """Questions without an answer in time: the simulator was late, and its late answer is dropped, as it must be."""
    lost_bytes: dict[str, int]
    overrun: dict[str, int]
    """Bytes that the line did not deliver: a terminal holds 4 kB, and a process that got no processor for a third of a
    second fills it. What they spoil is told as a fault, and is no loss of the reader's."""
    first_kb: int
    last_kb: int
    cores: float

    @property
    def on_time(self) -> list[str]:
        """The devices whose line delivered all and answered all, in time: of these nothing may be lost."""
        return [unit for unit in self.samples if not self.overrun[unit] and not self.unanswered[unit]]

    @property
    def good(self) -> bool:
        """Whether all was heard and nothing grew."""
        lost = [unit for unit in self.on_time if self.faults[unit] or self.lost_bytes[unit]]
        return (
            all(self.samples.values()) and bool(self.on_time) and not lost and self.last_kb - self.first_kb <= GROWTH_KB
        )


# --- the devices' process ---------------------------------------------------------------------------------------------


def _names() -> list[str]:
    return [f"{name.replace('_', '-')}-{number}" for number, name in enumerate(FLEET)]


def serve(folder: Path) -> None:
    """Plug the devices in under `folder`; answer each line of stdin with what their lines have carried."""
    clock = SystemClock()
    with ExitStack() as stack:
        ports = {}
        for number, (unit, name) in enumerate(zip(_names(), FLEET, strict=True)):
            model = DEVICES[name]
            device = model.build(SCENES["empty"](Stage(number, Place(mark_m=model.mark_m))), Unit(seed=number))
            ports[unit] = stack.enter_context(PtyPort(device, folder / unit, clock))
        print("ready", flush=True)
        for _ in sys.stdin:
            told = {unit: (port.line.spoken_bytes, port.line.dropped_bytes) for unit, port in ports.items()}
            print(json.dumps(told), flush=True)


class Fleet:
    """The devices' process, as the host sees it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def carried(self) -> dict[str, tuple[int, int]]:
        """Return how many bytes each line has delivered so far, and how many did not fit into its terminal."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return {unit: (spoken - dropped, dropped) for unit, (spoken, dropped) in told.items()}


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


def _fastest(name: str) -> DriverSpec:
    driver = spec(name)
    return replace(driver, start=FASTEST.get(name, driver.start))


def _resident_kb() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 1024


def soak(seconds: float, warm_up_s: float, folder: Path) -> Outcome:
    """Read the fleet for so long behind the warm-up; return what came of it."""
    clock = SystemClock()
    readers = {
        unit: Reader(_fastest(name), str(folder / unit), unit, clock, lambda _event: None)
        for unit, name in zip(_names(), FLEET, strict=True)
    }
    with fleet(folder) as devices, ExitStack() as stack:
        for reader in readers.values():
            reader.start()
            stack.callback(reader.stop)
        waiting = threading.Event()
        waiting.wait(warm_up_s)
        carried, before = devices.carried(), {unit: reader.status() for unit, reader in readers.items()}
        start, processor = time.monotonic(), time.process_time()
        resident = []
        while time.monotonic() - start < seconds:
            waiting.wait(min(1.0, seconds))
            resident.append(_resident_kb())
            if sys.stdout.isatty():
                print(f"\r{time.monotonic() - start:6.0f} s  {resident[-1]} kB", end="", flush=True)
        cores = (time.process_time() - processor) / (time.monotonic() - start)
        took = time.monotonic() - start
        after, at_end = {unit: reader.status() for unit, reader in readers.items()}, devices.carried()
    third = max(1, len(resident) // 3)
    return Outcome(
        samples={unit: after[unit].samples - before[unit].samples for unit in readers},
        rates_hz={unit: (after[unit].samples - before[unit].samples) / took for unit in readers},
        faults={unit: _damage(after[unit]) - _damage(before[unit]) for unit in readers},
        unanswered={unit: _unanswered(after[unit]) - _unanswered(before[unit]) for unit in readers},
        lost_bytes={unit: _lost(before[unit], after[unit], at_end[unit][0] - carried[unit][0]) for unit in readers},
        overrun={unit: at_end[unit][1] - carried[unit][1] for unit in readers},
        first_kb=max(resident[:third]),
        last_kb=max(resident[-third:]),
        cores=cores,
    )


def _damage(status: ReaderStatus) -> int:
    return sum(count for kind, count in status.faults.items() if kind is not FaultKind.TIMEOUT)


def _unanswered(status: ReaderStatus) -> int:
    return status.faults.get(FaultKind.TIMEOUT, 0)


def _lost(before: ReaderStatus, after: ReaderStatus, delivered: int) -> int:
    """Return bytes dropped, and those that were delivered and never came."""
    missing = delivered - (after.received_bytes - before.received_bytes)
    return after.dropped_bytes - before.dropped_bytes + (missing if abs(missing) > ON_ITS_WAY else 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the fleet for minutes and tell what was counted."""
    parser = argparse.ArgumentParser(prog="python -m tests.drivers.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--warm-up", type=float, default=15.0, metavar="SECONDS")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    if options.serve:
        serve(options.serve)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        outcome = soak(60 * options.minutes, options.warm_up, Path(folder))
    print("\rDEVICE              SAMPLES   PER S  FAULTS  LOST BYTES  UNANSWERED  NOT DELIVERED")
    for unit, count in outcome.samples.items():
        figures = f"{outcome.faults[unit]:7} {outcome.lost_bytes[unit]:11} {outcome.unanswered[unit]:11}"
        print(f"{unit:16} {count:10} {outcome.rates_hz[unit]:7.2f} {figures} {outcome.overrun[unit]:14}")
    growth = outcome.last_kb - outcome.first_kb
    print(f"memory {outcome.first_kb} kB in the first third, {outcome.last_kb} kB in the last: {growth:+} kB")
    print(f"processor {outcome.cores:.2f} cores of {os.cpu_count()} for reading and decoding")
    print("all heard, nothing grew" if outcome.good else "NOT GOOD")
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
