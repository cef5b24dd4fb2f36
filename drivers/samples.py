"""What instruments say, decoded: frozen samples with the unit in each name, and faults as events.

Raw counts die inside the codec. A sample never carries a repaired or guessed value as if it had been read: what a
codec doubts it flags, and what it cannot read becomes a `DecodeFault`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Flag, StrEnum, auto

import numpy as np
from numpy.typing import NDArray


class Applied(Flag):
    """Corrections that the device has already made inside (`science.md` 1.4); none is ever made twice."""

    NONE = 0
    EMISSIVITY = auto()
    REFLECTED = auto()
    ATMOSPHERE = auto()
    WINDOW = auto()
    BLACKBODY = auto()
    BODY = auto()


class SampleFlag(Flag):
    """What the device or its codec doubts about a sample."""

    NONE = 0
    SHUTTER = auto()
    """A shutter correction (FFC) is imminent or under way."""
    BAD_ROWS = auto()
    """Some rows are garbage; they are NaN in the frame."""
    BAD_PIXELS = auto()
    NOT_RADIOMETRIC = auto()
    """The device says that its pixels are not temperatures (TLinear off, AGC on, ADC mode)."""
    UNCHECKED = auto()
    """The frame carried no checksum to verify."""
    REPEATED = auto()
    """The device sent the same frame counter or picture again."""
    ERROR = auto()
    """The device reports a fault of its own."""
    OVERHEATED = auto()
    EMISSIVITY_UNKNOWN = auto()
    """The device applies an emissivity of its own that it has not told yet: the value cannot be corrected exactly."""


class Mode(StrEnum):
    """What a single-point thermometer's number means."""

    SURFACE = "surface"
    BODY = "body"


@dataclass(frozen=True, slots=True, eq=False)
class ThermalFrame:
    """One picture of temperatures."""

    instrument: str
    seq: int
    """Counts the frames this decoder has delivered, from 0."""
    at: datetime
    mono_ns: int
    temps_c: NDArray[np.float32]
    """Rows x columns, read-only, °C; NaN where the device gave no valid value."""
    sensor_c: float | None = None
    """Temperature of the sensor chip, °C."""
    housing_c: float | None = None
    applied: Applied = Applied.NONE
    emissivity: float = 1.0
    """The emissivity that the device applied, if EMISSIVITY is in `applied`."""
    flags: SampleFlag = SampleFlag.NONE
    since_shutter_s: float | None = None
    """Seconds since the last shutter correction, where the device tells."""
    device_counter: int | None = None
    """The device's own frame counter, where it has one."""
    uptime_s: float | None = None
    """Seconds since the device was powered on, where it tells."""


@dataclass(frozen=True, slots=True)
class SpotReading:
    """One number of a single-point thermometer."""

    instrument: str
    seq: int
    at: datetime
    mono_ns: int
    object_c: float
    ambient_c: float | None = None
    body_c: float | None = None
    """The device's own estimate of body temperature: shown, never decided on."""
    mode: Mode = Mode.SURFACE
    applied: Applied = Applied.NONE
    emissivity: float = 1.0
    flags: SampleFlag = SampleFlag.NONE


@dataclass(frozen=True, slots=True)
class AmbientReading:
    """The air at the gate."""

    instrument: str
    seq: int
    at: datetime
    mono_ns: int
    ambient_c: float
    humidity_pct: float | None = None


@dataclass(frozen=True, slots=True)
class ReferenceReading:
    """What a blackbody says of itself."""

    instrument: str
    seq: int
    at: datetime
    mono_ns: int
    setpoint_c: float
    actual_c: float
    """What an instrument set to the reference's emissivity should read on the surface, °C."""
    stable: bool
    u_c: float | None = None
    """Standard uncertainty from the device's certificate, where known, °C."""
    emissivity: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceReply:
    """A device's answer to a command that is not a measurement: identification, settings, acknowledgement."""

    instrument: str
    at: datetime
    mono_ns: int
    name: str
    value: str


class FaultKind(StrEnum):
    """What went wrong between the device and the codec."""

    RESYNC = "resync"
    """Bytes that belong to no frame were dropped."""
    CHECKSUM = "checksum"
    LENGTH = "length"
    CONTENT = "content"
    """The frame was whole but says something impossible."""
    TIMEOUT = "timeout"
    """A polled device did not answer."""


@dataclass(frozen=True, slots=True)
class DecodeFault:
    """Bytes that could not be read: an event, never an exception."""

    kind: FaultKind
    dropped_bytes: int
    at: datetime
    mono_ns: int
    detail: str = ""


Sample = ThermalFrame | SpotReading | AmbientReading | ReferenceReading | DeviceReply
Event = Sample | DecodeFault
