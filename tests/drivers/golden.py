"""Reads the golden examples; tests/golden/README.md says what they hold."""

import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drivers.capture import Capture
from drivers.hextext import parse
from drivers.samples import Event, ThermalFrame
from drivers.transcript import as_json
from tests.conftest import SHARED_DATA

FOLDER = Path(__file__).resolve().parents[1] / "golden"
PROVENANCE = {"who", "when", "device", "firmware", "line", "licence"}


@dataclass(frozen=True)
class Step:
    """One turn of a conversation, as the host lives it."""

    host: bytes | None
    device: bytes
    checked: bool
    expected: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Command:
    """One call of an encoder and the bytes that it must return."""

    call: str
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    data: bytes


@dataclass(frozen=True)
class Example:
    """One file of a device's folder."""

    driver: str
    name: str
    evidence: str
    steps: tuple[Step, ...]
    commands: tuple[Command, ...]

    @property
    def speaks_first(self) -> bool:
        """Whether the device says all of this without being asked."""
        return all(step.host is None for step in self.steps)


def examples(driver: str) -> list[Example]:
    """The examples of a driver; those whose bytes are among the real data only where these are at hand."""
    return [_example(driver, path) for path in sorted((FOLDER / driver).glob("*.toml"))]


def _example(driver: str, path: Path) -> Example:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    known = {"title", "evidence", "source", "provenance", "step", "command"}
    if stray := set(data) - known:
        raise ValueError(f"{path}: unknown keys {sorted(stray)}")
    if not (data.get("title") and data.get("source") and data.get("evidence") in {"captured", "manual", "inferred"}):
        raise ValueError(f"{path}: title, source and evidence (captured, manual, inferred) are needed")
    if data["evidence"] == "captured" and set(data.get("provenance", {})) != PROVENANCE:
        raise ValueError(f"{path}: captured bytes need a [provenance] with {sorted(PROVENANCE)}")
    return Example(
        driver,
        path.stem,
        data["evidence"],
        tuple(_step(path.parent, step) for step in data.get("step", ()) if _at_hand(step)),
        tuple(_command(command) for command in data.get("command", ())),
    )


def _at_hand(step: dict[str, Any]) -> bool:
    return "shared_file" not in step or (SHARED_DATA / step["shared_file"]).is_file()


def _step(folder: Path, step: dict[str, Any]) -> Step:
    host = step.get("host")
    if host is None and "host_text" in step:
        host = step["host_text"].encode("ascii").hex()
    if "device_file" in step:
        device = b"".join(piece.data for piece in Capture(folder / step["device_file"]).pieces())
    elif "shared_file" in step:
        device = b"".join(piece.data for piece in Capture(SHARED_DATA / step["shared_file"]).pieces())
    elif "device_text" in step:
        device = step["device_text"].encode("ascii")
    else:
        device = parse(step["device"])[0]
    expected = step.get("expected")
    if expected is None:
        expected = json.loads((folder / step["expected_file"]).read_text(encoding="utf-8"))
    return Step(None if host is None else parse(host)[0], device, step.get("checked", True), tuple(expected))


def _command(command: dict[str, Any]) -> Command:
    data = command["text"].encode("ascii") if "text" in command else parse(command["bytes"])[0]
    return Command(command["call"], tuple(command.get("arguments", ())), command.get("named", {}), data)


def differences(events: list[Event], expected: tuple[dict[str, Any], ...]) -> list[str]:
    """Say in words how the events differ from what was expected; empty if they do not."""
    found = [as_json(event) for event in events]
    if [item["kind"] for item in found] != [item["kind"] for item in expected]:
        return [f"expected {[item['kind'] for item in expected]}, found {found}"]
    wrong = []
    for index, (event, told, wanted) in enumerate(zip(events, found, expected, strict=True)):
        for key, value in wanted.items():
            if key == "pixels":
                wrong += [f"event {index}: {text}" for text in _pixels(event, value)]
            elif key not in told or not _agree(told[key], value):
                wrong.append(f"event {index}: {key}: expected {value!r}, found {told.get(key)!r}")
    return wrong


def _agree(found: Any, wanted: Any) -> bool:
    if isinstance(found, int | float) and isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return math.isclose(found, wanted, abs_tol=1.001e-4, rel_tol=0)
    return bool(found == (None if wanted == "nan" else wanted))


def _pixels(event: Event, wanted: list[list[Any]]) -> list[str]:
    assert isinstance(event, ThermalFrame)
    wrong = []
    for row, column, value in wanted:
        found = float(event.temps_c[row, column])
        right = math.isnan(found) if value == "nan" else math.isclose(found, value, abs_tol=1.001e-4)
        if not right:
            wrong.append(f"pixel {row},{column}: expected {value}, found {found}")
    return wrong


def same(one: Event, other: Event, *, besides: frozenset[str] = frozenset()) -> bool:
    """Say whether two events say the same, whatever their time and running number."""
    left = {key: value for key, value in as_json(one).items() if key != "seq" and key not in besides}
    right = {key: value for key, value in as_json(other).items() if key != "seq" and key not in besides}
    if left != right:
        return False
    if isinstance(one, ThermalFrame) and isinstance(other, ThermalFrame):
        return bool(np.array_equal(one.temps_c, other.temps_c, equal_nan=True))
    return True
