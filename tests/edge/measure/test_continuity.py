"""Is it still the person who was measured?"""

from contract.vocabulary import Site
from edge.measure.continuity import COOLER_C, HOTTER_C, Continuity

STEP_S = 0.11
DECIDED_C = 35.0


def denied(values_c, site=Site.FACE_MAX):
    """Return after how many frames a person measured at DECIDED_C is denied; None if never."""
    look = Continuity(Site.FACE_MAX, DECIDED_C)
    return next((n for n, c in enumerate(values_c, 1) if look.denies(n * STEP_S, site, c)), None)


def test_somebody_who_stands_on_stays_the_same():
    assert denied([35.2, 34.8, 34.6, 35.1, 34.4, 34.9] * 20) is None


def test_a_fever_that_steps_into_the_place_is_another_within_half_a_second():
    assert denied([36.6] * 9) == 5


def test_a_well_person_in_the_place_of_a_fever_is_another():
    assert denied([DECIDED_C - COOLER_C - 0.1] * 9) == 5


def test_a_breath_or_a_turn_is_not():
    dip = [DECIDED_C - COOLER_C - 0.5] * 3
    assert denied([*dip, 34.8, *dip, 34.9] * 5) is None


def test_hotter_denies_sooner_than_cooler():
    assert HOTTER_C < COOLER_C
    assert denied([35.6] * 9) is not None
    assert denied([34.4] * 9) is None


def test_another_site_cannot_be_compared():
    assert denied([33.0] * 9, Site.FOREHEAD_MAX) is None
