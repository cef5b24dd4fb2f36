from typing import Any

from drivers.samples import AmbientReading
from edge.ambient import STALE_S, Ambient
from edge.config import GateConfig
from tests.conftest import FakeClock


def a_reading(clock: FakeClock, ambient_c: float, humidity_pct: float | None = 40.0) -> AmbientReading:
    now = clock.now()
    return AmbientReading("air", 0, now.at, now.mono_ns, ambient_c, humidity_pct)


def sensed(settings: dict[str, Any]) -> GateConfig:
    settings["instruments"].append({"id": "air", "driver": "xy_md02", "link": "/dev/null", "role": "ambient"})
    return GateConfig.model_validate(settings)


def test_a_gate_without_a_sensor_uses_what_it_was_told(config: GateConfig, clock: FakeClock) -> None:
    air = Ambient(config, clock).air()
    assert (air.ambient_c, air.u_ambient_c, air.humidity_pct) == (22.0, 0.5, 50.0)


def test_a_fresh_reading_is_used(settings: dict[str, Any], clock: FakeClock) -> None:
    ambient = Ambient(sensed(settings), clock)
    ambient.update(a_reading(clock, 19.5))
    clock.advance(STALE_S)
    assert (ambient.air().ambient_c, ambient.air().humidity_pct) == (19.5, 40.0)


def test_an_old_reading_is_no_reading(settings: dict[str, Any], clock: FakeClock) -> None:
    """Not even what the configuration says: a gate with a sensor was never told what the air is without it."""
    ambient = Ambient(sensed(settings), clock)
    assert ambient.air().ambient_c is None
    ambient.update(a_reading(clock, 19.5))
    clock.advance(STALE_S + 1)
    assert ambient.air().ambient_c is None
    assert ambient.reading is None


def test_a_clock_that_jumps_makes_nothing_old(settings: dict[str, Any], clock: FakeClock) -> None:
    ambient = Ambient(sensed(settings), clock)
    ambient.update(a_reading(clock, 19.5, None))
    clock.set(clock.now().at.replace(year=1970))
    assert ambient.air().ambient_c == 19.5
    assert ambient.air().humidity_pct == 50.0
