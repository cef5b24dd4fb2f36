"""One event as one JSON object: what `guankou-probe` prints and what the golden files expect.

NaN never becomes a number: it is null. Temperatures are rounded to 0.0001 degC, below the step of every device.
"""

import math
from collections.abc import Iterable
from typing import Final, assert_never

import numpy as np

from drivers.samples import (
    AmbientReading,
    Applied,
    DecodeFault,
    DeviceReply,
    Event,
    ReferenceReading,
    Sample,
    SampleFlag,
    SpotReading,
    ThermalFrame,
)

Json = dict[str, object]

_DEFECTS: Final = (
    SampleFlag.BAD_ROWS | SampleFlag.BAD_PIXELS | SampleFlag.NOT_RADIOMETRIC | SampleFlag.ERROR | SampleFlag.OVERHEATED
)
"""Flags that say that something is wrong, as against "wait" or "unknown"."""


def as_json(event: Event) -> Json:
    """Return what an event says, JSON-ready, without its time."""
    match event:
        case ThermalFrame():
            return _frame(event)
        case SpotReading():
            return _spot(event)
        case AmbientReading():
            return {
                "kind": "ambient",
                "seq": event.seq,
                "ambient_c": number(event.ambient_c),
                "humidity_pct": number(event.humidity_pct),
            }
        case ReferenceReading():
            return {
                "kind": "reference",
                "seq": event.seq,
                "setpoint_c": number(event.setpoint_c),
                "actual_c": number(event.actual_c),
                "stable": event.stable,
                "u_c": number(event.u_c),
                "emissivity": number(event.emissivity),
            }
        case DeviceReply():
            return {"kind": "reply", "name": event.name, "value": event.value}
        case DecodeFault():
            return {
                "kind": "fault",
                "fault": event.kind.value,
                "dropped_bytes": event.dropped_bytes,
                "detail": event.detail,
            }
        case _:
            assert_never(event)


def as_line(sample: Sample, t_s: float, faults: Iterable[DecodeFault] = ()) -> Json:
    """Return a sample with `t`, seconds since the start of its source, and `faults` since the sample before it.

    `faults` also names the defects that the sample's own flags tell.
    """
    told = as_json(sample)
    doubts = told.get("flags", [])
    defects = [flag for flag in names(_DEFECTS) if isinstance(doubts, list) and flag in doubts]
    return {"t": round(t_s, 6), **told, "faults": [*map(describe, faults), *defects]}


def describe(fault: DecodeFault) -> str:
    """Return a fault in a few words, e.g. `checksum: 1544 bytes dropped`."""
    what = fault.detail or (f"{fault.dropped_bytes} bytes dropped" if fault.dropped_bytes else "")
    return f"{fault.kind.value}: {what}" if what else fault.kind.value


def names(flags: SampleFlag | Applied) -> list[str]:
    """Return the names of the flags that are set, in lower case."""
    return [flag.name.lower() for flag in flags if flag.name is not None]


def number(value: float | None) -> float | None:
    """Return a number fit for JSON: rounded, and null for NaN or infinity."""
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


def _frame(frame: ThermalFrame) -> Json:
    valid = frame.temps_c[np.isfinite(frame.temps_c)]
    return {
        "kind": "frame",
        "seq": frame.seq,
        "shape": list(frame.temps_c.shape),
        "min_c": number(valid.min()) if valid.size else None,
        "max_c": number(valid.max()) if valid.size else None,
        "mean_c": number(valid.mean(dtype=np.float64)) if valid.size else None,
        "invalid_pixels": int(frame.temps_c.size - valid.size),
        "sensor_c": number(frame.sensor_c),
        "housing_c": number(frame.housing_c),
        "since_shutter_s": number(frame.since_shutter_s),
        "device_counter": frame.device_counter,
        "applied": names(frame.applied),
        "emissivity": number(frame.emissivity) if Applied.EMISSIVITY in frame.applied else None,
        "flags": names(frame.flags),
    }


def _spot(spot: SpotReading) -> Json:
    return {
        "kind": "spot",
        "seq": spot.seq,
        "object_c": number(spot.object_c),
        "ambient_c": number(spot.ambient_c),
        "body_c": number(spot.body_c),
        "mode": spot.mode.value,
        "applied": names(spot.applied),
        "emissivity": number(spot.emissivity) if Applied.EMISSIVITY in spot.applied else None,
        "flags": names(spot.flags),
    }
