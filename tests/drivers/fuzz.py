"""`make fuzz`: hostile bytes for each codec, for minutes on end.

Each round has a seed of its own and lives through three trials with pieces of the device's own frames, mutated:

    flood      anything, cut anywhere, with questions and pauses in between: nothing is raised, what comes out are
               events, what is kept is bounded
    damage     one frame with one flipped bit or without its end, alone on the line: no sample but the true one
               (of codecs whose frames carry a check value; every such check notices one flipped bit)
    recovery   after a flood, good frames: heard once one longest frame of good bytes has come; and behind a pause a
               conversation is as with a fresh decoder

What breaks is printed with its seed and its bytes; the exit code is then 1.
"""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from contract.clock import Instant
from drivers.codec import Decoder, DriverSpec, Integrity, Quantity
from drivers.registry import specs
from drivers.samples import DecodeFault, Sample
from drivers.scanner import FrameScanner
from tests.drivers.golden import same
from tests.drivers.suite import EXAMPLES, KINDS, TOLD_APART, footprint, hear, samples, worlds

START: Final = Instant(datetime(2026, 1, 24, 8, 0, tzinfo=UTC), 1_000_000_000)
TURNS: Final = 8
"""Questions within which every device has told its measurement."""


class Broken(AssertionError):
    """An invariant does not hold."""


class Target:
    """A codec with what its device is known to say."""

    def __init__(self, spec: DriverSpec) -> None:
        self.spec = spec
        steps = [(step, example) for example in EXAMPLES[spec.name] for step in example.steps]
        self.genuine = [_first_frame(spec, step.device) for step, _ in steps if step.device]
        self.said = self.genuine + [step.host for step, _ in steps if step.host]
        self.bound = 65_536 + 8 * max(map(len, self.genuine))
        self.world = None if spec.quantity is Quantity.SIGNAL else next(iter(worlds(spec)), None)
        self.alone = [
            (step.device, samples(heard))
            for example in EXAMPLES[spec.name]
            if example.speaks_first and all(step.checked for step in example.steps)
            for step, heard in zip(example.steps, hear(spec, example), strict=True)
            if spec.integrity is Integrity.CHECKSUM and samples(heard)
        ]
        self.longest = max((one.longest for one in _scanners(spec.decoder("fuzz"))), default=0)


def _first_frame(spec: DriverSpec, said: bytes) -> bytes:
    """Return a camera's first frame where it said several: enough to spoil, and many more rounds."""
    return said[: next((mode.frame_bytes for mode in spec.video if len(said) % mode.frame_bytes == 0), len(said))]


def _scanners(decoder: Decoder) -> list[FrameScanner]:
    return [value for value in vars(decoder).values() if isinstance(value, FrameScanner)]


class Round:
    """One seed: its random numbers, its decoder and all the bytes it was given."""

    def __init__(self, target: Target, seed: int) -> None:
        self.target = target
        self.rng = random.Random(seed)
        self.fresh()

    def fresh(self) -> None:
        """Begin a trial with a decoder that has heard nothing."""
        self.decoder = self.target.spec.decoder("fuzz")
        self.at = START
        self.fed: list[bytes] = []

    def feed(self, data: bytes, later_s: float = 0.01) -> list[Sample]:
        """Let the decoder hear bytes; return its samples. Raises Broken."""
        self.at = self.at.later(later_s)
        self.fed.append(data)
        found = list(self.decoder.feed(data, self.at))
        for event in found:
            if not isinstance(event, Sample | DecodeFault):
                raise Broken(f"{event!r} is no event")
            if isinstance(event, DecodeFault) and event.dropped_bytes < 0:
                raise Broken(f"{event!r} drops less than nothing")
        return samples(found)

    def run(self) -> int:
        """Live through the trials; return the bytes fed. Raises Broken, and whatever the codec raises."""
        total = 0
        for trial in (self.flood, self.damage, self.recovery, self.recovery_behind_a_pause):
            self.fresh()
            trial()
            total += sum(map(len, self.fed))
        return total

    # --- trials -------------------------------------------------------------------------------------------------------

    def flood(self) -> None:
        """Feed a dozen hostile pieces."""
        for _ in range(self.rng.randrange(2, 13)):
            if self.rng.random() < 0.3:
                self.decoder.poll()
            for piece in self.cut(self.hostile()):
                self.feed(piece)
            if self.rng.random() < 0.2:
                self.feed(b"", self.rng.choice((0.05, 0.6, 3.0)))
        if (kept := footprint(self.decoder)) > self.target.bound:
            raise Broken(f"the decoder keeps {kept} bytes, the bound is {self.target.bound}")

    def damage(self) -> None:
        """Spoil one true frame in a way that its check value must notice."""
        if not self.target.alone:
            return
        frame, true = self.rng.choice(self.target.alone)
        spoilt = bytearray(frame)
        if self.rng.random() < 0.8:
            spoilt[self.rng.randrange(len(spoilt))] ^= 1 << self.rng.randrange(8)
        else:
            del spoilt[self.rng.randrange(len(spoilt)) :]
        heard = [sample for piece in self.cut(bytes(spoilt)) for sample in self.feed(piece, 0.001)]
        heard += self.feed(b"", 1.0)
        for sample in heard:
            if not any(same(sample, other, besides=TOLD_APART) for other in true):
                raise Broken(f"a damaged frame became {sample!r}")

    def recovery(self) -> None:
        """Good frames behind a flood, without a pause: the last of them is heard."""
        if not self.target.alone or not self.target.longest:
            return
        self.flood()
        frame, true = self.rng.choice(self.target.alone)
        self.feed(frame * (self.target.longest // len(frame) + 1))
        heard = self.feed(frame)
        if len(heard) < len(true):
            raise Broken("a good frame is not heard though one longest frame of good bytes lies before it")

    def recovery_behind_a_pause(self) -> None:
        """Behind a flood and a pause, the device is understood like by a fresh decoder."""
        if self.target.world is None:
            return
        self.flood()
        self.feed(b"", 30.0)
        kind = KINDS[self.target.spec.quantity]
        for _ in range(TURNS):
            request = self.decoder.poll()
            heard = self.feed(self.target.spec.says(request, self.target.world), 1.0) + self.feed(b"", 0.9)
            if any(isinstance(sample, kind) for sample in heard):
                return
        raise Broken(f"no measurement is heard in {TURNS} turns of a clean conversation")

    # --- hostile bytes ------------------------------------------------------------------------------------------------

    def hostile(self) -> bytes:
        """Return random bytes, or what the device or the host says, mutated several times."""
        if self.rng.random() < 0.15:
            return self.rng.randbytes(self.rng.randrange(1, 200))
        data = bytearray(self.rng.choice(self.target.said))
        for _ in range(self.rng.choice((0, 0, 1, 1, 2, 5))):
            self.mutate(data)
        return bytes(data)

    def mutate(self, data: bytearray) -> None:
        """Flip, set, insert, delete, repeat, or splice in part of another frame."""
        rng = self.rng
        if not data:
            data += rng.randbytes(4)
        at, end = sorted((rng.randrange(len(data)), rng.randrange(len(data) + 1)))
        match rng.randrange(7):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                data[at] = rng.choice((0, 0x7F, 0x80, 0xFF, 0x20, 0x0D, rng.randrange(256)))
            case 2:
                data[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 3:
                del data[at:end]
            case 4:
                data[at:at] = data[at : min(end, at + 64)]
            case 5:
                data[at:end] = bytes(min(end - at, 64))
            case _:
                other = rng.choice(self.target.said)
                start = rng.randrange(len(other))
                data[at:end] = other[start : rng.randrange(start, len(other) + 1)]

    def cut(self, data: bytes) -> list[bytes]:
        """Cut into a few pieces; a short one perhaps into single bytes."""
        if len(data) < 200 and self.rng.random() < 0.2:
            return [data[index : index + 1] for index in range(len(data))]
        places = sorted(self.rng.randrange(len(data) + 1) for _ in range(self.rng.choice((0, 1, 1, 3))))
        return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


def fuzz(target: Target, first_seed: int, *, seconds: float, rounds: int | None) -> bool:
    """Run rounds until the time is over; tell the progress. Return whether all invariants held."""
    name, start = target.spec.name, time.monotonic()
    told, done, total = start, 0, 0
    while (time.monotonic() - start < seconds) if rounds is None else done < rounds:
        trial = Round(target, first_seed + done)
        try:
            total += trial.run()
        except Exception as error:  # noqa: BLE001 - whatever a codec raises is what is looked for
            print(f"\n{name}: seed {first_seed + done}: {type(error).__name__}: {error}")
            print("fed, a piece a line:", *(piece.hex(" ") or "(pause)" for piece in trial.fed), sep="\n  ")
            print(f"again: python -m tests.drivers.fuzz {name} --seed {first_seed + done} --rounds 1")
            return False
        done += 1
        if time.monotonic() - told > 1:
            told = time.monotonic()
            print(f"\r{name:16} {told - start:6.0f} s  {done:8} rounds  {total / 1e6:9.1f} MB", end="", flush=True)
    print(
        f"\r{name:16} {time.monotonic() - start:6.0f} s  {done:8} rounds  {total / 1e6:9.1f} MB  all held", flush=True
    )
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the codecs that were named, or all; return 1 if an invariant broke."""
    known = specs()
    parser = argparse.ArgumentParser(prog="python -m tests.drivers.fuzz", description=__doc__)
    parser.add_argument("drivers", nargs="*", metavar="DRIVER", help=f"of {', '.join(known)}; all by default")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each codec (default: 10)")
    parser.add_argument("--seed", type=int, help="of the first round (default: from the clock, and printed)")
    parser.add_argument("--rounds", type=int, help="so many rounds instead of minutes")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.drivers) - set(known)):
        parser.error(f"unknown driver {', '.join(unknown)}; known: {', '.join(known)}")
    seed = time.time_ns() // 1_000_000_000 * 1_000_000 if options.seed is None else options.seed
    print(f"first seed {seed}")
    held = [
        fuzz(Target(known[name]), seed, seconds=60 * options.minutes, rounds=options.rounds)
        for name in options.drivers or known
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
