"""What a sample of the plate is worth: what the device has made of it, whether it can be read at all."""

from dataclasses import replace

import pytest

from drivers.devices import gy_614v
from drivers.registry import spec
from drivers.samples import Applied, Mode, SampleFlag
from edge.config import Radiometry
from edge.technician.target import Target, Useless
from tests.edge.samples import AIR, frame, instrument, spot


def gun(*, displayed: bool = False) -> Target:
    return Target(instrument("gy_614v", distance_m=0.05), gy_614v.SPEC, Radiometry(), displayed=displayed)


def taken(target: Target, *samples) -> list[float]:
    for sample in samples:
        target.offer(sample)
    return [value_c for _, value_c in target.take(37.0, 1.0, AIR)]


@pytest.mark.parametrize("how", [{"mode": Mode.BODY}, {"flags": SampleFlag.EMISSIVITY_UNKNOWN}])
def test_a_value_of_the_devices_own_making_is_swept_and_never_calibrated(how) -> None:
    calibrated, swept = gun(), gun(displayed=True)
    assert taken(calibrated, spot(0.0, 36.8, **how)) == []
    assert calibrated.useless is Useless.OPAQUE
    assert taken(swept, spot(0.0, 36.8, **how)) == [36.8]
    assert swept.opaque


def test_a_body_temperature_beside_the_surface_is_shown_and_changes_nothing() -> None:
    target = gun()
    bare = taken(gun(), spot(0.0, 35.0))
    assert taken(target, spot(0.0, 35.0, body_c=37.1)) == bare == [pytest.approx(35.0, abs=0.2)]
    assert target.body_c == 37.1
    assert not target.opaque
    taken(target, spot(1.0, 36.4, mode=Mode.BODY))
    assert target.body_c == 36.4


def test_a_camera_that_repeats_its_picture_is_stuck_and_not_blind() -> None:
    camera = Target(instrument(bench_region=(80, 60, 20)), spec("lepton_y16"), Radiometry())
    still = frame(0.0)
    assert len(taken(camera, still)) == 1
    assert camera.useless is None
    assert taken(camera, replace(frame(1.0, still.temps_c), flags=SampleFlag.REPEATED)) == []
    assert camera.useless is Useless.STUCK
    assert taken(camera, frame(2.0, applied=Applied.BODY)) == []
    assert camera.useless is Useless.OPAQUE
