"""The files of a practice bench: what it is, what the technician has answered, when it was marked.

`workbench.json` tells devices and level, never the truth (`workbench_hidden`); `answers.json` is the technician's.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from simulators.workbench_bench import MOST, names
from simulators.workbench_hidden import LEVELS, BenchFault, Hidden, Level, hidden, key_of_seed, seal

FARTHEST_C: Final = 10.0
STEEPEST: Final = 0.5
BENCH: Final = "workbench.json"
ANSWERS: Final = "answers.json"
SCORE: Final = "score.json"
RUNNING: Final = "bench.lock"
"""Held while the bench runs."""

Document = TypeVar("Document", bound=BaseModel)


class WorkbenchRefused(Exception):
    """Something cannot be done; carries the key of the phrase that says what to do, and what fills it in."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = f"workbench.refused.{key}", values


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bench(_File):
    """What `workbench.json` holds."""

    level: Level
    devices: tuple[str, ...]
    key: str
    """Digest of the seed."""
    seal: str
    """Digest of the truth."""

    def truth(self) -> tuple[Hidden, ...]:
        """Return the truth. Raises WorkbenchRefused if it is not what the bench was made with."""
        try:
            found = hidden(self.key, self.level, self.devices)
        except ValueError:
            raise WorkbenchRefused("unsealed") from None
        if seal(found) != self.seal:
            raise WorkbenchRefused("unsealed")
        return found


class Answer(_File):
    """What the technician found of one device."""

    fault: BenchFault
    offset_c: float | None = None
    gain: float | None = None
    at: AwareDatetime

    @property
    def unsized(self) -> bool:
        """Whether the size that belongs to this fault is missing."""
        sizes = {BenchFault.OFFSET: self.offset_c, BenchFault.GAIN: self.gain}
        return self.fault in sizes and sizes[self.fault] is None


class Answers(_File):
    """What `answers.json` holds: the last answer about each device."""

    devices: dict[str, Answer] = {}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One bench's folder."""

    folder: Path

    def bench(self) -> Bench:
        """Return the bench. Raises WorkbenchRefused."""
        found = self._read(BENCH, Bench)
        if found is None:
            raise WorkbenchRefused("none", folder=self.folder)
        return found

    def prepare(self, seed: int, level: Level, count: int) -> Bench:
        """Return the bench of a seed, made now or here already. Raises WorkbenchRefused if another one is here."""
        if not 1 <= count <= MOST:
            raise WorkbenchRefused("count", count=count, most=MOST)
        devices, key = names(count), key_of_seed(seed)
        made = Bench(level=level, devices=devices, key=key, seal=seal(hidden(key, level, devices)))
        try:
            (self.folder / "dev").mkdir(parents=True, exist_ok=True)
            found = self._read(BENCH, Bench)
            if found is None:
                self.write(BENCH, made)
        except OSError as error:
            raise WorkbenchRefused("folder", folder=self.folder, why=error.strerror) from error
        if found is not None and found != made:
            raise WorkbenchRefused("another", folder=self.folder)
        return made

    def answers(self) -> dict[str, Answer]:
        """Return what has been answered so far. Raises WorkbenchRefused."""
        found = self._read(ANSWERS, Answers)
        return found.devices if found else {}

    def unanswered(self) -> tuple[str, ...]:
        """Return the devices without an answer, in order. Raises WorkbenchRefused."""
        answers = self.answers()
        return tuple(device for device in self.bench().devices if device not in answers)

    @property
    def marked(self) -> bool:
        """Whether the bench has been marked; its answers then stay."""
        return (self.folder / SCORE).exists()

    @property
    def running(self) -> bool:
        """Whether some process runs the bench. Raises WorkbenchRefused without one in the folder."""
        self.bench()
        try:
            with self.held(RUNNING, wait=False):
                return False
        except WorkbenchRefused:
            return True

    def answer(self, device: str, answer: Answer) -> None:
        """Keep an answer; a later one about the same device replaces it. Raises WorkbenchRefused."""
        bench = self.bench()
        if device not in bench.devices:
            raise WorkbenchRefused("device", device=device, devices=", ".join(bench.devices))
        _check_size(answer)
        with self.held("answers.lock", wait=True):
            if self.marked:
                raise WorkbenchRefused("marked", folder=self.folder)
            self.write(ANSWERS, Answers(devices=self.answers() | {device: answer}))

    @contextmanager
    def held(self, name: str, *, wait: bool) -> Iterator[None]:
        """Hold a lock of the folder, which dies with the process. Raises WorkbenchRefused if it may not wait."""
        with (self.folder / name).open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except OSError as error:
                raise WorkbenchRefused("running", folder=self.folder) from error
            yield

    def write(self, name: str, document: BaseModel) -> None:
        """Write a file whole or not at all."""
        self.write_text(name, document.model_dump_json(indent=1) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a file whole or not at all."""
        fresh = self.folder / f".{name}.{os.getpid()}"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.folder / name)

    def _read(self, name: str, kind: type[Document]) -> Document | None:
        path = self.folder / name
        try:
            return kind.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise WorkbenchRefused("spoilt", path=path) from error


def fault_of(text: str) -> BenchFault:
    """Return the fault of that name. Raises WorkbenchRefused."""
    try:
        return BenchFault(text)
    except ValueError:
        raise WorkbenchRefused("fault", fault=text, faults=", ".join(BenchFault)) from None


def level_of(text: str) -> Level:
    """Return the level of that name. Raises WorkbenchRefused."""
    for level in LEVELS:
        if level == text:
            return level
    raise WorkbenchRefused("level", level=text, levels=", ".join(LEVELS))


def _check_size(answer: Answer) -> None:
    told = [size for size in (answer.offset_c, answer.gain) if size is not None]
    if told and answer.fault not in {BenchFault.OFFSET, BenchFault.GAIN}:
        raise WorkbenchRefused("unsized", fault=answer.fault.value)
    if answer.offset_c is not None and not abs(answer.offset_c) <= FARTHEST_C:
        raise WorkbenchRefused("offset", offset=answer.offset_c, most=FARTHEST_C)
    if answer.gain is not None and not abs(answer.gain) <= STEEPEST:
        raise WorkbenchRefused("gain", gain=answer.gain, most=STEEPEST)
