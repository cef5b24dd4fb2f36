"""Cameras: `uvc:///dev/video0`, `uvc://1e4e:0100`, and raw video over TCP, `raw+tcp://host:port?size=160x122`.

OpenCV is asked for the bytes as they came from the camera: FOURCC first, then the size, then no conversion to RGB. What
comes back has another shape on each system ((H, W) of 16 bits, (H, W, 2) bytes, one row or one column of bytes), so
only the number of bytes is believed, and it must be that of the mode that was asked for. USB ids AND geometry are
checked: cameras that look alike but lay their frames out otherwise are refused by name.

Raw video over TCP is the same road without a camera: FFmpeg inside OpenCV reads frames of a known size from a socket.
Its options can only be given through the environment, which belongs to the whole process, hence the lock. FFmpeg eats
the first frame to find out what it is reading. Raw video does not say its size: where a camera has more than one, the
URL must, because a frame of another size would begin in the middle of a picture.
"""

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

import structlog

from drivers.codec import DriverSpec, VideoMode
from drivers.link import LinkLost, LinkRefused

_log = structlog.get_logger(__name__)

SYSFS: Final = Path("/sys/class/video4linux")
READ_TIMEOUT_MS: Final = 2000
_OPEN_TIMEOUT_MS: Final = 1000
_FFMPEG_OPTIONS: Final = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_SHORT_FRAMES: Final = 10
"""So many frames in a row of another size are not a hiccup: the camera is in another mode."""

_environment: Final = threading.Lock()


class VideoCapture(Protocol):
    """What is used of `cv2.VideoCapture`."""

    def isOpened(self) -> bool: ...  # noqa: N802, D102  # the name is cv2's
    def set(self, propId: int, value: float, /) -> bool: ...  # noqa: N803, D102
    def get(self, propId: int, /) -> float: ...  # noqa: N803, D102
    def read(self) -> tuple[bool, Any]: ...  # noqa: D102
    def release(self) -> None: ...  # noqa: D102


OpenCapture = Callable[[str, int, Sequence[int]], VideoCapture]
"""Takes source, backend and parameters, as the constructor of `cv2.VideoCapture` does."""


def opencv() -> ModuleType:
    """Return cv2. Raises LinkRefused with what to install where it cannot be loaded."""
    try:
        import cv2  # noqa: PLC0415  # 80 MB that only gates with a camera need
    except (ImportError, OSError) as error:
        raise LinkRefused(
            f"OpenCV cannot be loaded ({error}); on Debian: apt-get install libgl1 libglib2.0-0 libx11-6 libxcb1"
        ) from error
    return cv2


class UvcLink:
    """One open camera. Each read returns one whole frame. Raises LinkLost, LinkRefused."""

    def __init__(
        self, url: str, spec: DriverSpec, open_capture: OpenCapture | None = None, sysfs: Path = SYSFS
    ) -> None:
        if not spec.video:
            raise LinkRefused(f"{url}: {spec.name} is no camera")
        self._cv2 = opencv()
        self._url = url
        self._open_capture = open_capture or self._cv2.VideoCapture
        if url.startswith("raw+tcp://"):
            self._capture, self._mode = self._over_tcp(spec)
        else:
            self._capture, self._mode = self._over_usb(spec, sysfs)
        self._misfits = 0

    def read(self, timeout_s: float) -> bytes:  # noqa: ARG002  # OpenCV waits as long as it was told at the start
        """Return one frame, b"" for one of the wrong size. Raises LinkLost, LinkRefused."""
        good, frame = self._capture.read()
        if not good or frame is None:
            raise LinkLost(f"{self._url}: no frame came")
        if frame.nbytes == self._mode.frame_bytes and frame.ndim <= 3 and frame.shape[-1] != 3:
            self._misfits = 0
            return bytes(frame.tobytes())
        self._misfits += 1
        told = f"frames of {frame.shape} {frame.dtype}, not {self._mode.frame_bytes} bytes"
        if self._misfits >= _SHORT_FRAMES:
            raise LinkRefused(f"{self._url} sends {told}: another video mode, or OpenCV older than 4.12")
        _log.warning("frame of the wrong size", link=self._url, got=told)
        return b""

    def write(self, data: bytes) -> None:
        """Take what a host says; a camera is not spoken to over its video."""

    def close(self) -> None:
        """Release the camera. Never raises."""
        self._capture.release()

    def _over_usb(self, spec: DriverSpec, sysfs: Path) -> tuple[VideoCapture, VideoMode]:
        path = find_camera(self._url, sysfs)
        ids = usb_ids(path, sysfs)
        for mode in spec.video:
            capture = self._open_capture(str(path), self._cv2.CAP_V4L2, [])
            if not capture.isOpened():
                capture.release()
                raise LinkLost(f"{path} cannot be opened: not plugged in, held by another program, or no permission")
            geometry = self._configure(capture, mode)
            if ids is not None and (reason := _refusal(spec, ids, geometry)):
                capture.release()
                raise LinkRefused(f"{path} is {ids[0]:04x}:{ids[1]:04x} {ids[2]}: {reason}")
            if geometry == (mode.width, mode.height):
                return capture, mode
            capture.release()
        wanted = ", ".join(f"{mode.width}x{mode.height} {mode.fourcc.strip()}" for mode in spec.video)
        raise LinkRefused(f"{path} offers {geometry[0]}x{geometry[1]}; {spec.title} needs {wanted}")

    def _configure(self, capture: VideoCapture, mode: VideoMode) -> tuple[int, int]:
        """Ask for a mode, in the only order that works; return the width and height that the camera chose."""
        cv2 = self._cv2
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*mode.fourcc))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.height)
        capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))

    def _over_tcp(self, spec: DriverSpec) -> tuple[VideoCapture, VideoMode]:
        cv2 = self._cv2
        source, mode = _parse_tcp(self._url, spec)
        rate = max(1, round(spec.rate_hz or 10))
        options = (
            f"input_format;rawvideo|video_size;{mode.width}x{mode.height}|pixel_format;{mode.pixel_format}"
            f"|framerate;{rate}|fflags;nobuffer|probesize;32|analyzeduration;0"
        )
        parameters = [
            cv2.CAP_PROP_CONVERT_RGB,
            0,
            cv2.CAP_PROP_FORMAT,
            -1,
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            _OPEN_TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            READ_TIMEOUT_MS,
        ]
        with _ffmpeg_options(options):
            capture = self._open_capture(source, cv2.CAP_FFMPEG, parameters)
        if not capture.isOpened():
            capture.release()
            raise LinkLost(f"{self._url}: nobody sends video there")
        return capture, mode


@contextmanager
def _ffmpeg_options(options: str) -> Iterator[None]:
    with _environment:
        before = os.environ.get(_FFMPEG_OPTIONS)
        os.environ[_FFMPEG_OPTIONS] = options
        try:
            yield
        finally:
            if before is None:
                del os.environ[_FFMPEG_OPTIONS]
            else:
                os.environ[_FFMPEG_OPTIONS] = before


def _parse_tcp(url: str, spec: DriverSpec) -> tuple[str, VideoMode]:
    parts = urlsplit(url)
    size = parse_qs(parts.query).get("size", [""])[0]
    if not parts.hostname or not parts.netloc.rpartition(":")[2].isdigit():
        raise LinkRefused(f"{url}: write raw+tcp://host:port or raw+tcp://host:port?size=WIDTHxHEIGHT")
    sizes = {f"{mode.width}x{mode.height}": mode for mode in spec.video}
    if not size and len(sizes) > 1:
        told = " or ".join(f"{parts.scheme}://{parts.netloc}?size={known}" for known in sizes)
        raise LinkRefused(f"{url} does not say the size of its frames: write {told}")
    if size and size not in sizes:
        raise LinkRefused(f"{url}: {spec.name} knows the sizes {', '.join(sizes)}")
    return f"tcp://{parts.netloc}", sizes[size] if size else spec.video[0]


def find_camera(url: str, sysfs: Path = SYSFS) -> Path:
    """Return the device file of a `uvc://` URL. Raises LinkLost if no such camera is plugged in, LinkRefused."""
    rest = url.removeprefix("uvc://")
    if rest.startswith("/"):
        return Path(rest)
    match = re.fullmatch(r"([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})", rest)
    if match is None:
        raise LinkRefused(f"{url}: write uvc:///dev/videoN or uvc://VID:PID")
    wanted = int(match[1], 16), int(match[2], 16)
    found = [path for path, ids in cameras(sysfs) if ids[:2] == wanted]
    if not found:
        raise LinkLost(f"no camera {rest} is plugged in")
    if len(found) > 1:  # which is which may change each time they are plugged in
        raise LinkRefused(
            f"{url} fits {', '.join(map(str, found))}: use a path in /dev/v4l/by-path, as uvc:///dev/v4l/…"
        )
    return found[0]


def cameras(sysfs: Path = SYSFS) -> Iterator[tuple[Path, tuple[int, int, str]]]:
    """Yield the device file and USB ids and product name of each camera; nodes for metadata are left out."""
    for node in sorted(sysfs.glob("video*"), key=lambda node: (len(node.name), node.name)):
        index = node / "index"
        path = Path("/dev") / node.name
        if index.is_file() and index.read_text().strip() != "0":
            continue
        if (ids := usb_ids(path, sysfs)) is not None:
            yield path, ids


def usb_ids(path: Path, sysfs: Path = SYSFS) -> tuple[int, int, str] | None:
    """Return vendor, product and product name of a camera's device file; None where the system does not tell."""
    interface = (sysfs / path.resolve().name / "device").resolve()
    for folder in (interface, interface.parent):
        try:
            vid, pid = (int((folder / name).read_text(), 16) for name in ("idVendor", "idProduct"))
            product = folder / "product"
            return vid, pid, product.read_text().strip() if product.is_file() else ""
        except (OSError, ValueError):
            continue
    return None


def _refusal(spec: DriverSpec, ids: tuple[int, int, str], geometry: tuple[int, int]) -> str | None:
    """Return why this camera is not the driver's, or None."""
    vid, pid, _product = ids
    if spec.refuses is not None:
        return spec.refuses(vid, pid, geometry)
    if spec.usb and all((vid, pid) != (known.vid, known.pid) for known in spec.usb):
        wanted = ", ".join(f"{known.vid:04x}:{known.pid:04x} {known.product}".strip() for known in spec.usb)
        return f"{spec.title} is {wanted}"
    return None
