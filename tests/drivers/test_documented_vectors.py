"""The printed frames of the first light's devices, each by its meaning: encoded or decoded exactly."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.clock import Instant
from drivers import registry
from drivers.devices import gy_614v, gy_mcu90640, xy_md02
from drivers.samples import Event
from drivers.transcript import as_json

AT = Instant(datetime(2026, 1, 24, tzinfo=UTC), 10**9)

HOST: dict[tuple[str, str], Callable[[], bytes]] = {
    ("gy_mcu90640", "baud 9600"): lambda: gy_mcu90640.set_baud(9600),
    ("gy_mcu90640", "baud 115200"): lambda: gy_mcu90640.set_baud(115200),
    ("gy_mcu90640", "0.5 Hz"): lambda: gy_mcu90640.set_rate(0.5),
    ("gy_mcu90640", "1 Hz"): lambda: gy_mcu90640.set_rate(1),
    ("gy_mcu90640", "4 Hz"): lambda: gy_mcu90640.set_rate(4),
    ("gy_mcu90640", "8 Hz"): lambda: gy_mcu90640.set_rate(8),
    ("gy_mcu90640", "automatic output"): gy_mcu90640.automatic_output,
    ("gy_mcu90640", "set emissivity 0.95"): lambda: gy_mcu90640.set_emissivity(0.95),
    ("gy_mcu90640", "save settings to flash"): gy_mcu90640.save_settings,
    ("gy_614v", "reg 0x03 = 1 query mode"): gy_614v.query_mode,
    ("gy_614v", "reg 0x01 = 6 baud 115200"): lambda: gy_614v.set_baud(115200),
    ("xy_md02", "read temperature"): xy_md02.read_temperature,
    ("xy_md02", "read humidity (manual misprints C1 CA)"): xy_md02.read_humidity,
}
DEVICE: dict[tuple[str, str], dict[str, object]] = {
    ("gy_mcu90640", "emissivity 0.95 reply"): {"kind": "reply", "name": "emissivity", "value": "0.95"},
    ("xy_md02", "30.5 C"): {"kind": "ambient", "ambient_c": 30.5, "humidity_pct": None},
    ("xy_md02", "54.6 % (manual misprints D1 BA)"): {"kind": "reply", "name": "humidity_pct", "value": "54.6"},
    ("xy_md02", "30.5 C 54.6 %"): {"kind": "ambient", "ambient_c": 30.5, "humidity_pct": 54.6},
}
ASKED = {"30.5 C": xy_md02.read_temperature, "54.6 % (manual misprints D1 BA)": xy_md02.read_humidity}
"""A reply to one register says which only together with its request."""


def test_every_printed_frame_is_said_or_understood(shared_data: Path) -> None:
    printed = json.loads((shared_data / "device_captures" / "documented_vectors.json").read_text(encoding="utf-8"))
    said = understood = 0
    for driver in ("gy_mcu90640", "gy_614v", "xy_md02"):
        for frame in printed[driver]["frames"]:
            key, data = (driver, frame["means"]), bytes.fromhex(frame["hex"])
            if frame["dir"] == "h2d":
                assert HOST[key]() == data, key
                said += 1
            else:
                (event,) = understand(driver, frame["means"], data)
                told = as_json(event)
                assert {name: told[name] for name in DEVICE[key]} == DEVICE[key]
                understood += 1
    assert (said, understood) == (len(HOST), len(DEVICE))


def understand(driver: str, means: str, data: bytes) -> list[Event]:
    decoder = registry.spec(driver).decoder("printed")
    if means in ASKED:
        assert list(decoder.feed(ASKED[means](), AT)) == []
    return list(decoder.feed(data, AT))


@pytest.mark.parametrize(
    "data", ["01 04 00 02 00 01 C1 CA", "01 04 02 02 22 D1 BA"], ids=["the manual's request", "the manual's reply"]
)
def test_the_misprinted_frames_of_the_manual_are_no_frames(data: str) -> None:
    decoder = xy_md02.XyMd02Decoder("printed")
    events = [*decoder.feed(bytes.fromhex(data), AT), *decoder.feed(b"", AT.later(1))]
    assert {event.kind.value for event in events} == {"checksum"}  # type: ignore[union-attr]
