"""What the tests over every driver share: its SPEC, its golden examples, and how a codec is made to hear them."""

import gc
import importlib
import pkgutil
import sys
import types
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from contract.clock import Instant
from drivers import devices
from drivers.codec import DriverSpec, Integrity, Quantity
from drivers.samples import (
    AmbientReading,
    DecodeFault,
    DeviceReply,
    Event,
    ReferenceReading,
    Sample,
    SpotReading,
    ThermalFrame,
)
from tests.drivers.golden import Example, examples, same

START = Instant(datetime(2026, 1, 24, 8, 0, tzinfo=UTC), 1_000_000_000)
PAUSE_S = 1.0
MODULES = [importlib.import_module(f"drivers.devices.{item.name}") for item in pkgutil.iter_modules(devices.__path__)]
SPECS: dict[str, DriverSpec] = {module.SPEC.name: module.SPEC for module in MODULES if hasattr(module, "SPEC")}
EXAMPLES = {name: examples(name) for name in SPECS}
Cut = Callable[[bytes], list[bytes]]

KINDS: dict[Quantity, type[Sample]] = {
    Quantity.FRAME: ThermalFrame,
    Quantity.SPOT: SpotReading,
    Quantity.AMBIENT: AmbientReading,
    Quantity.REFERENCE: ReferenceReading,
    Quantity.SIGNAL: DeviceReply,
}
TOLD_APART = frozenset({"flags", "applied", "emissivity", "mode", "since_shutter_s", "housing_c", "device_counter"})
"""What a lone frame cannot repeat of a conversation, and what `says` need not repeat of a sample."""


def every(want: Callable[[DriverSpec, Example], bool] = lambda _spec, _example: True) -> Any:
    cases = [
        pytest.param(SPECS[name], example, id=f"{name}-{example.name}")
        for name, found in EXAMPLES.items()
        for example in found
        if example.steps and want(SPECS[name], example)
    ]
    return pytest.mark.parametrize(("spec", "example"), cases)


every_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))


def checked(spec: DriverSpec, _example: Example) -> bool:
    return spec.integrity is Integrity.CHECKSUM


def streaming(spec: DriverSpec, example: Example) -> bool:
    return spec.integrity is Integrity.CHECKSUM and example.speaks_first


# --- hearing ----------------------------------------------------------------------------------------------------------


def whole(data: bytes) -> list[bytes]:
    return [data]


def bytewise(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]


def cut_at(place: int) -> Cut:
    return lambda data: [data[:place], data[place:]]


def cut_places(length: int) -> list[int]:
    """Every cut of a short reply; of a long one the ends and a spread of the middle."""
    if length <= 2000:
        return list(range(1, length))
    return sorted({*range(1, 60), *range(length - 60, length), *range(60, length, max(1, length // 97))})


def hear(spec: DriverSpec, example: Example, cut: Cut = whole, damage: Cut = whole) -> list[list[Event]]:
    """Live through an example; return the events of each step. `damage` changes a reply before it is cut."""
    decoder = spec.decoder("golden")
    at = START
    heard = []
    for step in example.steps:
        if step.host is not None:
            assert decoder.poll() == step.host
        events: list[Event] = []
        for damaged in damage(step.device):
            for piece in cut(damaged):
                events += decoder.feed(piece, at)
        at = at.later(PAUSE_S)
        events += decoder.feed(b"", at)
        heard.append(events)
    return heard


def samples(events: list[Event]) -> list[Sample]:
    return [event for event in events if not isinstance(event, DecodeFault)]


def agree(found: list[Event] | list[Sample], wanted: list[Event] | list[Sample]) -> bool:
    return len(found) == len(wanted) and all(same(one, other) for one, other in zip(found, wanted, strict=True))


def worlds(spec: DriverSpec) -> Iterator[Sample]:
    for example in EXAMPLES[spec.name]:
        if all(step.checked for step in example.steps):
            for events in hear(spec, example):
                yield from (event for event in samples(events) if isinstance(event, KINDS[spec.quantity]))


def footprint(root: object) -> int:
    """Bytes held by everything that the object alone refers to."""
    seen: set[int] = set()
    waiting = [root]
    total = 0
    shared = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, shared):
            continue
        seen.add(id(item))
        total += item.nbytes if isinstance(item, np.ndarray) else sys.getsizeof(item)
        waiting.extend(gc.get_referents(item))
    return total
