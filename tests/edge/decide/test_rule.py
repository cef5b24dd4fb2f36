"""The fever rule: vectors, edges, and the honesty that no setting can take away."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.vocabulary import Reason, Site, VerdictKind
from edge.config import Rules
from edge.decide.rule import decide, p_fever
from edge.measure.body import SITES, body
from edge.measure.budget import Reading, budget

RULES = Rules()
CAUTION = {VerdictKind.PASS: 0, VerdictKind.AMBER: 1, VerdictKind.ALARM: 2}

rules = st.tuples(st.floats(36.5, 38.5), st.floats(0.05, 0.95), st.floats(0.5, 0.95)).map(
    lambda t: Rules(threshold_c=t[0], p_amber=min(t[1], t[2]), p_alarm=t[2])
)
temperatures = st.floats(35.3, 43)
uncertainties = st.floats(0.01, 3)


@pytest.mark.parametrize(
    ("adjusted_c", "expected"),
    [(36.8, 0.09412235664115826), (37.3, 0.5), (37.5, 0.70066559287112), (38.0, 0.9672701229503411)],
)
def test_probability_matches_the_vectors(adjusted_c, expected):
    assert p_fever(adjusted_c, 0.38, 37.3) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("adjusted_c", "kind", "reason"),
    [
        (36.8, VerdictKind.PASS, None),
        (37.29, VerdictKind.PASS, None),
        (37.31, VerdictKind.AMBER, Reason.NEAR_THRESHOLD),
        (37.49, VerdictKind.AMBER, Reason.NEAR_THRESHOLD),
        (37.51, VerdictKind.ALARM, Reason.ABOVE_THRESHOLD),
        (35.29, VerdictKind.NO_RESULT, Reason.TOO_COLD),
    ],
)
def test_the_default_rule_at_the_canthus(adjusted_c, kind, reason):
    verdict = decide(RULES, adjusted_c, 0.38)
    assert verdict.kind is kind
    assert verdict.reasons == ((reason,) if reason else ())
    assert (verdict.threshold_c, verdict.rule) == (37.3, RULES.version)


@pytest.mark.parametrize("adjusted_c", [None, math.nan, math.inf, -math.inf])
def test_without_a_number_there_is_no_result(adjusted_c):
    verdict = decide(RULES, adjusted_c, 0.38)
    assert (verdict.kind, verdict.reasons) == (VerdictKind.NO_RESULT, (Reason.INCOMPLETE,))


@pytest.mark.parametrize("u_c", [None, math.nan, math.inf, 0.0, -0.1])
def test_without_its_uncertainty_there_is_no_result(u_c):
    verdict = decide(RULES, 39.5, u_c)
    assert (verdict.kind, verdict.reasons) == (VerdictKind.NO_RESULT, (Reason.INCOMPLETE,))


@given(temperatures, uncertainties, st.sampled_from(Reason))
def test_a_refusal_is_never_overruled_by_a_number(adjusted_c, u_c, reason):
    verdict = decide(RULES, adjusted_c, u_c, refusals=[reason], qualifiers=[Reason.GLASSES])
    assert verdict.kind is VerdictKind.NO_RESULT
    assert verdict.reasons[0] is reason


@pytest.mark.parametrize("reason", [Reason.UNACCLIMATISED, Reason.GROUP_COLD])
def test_a_cold_face_does_not_pass_and_a_hot_one_still_alarms(reason):
    assert decide(RULES, 36.8, 0.38, qualifiers=[reason]).kind is VerdictKind.NO_RESULT
    assert decide(RULES, 38.5, 0.38, qualifiers=[reason]).kind is VerdictKind.ALARM
    assert reason in decide(RULES, 38.5, 0.38, qualifiers=[reason]).reasons


def test_a_suspect_instrument_treats_amber_as_alarm():
    assert decide(RULES, 37.35, 0.38, strict=True).kind is VerdictKind.ALARM
    assert decide(RULES, 37.2, 0.38, strict=True).kind is VerdictKind.PASS


@given(rules, temperatures, st.floats(0, 5), uncertainties, st.booleans())
def test_hotter_never_lowers_the_verdict(policy, adjusted_c, rise_c, u_c, strict):
    cooler = decide(policy, adjusted_c, u_c, strict=strict)
    hotter = decide(policy, adjusted_c + rise_c, u_c, strict=strict)
    assert CAUTION[hotter.kind] >= CAUTION[cooler.kind]


@given(rules, st.floats(25, 43), uncertainties, uncertainties)
def test_a_larger_uncertainty_never_turns_anything_into_a_pass(policy, adjusted_c, u_c, more_c):
    surer = decide(policy, adjusted_c, u_c)
    less_sure = decide(policy, adjusted_c, u_c + more_c)
    if less_sure.kind is VerdictKind.PASS:
        assert surer.kind is VerdictKind.PASS


@given(rules, st.floats(25, 43), uncertainties)
def test_strictness_never_makes_a_verdict_milder(policy, adjusted_c, u_c):
    plain, strict = (decide(policy, adjusted_c, u_c, strict=s) for s in (False, True))
    assert plain.kind is strict.kind or CAUTION[strict.kind] > CAUTION[plain.kind]


@given(st.sampled_from(Site), st.floats(33, 43), st.floats(0.05, 5), st.floats(10, 32), st.booleans(), st.booleans())
def test_hotter_skin_never_lowers_the_verdict_through_the_whole_way(
    site, skin_c, rise_c, ambient_c, has_reference, settled
):
    def verdict(value_c):
        reading = Reading(value_c, ambient_c, ambient_c, reference_c=36.0 if has_reference else None)
        u_c = budget(reading, SITES[site]).u_c(settled=settled)
        return decide(RULES, body(value_c, ambient_c, SITES[site].k), u_c)

    cooler, hotter = verdict(skin_c), verdict(skin_c + rise_c)
    if cooler.kind is not VerdictKind.NO_RESULT:
        assert CAUTION[hotter.kind] >= CAUTION[cooler.kind]
