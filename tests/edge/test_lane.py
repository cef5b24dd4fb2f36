"""A lane from samples to verdicts: a simulated camera, a coarse array and a single point; orders, doubts, attempts."""

from dataclasses import replace

import numpy as np
import pytest

from contract.ids import new_id
from contract.vocabulary import HealthFlag, InstrumentState, Reason, Site, VerdictKind
from drivers.codec import DriverSpec
from drivers.devices import gy_614v, gy_mcu90640, lepton_y16
from drivers.samples import ReferenceReading
from edge.config import Radiometry, ReferenceView, Rules
from edge.events import Air, PassageDecided, Picture, ReferenceState
from edge.lane import Lane
from edge.measure.faces import Face
from edge.measure.view import GeometryMissing
from simulators.camera import Camera
from simulators.geometry import LEPTON_35
from simulators.passage import CUP_OF_TEA
from simulators.people import Person
from simulators.plate import Plate
from simulators.scene import Enter, Place, Scene
from tests.edge.samples import AIR, SERIAL, at, certificate, config, fault, frame, instrument, mono_ns, spot

MARK_M = 0.55
FPS = 8.0
LONG_SINCE_SHUTTER_S = 60.0
ARRAY = {"distance_m": 0.35, "hfov_deg": 55.0}


def pictures(events):
    return [event for event in events if isinstance(event, Picture)]


def verdicts(events):
    return [event for event in events if isinstance(event, PassageDecided)]


def made(spec: DriverSpec, *, paper="usual", sections=None, **settings):
    """Return a lane for a driver."""
    placed = instrument(spec.name, **settings)
    given = config(placed, **(sections or {}))
    return Lane(placed, spec, given, certificate() if paper == "usual" else paper, new_id)


class Booth:
    """A simulated Lepton before a scene, a reference in view, and its lane."""

    def __init__(self, *entries, plate=True, second_plate=None, spec=lepton_y16.SPEC, **how):
        place = Place(mark_m=MARK_M)
        first = Plate.beside(MARK_M) if plate else None
        self.scene = Scene.script(entries, place=place, plate=first, second_plate=second_plate)
        self.camera = Camera(self.scene, LEPTON_35, seed=2, on_for_s=7200)
        region = self.camera.lens.plate_region()
        settings = {"distance_m": MARK_M, "reference": ReferenceView(region=region) if plate else None}
        if second_plate:
            settings["second_reference"] = ReferenceView(region=self.camera.lens.second_plate_region())
        self.lane = made(spec, **(settings | how))
        self.t_s = 0.0

    def play(self, until_s, *, air=AIR, **telemetry):
        """Let time pass; return all events."""
        events = []
        while self.t_s < until_s:
            told = {"since_shutter_s": LONG_SINCE_SHUTTER_S, "uptime_s": 9000.0} | telemetry
            events += self.lane.feed(frame(self.t_s, self.camera.frame(self.t_s), **told), air)
            self.t_s += 1 / FPS
        return events


def comes(name="one", core_c=36.8, at_s=0.5, **how):
    return Enter(name, core_c, at_s=at_s, **how)


# --- cameras that find faces -----------------------------------------------------------------------------------------


def test_a_healthy_person_passes_with_four_temperatures_and_all_terms():
    (decided,) = verdicts(Booth(comes()).play(4.5))
    measured = decided.measurement
    assert decided.verdict.kind is VerdictKind.PASS
    assert measured.site is Site.FACE_MAX
    assert measured.indicated_c < measured.skin_c < measured.body_c
    assert measured.body_c == pytest.approx(36.8, abs=0.5)
    assert measured.frames_used >= 3
    assert measured.certificate_id is not None
    total_c = sum(term.size_c for term in measured.terms)
    assert measured.indicated_c + total_c == pytest.approx(measured.adjusted_c, abs=1e-6)
    assert decided.crop_c.ndim == 2


def test_a_febrile_person_is_stopped_while_still_standing_there():
    booth = Booth(comes(core_c=39.0, stand_s=4.0))
    events = booth.play(5.0)
    (decided,) = verdicts(events)
    assert decided.verdict.kind is VerdictKind.ALARM
    assert decided.verdict.reasons == (Reason.ABOVE_THRESHOLD,)
    first_valid = next(p for p in pictures(events) if any(face.skin_c for face in p.faces))
    assert (decided.decided_by_mono_ns - first_valid.mono_ns) / 1e9 < 1.2


def test_the_picture_shows_box_value_and_verdict():
    events = Booth(comes()).play(3.8)
    last = pictures(events)[-1]
    (face,) = last.faces
    assert last.screening
    assert last.reference.state is ReferenceState.LOCKED
    assert face.verdict is VerdictKind.PASS
    assert face.skin_c == pytest.approx(35.6, abs=0.6)
    assert face.spot is not None
    assert len(face.landmarks) == 5
    assert not last.temps_c.flags.writeable
    assert [step for step, _ in last.costs_us] == ["radiometry", "faces", "reference", "sites", "decision"]


def test_one_passage_has_one_verdict_however_long_somebody_stands():
    assert len(verdicts(Booth(comes(stand_s=6.0)).play(8.0))) == 1


def test_the_reference_takes_the_cameras_error_out():
    wrong = Booth(comes())
    wrong.camera.detector._error = (0.8, 0.0)
    (decided,) = verdicts(wrong.play(4.5))
    assert decided.measurement.reference_offset_c == pytest.approx(0.8, abs=0.4)
    assert decided.measurement.body_c == pytest.approx(36.8, abs=0.5)


def test_a_person_measured_again_is_the_same_passage_second_attempt():
    booth = Booth(comes(stand_s=8.0))
    (first,) = verdicts(booth.play(4.0))
    booth.lane.remeasure(first.passage)
    (second,) = verdicts(booth.play(7.0))
    assert second.passage == first.passage
    assert second.measurement.attempt == 2


def test_glasses_take_the_forehead_and_are_less_sure():
    (bare,) = verdicts(Booth(comes()).play(4.5))
    (glasses,) = verdicts(Booth(comes(person=Person(glasses=True))).play(4.5))
    assert glasses.measurement.site is Site.FOREHEAD_MAX
    assert Reason.GLASSES in glasses.measurement.flags
    assert glasses.measurement.u_c > bare.measurement.u_c


def test_a_cup_alone_is_nobody():
    assert verdicts(Booth(comes("cup", None, item=CUP_OF_TEA)).play(5.0)) == []


def test_without_a_certificate_a_person_gets_no_result_at_once_and_the_picture_goes_on():
    events = Booth(comes(stand_s=4.0), paper=None).play(5.0)
    (decided,) = verdicts(events)
    assert decided.verdict.kind is VerdictKind.NO_RESULT
    assert decided.verdict.reasons == (Reason.NO_CERTIFICATE,)
    assert decided.measurement.skin_c is None
    assert pictures(events)[-1].reasons == (Reason.NO_CERTIFICATE,)
    assert not pictures(events)[-1].screening


def test_a_certificate_that_arrives_counts_at_once():
    booth = Booth(comes(stand_s=6.0), paper=None)
    booth.play(1.5)
    booth.lane.certify(certificate())
    (decided,) = verdicts(booth.play(6.0))
    assert decided.verdict.kind is VerdictKind.PASS


def test_a_certificate_that_is_withdrawn_stops_it_at_once():
    booth = Booth(comes(stand_s=6.0))
    booth.play(2.0)
    booth.lane.certify(None)
    (decided,) = verdicts(booth.play(6.0))
    assert decided.verdict.reasons == (Reason.NO_CERTIFICATE,)


def test_an_instrument_that_is_out_decides_nothing_and_a_suspect_one_is_strict():
    out, suspect = Booth(comes(stand_s=4.0)), Booth(comes(core_c=37.35, stand_s=4.0))
    out.lane.state(InstrumentState.OUT)
    suspect.lane.state(InstrumentState.SUSPECT)
    suspect.lane.obey(Rules(threshold_c=37.0))
    assert verdicts(out.play(5.0))[0].verdict.reasons == (Reason.INSTRUMENT_OUT,)
    assert verdicts(suspect.play(5.0))[0].verdict.kind is VerdictKind.ALARM


def test_rules_count_from_the_next_verdict_on():
    booth = Booth(comes())
    booth.lane.obey(Rules(version="drill/1", threshold_c=36.0))
    (decided,) = verdicts(booth.play(4.5))
    assert decided.verdict.kind is VerdictKind.ALARM
    assert decided.verdict.rule == "drill/1"


def test_after_a_shutter_nobody_is_measured_for_two_seconds():
    booth = Booth(comes(stand_s=2.0))
    events = []
    while booth.t_s < 4.0:
        events += booth.play(booth.t_s + 0.01, since_shutter_s=booth.t_s % 2.0)
    assert verdicts(events) == []
    assert all(picture.reasons == (Reason.SHUTTER,) for picture in pictures(events))


def test_the_picture_tells_what_its_camera_says_of_its_own_health():
    booth = Booth()
    assert pictures(booth.play(0.5, since_shutter_s=60.0))[-1].health == ()
    assert pictures(booth.play(1.0, since_shutter_s=700.0))[-1].health == (HealthFlag.SHUTTER,)


def test_a_hidden_reference_stops_the_screening_until_it_is_seen_again():
    booth = Booth(comes(stand_s=3.0, hides_plate=True), comes("two", at_s=7.0))
    events = booth.play(11.0)
    first, second = verdicts(events)
    assert first.verdict.kind is VerdictKind.NO_RESULT
    assert first.verdict.reasons == (Reason.REFERENCE_HOLD,)
    assert second.verdict.kind is VerdictKind.PASS


def test_a_gate_without_air_decides_nothing():
    (decided,) = verdicts(Booth(comes(stand_s=4.0)).play(5.0, air=Air(None, 0.5, 50.0)))
    assert decided.verdict.reasons == (Reason.AMBIENT_MISSING,)


def test_a_camera_that_warms_up_decides_nothing():
    (decided,) = verdicts(Booth(comes(stand_s=4.0), warm_up_s=1800.0).play(5.0, uptime_s=60.0))
    assert decided.verdict.reasons == (Reason.WARM_UP,)


def test_broken_frames_in_a_row_are_no_measurement():
    booth = Booth(comes(stand_s=5.0))
    booth.play(1.8)
    for number in range(3):
        assert booth.lane.feed(fault(1.7 + number / 30), AIR) == []
    assert pictures(booth.play(2.0))[-1].reasons == (Reason.DECODE_FAULTS,)


def test_an_assumed_reference_says_so_with_each_reading():
    booth = Booth(comes(), reference=ReferenceView(assumed=True, u_c=0.5))
    (decided,) = verdicts(booth.play(4.5))
    assert Reason.REFERENCE_ASSUMED in decided.measurement.flags
    assert next(term.u_c for term in decided.measurement.terms if term.name == "reference") >= 0.5


def test_a_blackbody_that_should_speak_and_is_silent_is_not_believed():
    view = ReferenceView(source="one")
    booth = Booth(comes(stand_s=6.0), reference=view)
    assert pictures(booth.play(1.0))[-1].reasons == (Reason.REFERENCE_NOT_SETTLED,)
    told_c = booth.scene.plate.indicated_c(1.0)
    booth.lane.reference_reading(ReferenceReading("one", 0, at(1.0), mono_ns(1.0), 36.0, told_c, stable=True))
    seen = pictures(booth.play(2.0))[-1]
    assert seen.reasons == ()
    assert seen.reference.offset_c == pytest.approx(booth.camera.detector.offset_c(2.0), abs=0.3)
    booth.lane.reference_reading(ReferenceReading("one", 1, at(2.0), mono_ns(2.0), 36.0, told_c, stable=False))
    assert pictures(booth.play(2.5))[-1].reasons == (Reason.REFERENCE_NOT_SETTLED,)


def test_with_two_references_a_hidden_one_stops_nobody_and_the_other_one_is_gone_by_alone():
    second = Plate(x_mm=150.0, y_mm=-115.0)
    booth = Booth(comes(), comes("hides", at_s=6.0, stand_s=3.0, hides_plate=True), second_plate=second)
    both, alone = verdicts(booth.play(11.0))
    u_c = [next(t.u_c for t in one.measurement.terms if t.name == "reference") for one in (both, alone)]
    assert [both.verdict.kind, alone.verdict.kind] == [VerdictKind.PASS, VerdictKind.PASS]
    assert u_c[1] / u_c[0] == pytest.approx(2**0.5, abs=0.1)  # the filter adds its own


def test_two_people_get_one_value_each():
    aside_mm = 110 + 90 * MARK_M
    entries = (
        comes("left", 36.6, stand_s=4.0, aside_mm=-aside_mm),
        comes("right", 39.2, stand_s=4.0, aside_mm=aside_mm),
    )
    decided = verdicts(Booth(*entries).play(5.5))
    assert sorted(event.verdict.kind for event in decided) == [VerdictKind.ALARM, VerdictKind.PASS]
    assert len({event.passage for event in decided}) == 2


def test_who_stands_with_the_head_turned_gets_no_result_with_that_reason():
    booth = Booth(comes(stand_s=3.0))
    booth.play(0.2)
    turned = _Turned(booth.lane._watch._finder)
    booth.lane._watch._finder = turned
    (decided,) = verdicts(booth.play(8.0))
    assert decided.verdict.reasons == (Reason.TURNED_AWAY,)


class _Turned:
    """A finder that shows every face turned by thirty degrees: the simulated ones cannot."""

    def __init__(self, finder):
        self._finder = finder

    def find(self, picture):
        return [self._turn(face) for face in self._finder.find(picture)]

    @staticmethod
    def _turn(face):
        left, right, nose, *mouth = face.landmarks
        eyes_px = right[0] - left[0]
        return Face(face.box, face.score, (left, right, (nose[0] + 0.2 * eyes_px, nose[1]), *mouth))


class _Counted:
    """A finder that counts how often it is asked."""

    def __init__(self, finder):
        self._finder, self.asked = finder, 0

    def find(self, picture):
        self.asked += 1
        return self._finder.find(picture)


def test_a_scene_in_which_nothing_happens_is_not_searched_at_every_picture():
    booth = Booth(comes(at_s=6.0))
    booth.play(1.0)
    finder = booth.lane._watch._finder = _Counted(booth.lane._watch._finder)
    booth.play(5.0)
    assert finder.asked <= 5
    assert len(verdicts(booth.play(10.0))) == 1


def test_a_camera_of_unknown_optics_says_what_to_configure():
    lane = made(replace(lepton_y16.SPEC, hfov_deg=None))
    with pytest.raises(GeometryMissing, match="hfov_deg"):
        lane.feed(frame(0.0), AIR)


def test_a_picture_without_one_valid_pixel_is_shown_and_nothing_else():
    events = made(lepton_y16.SPEC).feed(frame(0.0, np.full((120, 160), np.nan, np.float32)), AIR)
    assert [type(event) for event in events] == [Picture]


# --- arrays and points that measure a forehead at a mark --------------------------------------------------------------


def array(middle_c, seed=0):
    """Return a coarse picture with something warm in the middle."""
    picture = np.random.default_rng(seed).normal(23.0, 0.1, (24, 32)).astype(np.float32)
    picture[9:15, 13:19] = middle_c
    return picture


def play_array(lane, values, step_s=0.25):
    events = []
    for number, value in enumerate(values):
        events += lane.feed(frame(number * step_s, array(value, number)), AIR)
    return events


def test_a_coarse_array_measures_the_forehead_at_the_mark():
    lane = made(gy_mcu90640.SPEC, **ARRAY)
    (decided,) = verdicts(play_array(lane, [23.0] * 4 + [30.0, 33.9] + [34.0] * 6))
    measured = decided.measurement
    assert measured.site is Site.FOREHEAD_SPOT
    assert decided.verdict.kind is VerdictKind.PASS
    # 34.0 radiance is 34.2 skin; body = skin + 0.243 (skin - 23)
    assert measured.body_c == pytest.approx(34.22 + 0.243 * 11.22, abs=0.1)


def test_two_people_at_a_mark_are_two_passages():
    lane = made(gy_mcu90640.SPEC, **ARRAY)
    values = [34.0] * 8 + [23.0] * 3 + [36.6] * 8
    decided = verdicts(play_array(lane, values))
    assert [event.verdict.kind for event in decided] == [VerdictKind.PASS, VerdictKind.ALARM]


def test_a_cup_at_the_mark_is_nobody():
    assert (
        verdicts(play_array(made(gy_mcu90640.SPEC, **ARRAY), [23.0, 55.0, 55.0, 55.0, 55.0, 55.0, 55.0, 23.0, 23.0]))
        == []
    )


def test_somebody_who_hardly_stops_at_the_mark_has_too_few_frames():
    lane = made(gy_mcu90640.SPEC, **ARRAY)
    (decided,) = verdicts(play_array(lane, [23.0, 30.0, 31.5, 33.0, 31.8, 33.4, 31.9, 23.0, 23.0, 23.0]))
    assert decided.verdict.reasons == (Reason.MOVING,)


def test_the_live_view_of_an_array_has_a_box_at_the_mark():
    events = play_array(made(gy_mcu90640.SPEC, mark=(16, 12, 2), **ARRAY), [34.0] * 4)
    (face,) = pictures(events)[-1].faces
    assert face.box == (13.5, 9.5, 18.5, 14.5)


def test_a_single_point_reads_foreheads_one_after_the_other():
    lane = made(gy_614v.SPEC)
    values = [23.4] * 5 + [33.9] * 12 + [23.4] * 5 + [36.9] * 12 + [23.4] * 5
    decided = [e for n, value in enumerate(values) for e in verdicts(lane.feed(spot(n * 0.1, value), AIR))]
    assert [event.verdict.kind for event in decided] == [VerdictKind.PASS, VerdictKind.ALARM]
    assert all(event.measurement.site is Site.FOREHEAD_SPOT for event in decided)
    assert all(event.crop_c is None for event in decided)


def test_a_single_point_shows_its_value_as_a_picture_of_one_pixel():
    (picture,) = made(gy_614v.SPEC).feed(spot(0.0, 33.0), AIR)
    assert picture.temps_c.shape == (1, 1)
    assert picture.temps_c[0, 0] == pytest.approx(33.0, abs=0.2)


def test_a_window_is_corrected_for_plate_and_face_alike():
    clear = made(gy_614v.SPEC).feed(spot(0.0, 33.0), AIR)[0].temps_c[0, 0]
    behind = made(gy_614v.SPEC, sections={"radiometry": Radiometry(window_transmittance=0.9)})
    assert behind.feed(spot(0.0, 33.0), AIR)[0].temps_c[0, 0] - clear == pytest.approx(1.1, abs=0.2)


def test_the_serial_number_of_the_certificate_must_be_the_instruments():
    lane = made(gy_614v.SPEC, paper=certificate(serial=SERIAL + "x"))
    assert lane.feed(spot(0.0, 33.0), AIR)[-1].reasons == (Reason.CERTIFICATE_OTHER_INSTRUMENT,)


def test_a_reference_outside_the_picture_is_lost_and_said_once(capsys):
    lane = made(lepton_y16.SPEC, distance_m=MARK_M, reference=ReferenceView(region=(300, 20, 6)))
    for step in range(3):
        (picture,) = lane.feed(frame(step / FPS), AIR)
        assert picture.reference.state is ReferenceState.LOST
        assert Reason.REFERENCE_LOST in picture.reasons
    assert capsys.readouterr().err.count("outside the picture") == 1
