"""What decoding costs, against `numpy.frombuffer` on the same bytes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from contract.clock import SystemClock
from drivers.devices import gy_mcu90640, infiray_p2, lepton_y16, senxor
from tests.benchmarks.timing import seconds_each

FRAMES = 50


@dataclass(frozen=True)
class Array:
    name: str
    shape: tuple[int, int]
    encode: Callable[[np.ndarray], bytes]
    decoder: Callable[[str], object]


ARRAYS = (
    Array("gy_mcu90640 32x24", (24, 32), lambda t: gy_mcu90640.encode_frame(t, 25.0), gy_mcu90640.SPEC.decoder),
    Array("senxor 80x62", (62, 80), lambda t: senxor.encode_frame(t, 25.0), senxor.SPEC.decoder),
    Array("lepton_y16 160x120", (120, 160), lepton_y16.encode_frame, lepton_y16.SPEC.decoder),
    Array("infiray_p2 256x192", (192, 256), infiray_p2.encode_frame, infiray_p2.SPEC.decoder),
)


def run() -> dict[str, dict[str, float]]:
    """Time each codec on a chunk of frames; print frames a second and the ratio."""
    rng, result = np.random.default_rng(3), {}
    at = SystemClock().now()
    print("codec                     frames/s   us a frame   frombuffer us   ratio")
    for array in ARRAYS:
        frames = [array.encode(np.float32(rng.normal(30, 3, array.shape))) for _ in range(FRAMES)]
        chunk = b"".join(frames)
        events = list(array.decoder("bench").feed(chunk, at))
        assert len(events) >= FRAMES - 1, f"{array.name}: {len(events)} of {FRAMES} frames"
        decode = seconds_each(lambda: list(array.decoder("bench").feed(chunk, at))) / FRAMES  # noqa: B023
        size = array.shape[0] * array.shape[1]

        def plain() -> list[np.ndarray]:
            words = [np.frombuffer(f, np.dtype("<u2"), size, len(f) - 2 * size - len(f) % 2) for f in frames]  # noqa: B023
            return [word * np.float32(0.01) - np.float32(273.15) for word in words]

        raw = seconds_each(plain) / FRAMES
        print(f"{array.name:22} {1 / decode:11.0f} {1e6 * decode:12.1f} {1e6 * raw:15.1f} {decode / raw:7.2f}")
        result[array.name] = {"frames_per_s": 1 / decode, "ratio": decode / raw}
    return result
