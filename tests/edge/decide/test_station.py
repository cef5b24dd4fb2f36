"""From a skin temperature to a measurement with all its terms, and the verdict."""

import math
from datetime import timedelta

import pytest

from contract.ids import new_id
from contract.vocabulary import Reason, Site, VerdictKind
from edge.config import Radiometry, Rules
from edge.decide.station import PersonValue, Station, Whose
from edge.events import Air
from edge.measure.chain import Step
from edge.measure.skin import Skin
from tests.edge.samples import AIR, START, certificate, config, instrument

STEPS = (Step("certificate", 0.1), Step("reference", -0.2), Step("emissivity", 0.25), Step("spot", 0.5))


def person(skin_c, *, site=Site.FACE_MAX, air=AIR, **changes):
    steps = sum(step.size_c for step in STEPS)
    values = {
        "skin": Skin(site, skin_c - steps, skin_c, STEPS, 0.15),
        "air": air,
        "frames_used": 5,
        "spread_c": 0.05,
        "reference_c": 35.7,
        "reference_u_c": 0.1,
        "filter_u_c": 0.02,
        "offset_c": 0.2,
        "reflected_c": None,
    }
    return PersonValue(**(values | changes))


def station(**sections):
    return Station("one", config(instrument(), **sections))


def measure(place, value, *, minutes=0.0, paper=None, **how):
    at = START + timedelta(minutes=minutes)
    return place.measure(Whose(new_id(at), 1, at), new_id(at), value, paper or certificate(), **how)


def test_the_terms_add_up_to_the_way_from_indication_to_decision():
    measurement, _ = measure(station(), person(36.0))
    total_c = math.fsum(term.size_c for term in measurement.terms)
    assert measurement.indicated_c + total_c == pytest.approx(measurement.adjusted_c, abs=1e-9)
    names = [term.name for term in measurement.terms]
    assert names[:5] == ["certificate", "reference", "emissivity", "spot", "body"]
    assert names[-1] == "baseline"
    assert len(names) == len(set(names))


def test_the_four_temperatures_and_the_body_by_heat_balance():
    measurement, verdict = measure(station(), person(36.0))
    assert measurement.skin_c == 36.0
    assert measurement.body_c == pytest.approx(36.0 + 0.093 * 13.0)
    assert measurement.adjusted_c == measurement.body_c
    assert measurement.baseline_c == 0
    assert measurement.u_c == pytest.approx(0.40, abs=0.08)
    assert verdict.kind is VerdictKind.PASS


def test_the_doubts_of_the_terms_make_the_doubt_that_was_decided_with():
    measurement, _ = measure(station(), person(36.0))
    assert measurement.u_c == pytest.approx(math.hypot(*(term.u_c for term in measurement.terms)), rel=1e-9)


@pytest.mark.parametrize(
    ("skin_c", "kind"),
    [(37.8, VerdictKind.ALARM), (36.25, VerdictKind.AMBER), (35.8, VerdictKind.PASS), (33.0, VerdictKind.NO_RESULT)],
)
def test_the_rule_decides(skin_c, kind):
    assert measure(station(), person(skin_c))[1].kind is kind


def test_a_suspect_instrument_alarms_where_another_would_hesitate():
    assert measure(station(), person(36.25), strict=True)[1].kind is VerdictKind.ALARM


def test_new_rules_count_at_once():
    place = station()
    place.obey(Rules(version="strict/1", threshold_c=36.5))
    verdict = measure(place, person(36.0))[1]
    assert (verdict.kind, verdict.rule) == (VerdictKind.ALARM, "strict/1")


def test_an_indication_outside_the_calibrated_span_has_numbers_and_no_result():
    paper = certificate(range_low_c=36.0, range_high_c=43.0)
    measurement, verdict = measure(station(), person(36.0), paper=paper)
    assert verdict.kind is VerdictKind.NO_RESULT
    assert verdict.reasons == (Reason.OUT_OF_CALIBRATED_RANGE,)
    assert measurement.skin_c == 36.0


def test_the_baseline_follows_the_passers_and_low_readers_too():
    place = station()
    for number in range(40):
        measurement, _ = measure(place, person(34.3), minutes=number)
    assert measurement.baseline_c < -0.3
    assert measurement.adjusted_c == pytest.approx(measurement.body_c - measurement.baseline_c)


def test_outside_the_calibrated_span_nobody_enters_the_baseline():
    place, paper = station(), certificate(range_low_c=36.0)
    for number in range(40):
        measurement, _ = measure(place, person(34.3), minutes=number, paper=paper)
    assert measurement.baseline_c == 0


def test_cold_outdoors_a_low_reading_is_somebody_not_yet_warm():
    cold = Air(20.0, 0.5, 50.0, outdoor_c=-3.0)
    measurement, verdict = measure(station(), person(33.0, air=cold))
    assert verdict.kind is VerdictKind.NO_RESULT
    assert Reason.UNACCLIMATISED in verdict.reasons
    assert Reason.UNACCLIMATISED in measurement.flags


def test_air_outside_the_fitted_span_is_flagged_and_makes_it_less_sure():
    usual, _ = measure(station(), person(36.0))
    hot, _ = measure(station(), person(36.3, air=Air(33.0, 0.5, 50.0)))
    assert Reason.ENVIRONMENT_OUT_OF_RANGE in hot.flags
    assert "environment" not in [term.name for term in usual.terms]
    assert next(term.u_c for term in hot.terms if term.name == "body") > 0


def test_without_a_reference_it_is_less_sure():
    with_it, _ = measure(station(), person(36.0))
    without, _ = measure(station(), person(36.0, reference_c=None, offset_c=None))
    assert without.u_c > with_it.u_c
    assert without.reference_offset_c is None


def test_without_air_there_is_no_body():
    measurement, verdict = measure(station(), person(36.0, air=Air(None, 0.5, 50.0)))
    assert verdict.reasons == (Reason.AMBIENT_MISSING,)
    assert measurement.skin_c is None


def test_a_refusal_has_its_reason_and_no_number():
    place = station()
    whose = Whose(new_id(START), 2, START)
    measurement, verdict = place.refuse(whose, new_id(START), (Reason.REFERENCE_LOST,), AIR)
    assert (verdict.kind, verdict.reasons) == (VerdictKind.NO_RESULT, (Reason.REFERENCE_LOST,))
    assert measurement.attempt == 2
    assert measurement.skin_c is None
    assert measurement.ambient_c == 23.0


def test_the_measurement_names_gate_instrument_and_configuration():
    given = config(instrument(), radiometry=Radiometry(reflected_c=21.0))
    measurement, _ = measure(Station("one", given), person(36.0))
    assert (measurement.gate, measurement.instrument, measurement.config_version) == ("gate", "one", given.version())


@pytest.mark.parametrize("quarter", range(52))
def test_a_hotter_skin_never_gets_a_cooler_body_or_a_milder_verdict(quarter):
    order = [VerdictKind.NO_RESULT, VerdictKind.PASS, VerdictKind.AMBER, VerdictKind.ALARM]
    cooler, hotter = (measure(station(), person(30.0 + quarter * 0.25 + d)) for d in (0.0, 0.25))
    assert hotter[0].body_c - cooler[0].body_c >= 0.25
    assert order.index(hotter[1].kind) >= order.index(cooler[1].kind)
