"""What decoding costs, against `numpy.frombuffer` on the same bytes.

The baseline is the least that any user of the bytes must do: `frombuffer` and counts to float32 °C, nothing checked.
Beside it stands the same with the sum over the bytes where the protocol carries one. The pictures are of somebody in a
hall, with the sensor's noise; each frame comes in a call of its own, as links deliver it. Arrays of 80x62 and up must
stay within MOST times the baseline, and the 32x24 module, far smaller than what any call costs, above a rate.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.clock import SystemClock
from drivers.checksums import sum16, word_sum16
from drivers.devices import gy_mcu90640, infiray_p2, lepton_y16, senxor
from tests.benchmarks.timing import seconds_once

FRAMES = 50
TURNS = 150
"""The three are timed in short turns, so that whatever else the machine does meets them alike and leaves some turns
alone; the fastest of each counts."""
MOST = 3.0
"""Longest that an array of at least SIZEABLE pixels may take, in times of the baseline."""
SIZEABLE = 80 * 62
LEAST_HZ = {"gy_mcu90640 32x24": 20_000}
MUCH_BYTES = 16 << 20
"""The C library gives memory back to the system after each frame until it has seen so much come and go; fetching it
again costs both sides more than what is measured."""
Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Array:
    name: str
    shape: tuple[int, int]
    encode: Callable[[Picture, int], bytes]
    """Take a picture and its number."""
    decoder: Callable[[str], object]
    check: Callable[[bytes], int] | None = None


ARRAYS = (
    Array(
        "gy_mcu90640 32x24",
        (24, 32),
        lambda t, _: gy_mcu90640.encode_frame(t, 25.0),
        gy_mcu90640.SPEC.decoder,
        word_sum16,
    ),
    Array("senxor 80x62", (62, 80), lambda t, n: senxor.encode_frame(t, 25.0, n), senxor.SPEC.decoder, sum16),
    Array("senxor 160x120", (120, 160), lambda t, n: senxor.encode_frame(t, 25.0, n), senxor.SPEC.decoder, sum16),
    Array("lepton_y16 160x120", (120, 160), lambda t, _: lepton_y16.encode_frame(t), lepton_y16.SPEC.decoder),
    Array(
        "lepton_y16 160x122",
        (120, 160),
        lambda t, n: lepton_y16.encode_frame(t, lepton_y16.Telemetry(3_600_000 + 115 * n, n, last_ffc_ms=3_500_000)),
        lepton_y16.SPEC.decoder,
    ),
    Array("infiray_p2 256x192", (192, 256), lambda t, _: infiray_p2.encode_frame(t), infiray_p2.SPEC.decoder),
)


def somebody(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Return head and shoulders of 34 and 28 degC before a wall of 22 to 24 degC, sharp to one pixel, with noise."""
    y, x = np.mgrid[: shape[0], : shape[1]] / shape[0]
    across = x - shape[1] / shape[0] / 2
    head = 1 / (1 + np.exp((np.hypot(across, 1.2 * (y - 0.4)) - 0.2) * shape[0]))
    shoulders = 1 / (1 + np.exp((np.maximum(np.abs(across) - 0.35, 0.62 - y)) * shape[0]))
    scene = 22 + 2 * y + 5 * shoulders * (1 - head) + 11 * head
    return np.float32(scene + rng.normal(0, 0.05, shape))


def run() -> dict[str, dict[str, float]]:
    """Time each codec frame by frame; print frames a second and the ratios to the baseline."""
    rng, result = np.random.default_rng(3), {}
    np.empty(MUCH_BYTES, np.uint8)
    at = SystemClock().now()
    print("codec                   frames/s   us a frame   frombuffer us   ratio   ratio with check   wanted")
    for array in ARRAYS:
        frames = [array.encode(somebody(array.shape, rng), number) for number in range(FRAMES)]
        decoder = array.decoder("bench")
        events = [event for frame in frames for event in decoder.feed(frame, at)]
        assert len(events) >= FRAMES - 1, f"{array.name}: {len(events)} of {FRAMES} frames"
        size = array.shape[0] * array.shape[1]

        def decode() -> list[object]:
            return [event for frame in frames for event in decoder.feed(frame, at)]  # noqa: B023

        def plain() -> list[Picture]:
            words = [np.frombuffer(f, np.dtype("<u2"), size, len(f) - 2 * size - len(f) % 2) for f in frames]  # noqa: B023
            return [word * np.float32(0.01) - np.float32(273.15) for word in words]

        def sums() -> list[int]:
            return [array.check(frame) for frame in frames] if array.check else []  # noqa: B023

        turns = [[seconds_once(work) for work in (decode, plain, sums)] for _ in range(TURNS)]
        took, raw, check = np.min(turns, axis=0) / FRAMES
        ratio, wanted = took / raw, _wanted(array, 1 / took, took / raw)
        with_check = f"{took / (raw + check):10.2f}" if array.check else f"{'no check':>10}"
        times = f"{1 / took:11.0f} {1e6 * took:12.1f} {1e6 * raw:15.1f}"
        print(f"{array.name:20} {times} {ratio:7.2f} {with_check}{wanted:>21}")
        result[array.name] = {"frames_per_s": 1 / took, "ratio": ratio, "ratio_with_check": took / (raw + check)}
    return result


def _wanted(array: Array, rate_hz: float, ratio: float) -> str:
    """Say what is asked of a codec, and whether it holds."""
    if least := LEAST_HZ.get(array.name):
        return f"{least} a second: {'pass' if rate_hz >= least else 'FAIL'}"
    if array.shape[0] * array.shape[1] >= SIZEABLE:
        return f"at most {MOST:g}: {'pass' if ratio <= MOST else 'FAIL'}"
    return ""
