"""What speaks against deciding with an instrument."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from contract.vocabulary import InstrumentState, Reason
from drivers.devices.lepton_y16 import SPEC
from drivers.samples import Applied, Mode, SampleFlag
from edge.config import Surroundings
from edge.events import Air
from edge.readiness import FAULTS, FAULTS_OVER_S, SHUTTER_HOLD_S, Readiness
from tests.edge.samples import AIR, START, certificate, fault, frame, instrument, spot

IN_SERVICE = InstrumentState.IN_SERVICE


def ready(spec=SPEC, **settings):
    return Readiness(instrument(**settings), spec, Surroundings())


def reasons(readiness, sample, t_s, *, air=AIR, paper=None, state=IN_SERVICE):
    readiness.note(sample, t_s)
    return readiness.reasons(sample, t_s, air, certificate() if paper is None else paper, state)


def test_a_healthy_instrument_decides():
    assert reasons(ready(), frame(0.0, since_shutter_s=60.0), 0.0) == []


def test_without_a_certificate_nothing_is_decided():
    readiness = ready()
    readiness.note(frame(0.0), 0.0)
    assert readiness.reasons(frame(0.0), 0.0, AIR, None, IN_SERVICE) == [Reason.NO_CERTIFICATE]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"valid_until": START}, Reason.CERTIFICATE_EXPIRED),
        ({"valid_from": START + timedelta(days=1)}, Reason.CERTIFICATE_NOT_YET_VALID),
        ({"serial": "S2"}, Reason.CERTIFICATE_OTHER_INSTRUMENT),
        ({"instrument": "two"}, Reason.CERTIFICATE_OTHER_INSTRUMENT),
    ],
)
def test_a_certificate_that_does_not_fit_stops_it(changes, reason):
    assert reasons(ready(), frame(0.0), 0.0, paper=certificate(**changes)) == [reason]


def test_a_changed_byte_of_the_certificate_stops_it():
    forged = certificate().model_copy(update={"range_high_c": 50.0})
    assert reasons(ready(), frame(0.0), 0.0, paper=forged) == [Reason.CERTIFICATE_TAMPERED]


@pytest.mark.parametrize(
    "state", sorted(set(InstrumentState) - {IN_SERVICE, InstrumentState.WATCH, InstrumentState.SUSPECT})
)
def test_only_some_states_measure(state):
    assert reasons(ready(), frame(0.0), 0.0, state=state) == [Reason.INSTRUMENT_OUT]


@pytest.mark.parametrize("state", [InstrumentState.WATCH, InstrumentState.SUSPECT])
def test_watched_and_suspect_instruments_measure(state):
    assert reasons(ready(), frame(0.0), 0.0, state=state) == []


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        (SampleFlag.NOT_RADIOMETRIC, Reason.OPAQUE_OUTPUT),
        (SampleFlag.EMISSIVITY_UNKNOWN, Reason.OPAQUE_OUTPUT),
        (SampleFlag.ERROR, Reason.INSTRUMENT_OUT),
        (SampleFlag.OVERHEATED, Reason.SENSOR_HEATED),
        (SampleFlag.SHUTTER, Reason.SHUTTER),
    ],
)
def test_what_the_device_doubts_stops_it(flag, reason):
    assert reason in reasons(ready(), frame(0.0, flags=flag), 0.0)


def test_body_mode_is_opaque():
    assert reasons(ready(), spot(0.0, 36.5, mode=Mode.BODY), 0.0) == [Reason.OPAQUE_OUTPUT]
    assert reasons(ready(), frame(0.0, applied=Applied.BODY), 0.0) == [Reason.OPAQUE_OUTPUT]
    assert reasons(ready(replace(SPEC, screens=False)), frame(0.0), 0.0) == [Reason.OPAQUE_OUTPUT]


def test_two_seconds_after_a_shutter_nothing_is_decided():
    readiness = ready()
    assert reasons(readiness, frame(0.0, since_shutter_s=120.0), 0.0) == []
    assert reasons(readiness, frame(2.0, since_shutter_s=0.1), 2.0) == [Reason.SHUTTER]
    assert readiness.shutter
    assert reasons(readiness, frame(2.1, since_shutter_s=0.2), 2.1) == [Reason.SHUTTER]
    assert not readiness.shutter
    t_s = 2.0 + SHUTTER_HOLD_S
    assert reasons(readiness, frame(t_s, since_shutter_s=0.1 + SHUTTER_HOLD_S), t_s) == []


def test_a_gap_in_the_frames_of_a_camera_without_telemetry_is_taken_for_a_shutter():
    readiness = ready()
    assert reasons(readiness, frame(0.0), 0.0) == []
    assert reasons(readiness, frame(0.11), 0.11) == []
    assert reasons(readiness, frame(2.0), 2.0) == [Reason.SHUTTER]
    assert reasons(readiness, frame(4.1), 4.1) == [Reason.SHUTTER]


def test_a_slow_array_has_no_gaps():
    readiness = ready(replace(SPEC, rate_hz=1.0))
    assert [reasons(readiness, frame(t * 1.07), t * 1.07) for t in range(4)] == [[]] * 4


def test_the_same_picture_three_times_is_stuck():
    readiness = ready()
    still = np.full((120, 160), 23.0, np.float32)
    found = [reasons(readiness, frame(t * 0.1, still.copy()), t * 0.1) for t in range(4)]
    assert found == [[], [], [Reason.STALE_FRAME], [Reason.STALE_FRAME]]


def test_broken_frames_in_a_row_stop_it_for_a_while():
    readiness = ready()
    for number in range(FAULTS):
        readiness.fault(fault(0.1 * number))
    assert reasons(readiness, frame(0.5), 0.5) == [Reason.DECODE_FAULTS]
    later_s = FAULTS_OVER_S + 0.1
    assert Reason.DECODE_FAULTS not in reasons(readiness, frame(later_s), later_s)


def test_one_broken_frame_now_and_then_is_daily_life():
    readiness = ready()
    for number in range(FAULTS):
        readiness.fault(fault(10.0 * number))
    assert reasons(readiness, frame(20.1), 20.1) == []


def test_the_sun_on_the_sensor_is_no_gate():
    assert reasons(ready(), frame(0.0, np.full((120, 160), 80.0, np.float32)), 0.0) == [Reason.SENSOR_HEATED]


@pytest.mark.parametrize(
    ("ambient_c", "reason"),
    [
        (None, Reason.AMBIENT_MISSING),
        (float("nan"), Reason.AMBIENT_MISSING),
        (9.0, Reason.ENVIRONMENT_OUT_OF_RANGE),
        (35.5, Reason.ENVIRONMENT_OUT_OF_RANGE),
    ],
)
def test_without_air_that_is_known_and_fit_nothing_is_decided(ambient_c, reason):
    assert reasons(ready(), frame(0.0), 0.0, air=Air(ambient_c, 0.5, 50.0)) == [reason]


def test_it_warms_up_by_its_own_clock_where_it_has_one():
    readiness = ready(warm_up_s=1800.0)
    readiness.note(frame(0.0), 0.0)
    assert not readiness.warm(frame(10.0, uptime_s=1000.0), 10.0, None)
    assert readiness.warm(frame(10.0, uptime_s=1801.0), 10.0, None)


def test_it_warms_up_from_its_first_sample_otherwise():
    readiness = ready(warm_up_s=1800.0)
    readiness.note(frame(0.0), 0.0)
    assert not readiness.warm(frame(1700.0), 1700.0, None)
    assert readiness.warm(frame(1801.0), 1801.0, None)


def test_a_camera_that_does_not_drift_is_warm():
    readiness = ready(warm_up_s=1800.0)
    readiness.note(frame(0.0), 0.0)
    assert readiness.warm(frame(400.0), 400.0, 0.1)
    assert not readiness.warm(frame(400.0), 400.0, -0.6)
