"""The shape of a codec and of a device's SPEC.

A device file in `drivers/devices` is the protocol for BOTH roles: what the host says and what the device says,
encode and decode side by side. A codec does no I/O, reads no clock, keeps a bounded buffer and never raises on any
input: garbage becomes `DecodeFault` events.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from contract.clock import Instant
from drivers.samples import DecodeFault, Event, Sample
from drivers.tower_light import Light


class Quantity(StrEnum):
    """What a device is for."""

    FRAME = "frame"
    SPOT = "spot"
    AMBIENT = "ambient"
    REFERENCE = "reference"
    SIGNAL = "signal"


class Evidence(StrEnum):
    """How well the protocol is known: a shared definition shares its mistakes, so say where it came from."""

    CAPTURED = "captured"
    """Bytes of a real device are among the golden files."""
    MANUAL = "manual"
    INFERRED = "inferred"


class Transport(StrEnum):
    """How the bytes move."""

    SERIAL = "serial"
    UDP = "udp"
    UVC = "uvc"


class Integrity(StrEnum):
    """What the wire format can notice by itself; the shared test-suite asks no more of a codec than this."""

    CHECKSUM = "checksum"
    """Frames carry a check value: damage is noticed, and the next good frame is found after any garbage."""
    DELIMITED = "delimited"
    """Frames (lines) end with a mark: the frame after the next mark is found, damage inside one may go unnoticed."""
    SIZE = "size"
    """Frames are known by their size and by pauses alone; each read of the link should be whole frames."""


class Decoder(Protocol):
    """The device's half of the conversation, as the host hears it."""

    def feed(self, data: bytes, at: Instant) -> Iterable[Event]:
        """Take bytes cut anywhere that arrived at `at`; return the events they complete. Never raises.

        b"" says that nothing came until `at`: a pause may complete a frame that has no other end, or give one up.
        A request of the host that is heard back (many RS-485 adapters echo) counts as having been asked by `poll`.
        """
        ...

    def poll(self) -> bytes:
        """Return the next request to send, or b"" for a device that talks by itself.

        A polled decoder that is asked again while a reply is outstanding gives the old request up: the next `feed`
        then starts with a TIMEOUT fault.
        """
        ...


@dataclass(frozen=True, slots=True)
class SerialLine:
    """Settings of a serial line."""

    baud: int
    alternatives: tuple[int, ...] = ()
    """Other rates the device may have been set to, in the order in which to try them."""
    bytesize: int = 8
    parity: str = "N"
    stopbits: int = 1


@dataclass(frozen=True, slots=True)
class UsbId:
    """Vendor and product id, with the geometry that must come with it (look-alikes share ids)."""

    vid: int
    pid: int
    product: str = ""


@dataclass(frozen=True, slots=True)
class VideoMode:
    """A video mode in which a camera sends temperatures."""

    width: int
    height: int
    fourcc: str
    """V4L2 pixel format, four characters: `Y16 `, `YUYV`."""
    pixel_format: str
    """The same for FFmpeg: `gray16le`, `yuyv422`."""

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame; both formats have two a pixel."""
        return self.width * self.height * 2


@dataclass(frozen=True, slots=True)
class Handshake:
    """A harmless question and how to know the device's own answer."""

    request: bytes
    """b"" for a device that talks by itself: then listening is the handshake."""
    recognises: Callable[[bytes], bool]
    """Say whether bytes heard within `wait_s` can only come from this device."""
    wait_s: float = 0.5
    suspects: Callable[[bytes], bool] | None = None
    """For a device that talks by itself without saying who it is: say whether bytes may come from it, so that the
    question may be asked while it talks."""


def decodes(decoder: Callable[[str], Decoder]) -> Callable[[bytes], bool]:
    """Return a `Handshake.recognises` that holds once the decoder finds a whole, checked sample in what was heard.

    Right for devices whose frames carry a check value; a device without one must look for more than a parsable line.
    """
    nobody, then = "handshake", Instant(datetime.fromtimestamp(0, UTC), 0)
    return lambda heard: any(not isinstance(event, DecodeFault) for event in decoder(nobody).feed(heard, then))


@dataclass(frozen=True, slots=True)
class DriverSpec:
    """All that the rest of the house needs to know of a device."""

    name: str
    """Driver name in configurations, e.g. `gy_mcu90640`."""
    title: str
    """Maker and model as printed on the device."""
    quantity: Quantity
    transport: Transport
    evidence: Evidence
    sources: tuple[str, ...]
    """Where each fact of the file was read."""
    decoder: Callable[[str], Decoder]
    """Make a decoder for the instrument of that id."""
    says: Callable[[bytes, Sample], bytes]
    """The device's own role: what it answers to a request (b"": what it says by itself) when the world is as in the
    sample; b"" where it says nothing. Raises ValueError for a sample that the device cannot express."""
    integrity: Integrity = Integrity.CHECKSUM
    line: SerialLine | None = None
    usb: tuple[UsbId, ...] = ()
    video: tuple[VideoMode, ...] = ()
    """For a camera: the modes that the decoder reads, the best first; no other is accepted."""
    refuses: Callable[[int, int, tuple[int, int]], str | None] | None = None
    """For a camera with look-alikes: take USB ids, width and height, return why it cannot be read, by its name."""
    shape: tuple[int, int] | None = None
    """Rows x columns, for frames."""
    hfov_deg: float | None = None
    netd_c: float | None = None
    start: tuple[bytes, ...] = ()
    """What the host sends after opening the line, volatile settings only."""
    handshake: Handshake | None = None
    poll_interval_s: float | None = None
    """How often to send `Decoder.poll()`; None for a device that talks by itself."""
    rate_hz: float | None = None
    """Samples a second at the default settings."""
    silence_s: float = 2.0
    """After this long without a sample the device counts as silent."""
    screens: bool = True
    """False for a device that must never decide on fever (integers, opaque body mode)."""
    shows: Callable[[Light], bytes] | None = None
    """For a SIGNAL device: what the host sends to make a tower light show exactly these lamps."""
    drives: Callable[[float], tuple[bytes, ...]] | None = None
    """For a REFERENCE device: what the host sends to bring it to a set point in degC and keep it there."""
    wiring: Mapping[str, str] = field(default_factory=dict)
    """Device pin to host pin, for the page "how to connect"."""

    @property
    def talks(self) -> bool:
        """Whether the device says something by itself at its usual settings."""
        return self.poll_interval_s is None or bool(self.handshake and self.handshake.suspects)
