"""Every vector of the reference code, by name, through the project's own functions, to 1e-6.

The numbers are also written out beside the functions' own tests; here it is seen that none is left out.
"""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from central.instruments.cusum import Design, run
from central.instruments.review import FoundError, Passed, ReviewList, review
from contract.calibration import CalibrationPoint, correct, correction_u_c
from contract.conformity import zone
from contract.vocabulary import Site
from edge.config import Rules
from edge.decide.baseline import Baseline
from edge.decide.rule import p_fever
from edge.measure import spot
from edge.measure.body import SITES, body
from edge.measure.kalman import Noise, OffsetFilter
from edge.measure.radiometry import Path, air_transmittance, plate_apparent, radiance, surface, temperature, through
from edge.technician.fit import fit

START = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)
SITE_NAMES = {
    "canthus": Site.CANTHUS,
    "facemax": Site.FACE_MAX,
    "forehead_max": Site.FOREHEAD_MAX,
    "forehead_spot": Site.FOREHEAD_SPOT,
}


def objects(given):
    return [{**one, "out": _object(**{key: value for key, value in one.items() if key != "out"})} for one in given]


def _object(t_app, eps=0.98, t_refl=23.0, tau_a=1.0, t_atm=23.0, tau_w=1.0, t_w=23.0):
    return surface(through(t_app, Path(air=tau_a, air_c=t_atm, window=tau_w, window_c=t_w)), eps, t_refl)


def baseline(given):
    own, found = Baseline(Rules()), []
    for minute in range(len(given)):
        at = START + timedelta(minutes=minute)
        found.append(own.at(at).offset_c)
        own.take(at, 36.80 + 0.2 + 0.1 * ((minute * 7) % 5 - 2))
    return found


def charts():
    return run(Design(sigma_c=0.08), (0.02, -0.05, 0.04, 0.0, 0.31, 0.28, 0.33, 0.35))


def cusum(_given):
    return [None if chart.flag is None else [chart.flag.side.value, chart.flag.change_point] for chart in charts()]


def offsets(_given):
    followed = OffsetFilter(Noise(q=2e-6, r_n=2.5e-5, c2=4e-4, p_j=0.01))
    steps = ((0.30, 1, 0), (0.31, 1, 0), (0.29, 1, 0), (-1.2, 1, 0), (0.30, 0, 0), (0.45, 1, 1), (0.46, 1, 0))
    return [list(followed.update(y, 1 / 9, valid=bool(valid), shutter=bool(ffc))) for y, valid, ffc in steps]


def fitted():
    pairs = zip((34.0, 37.0, 39.0, 42.0), (34.31, 37.27, 39.22, 42.18), strict=True)
    points = [CalibrationPoint(reference_c=r, indicated_c=i, n=10, sd_c=0.03) for r, i in pairs]
    return fit(points, 0.03, 0.06)


def calibration(_given):
    found, c = fitted(), fitted().correction
    numbers = {"a": c.a_c, "b": c.b, "u_a": c.u_a_c, "u_b": c.u_b, "cov_ab": c.cov_ab}
    return numbers | {"chi2": found.chi2, "dof": found.dof}


def reviewed(_given):
    people = ((1, 37.10, False), (2, 36.80, False), (3, 37.40, False), (4, 37.80, True))
    passed = [Passed(UUID(int=n), t, 0.38, 1.108, 37.3, alarmed) for n, t, alarmed in people]
    lists = review(passed, FoundError(-0.30, 0.08))
    return [
        [f"p{one.passage.int}", one.list.value, round(one.corrected_c, 3), round(one.p, 3)]
        for one in lists
        if one.list is not ReviewList.EXTENDED  # the reference knows no extended list
    ]


OURS = {
    "S": lambda given: {t: radiance(float(t)) for t in given},
    "Sinv_of_S36": lambda _: temperature(radiance(36.0)),
    "tau_1m_23C_50rh": lambda _: air_transmittance(1.0, 23.0, 50.0),
    "tau_2m_30C_80rh": lambda _: air_transmittance(2.0, 30.0, 80.0),
    "object": objects,
    "plate_apparent_36_0.96_20": lambda _: plate_apparent(36.0, 0.96, 20.0),
    "spot": lambda given: {mm: spot.correct(35.0, 23.0, float(mm)) for mm in given},
    "body": lambda given: {name: body(35.6, 23.0, SITES[SITE_NAMES[name]].k) for name in given},
    "p_exceed": lambda given: {t: p_fever(float(t), 0.38, 37.3) for t in given},
    "baseline": baseline,
    "cusum": cusum,
    "cusum_state": lambda _: [charts()[-1].high, charts()[-1].low],
    "bb": offsets,
    "calib": calibration,
    "corrected_36.5": lambda _: correct(fitted().correction, 36.5),
    "u_corr_36.5": lambda _: correction_u_c(fitted().correction, 36.5),
    "conformity": lambda given: {e: zone(float(e), 0.5, 0.15).value.upper() for e in given},
    "review": reviewed,
}


@pytest.fixture(scope="module")
def vectors(shared_data):
    path = shared_data.parent / "science" / "vectors.json"
    if not path.is_file():
        pytest.skip("the reference vectors are not here")
    return json.loads(path.read_text(encoding="utf-8"))


def test_no_vector_is_left_out(vectors):
    assert set(vectors) == set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_the_project_agrees_with_the_vector(vectors, name):
    assert _flat(OURS[name](vectors[name])) == pytest.approx(_flat(vectors[name]), abs=1e-6)


def _flat(value, at=""):
    """Return the leaves of nested lists and objects by their place; what is no number compares as it is."""
    if isinstance(value, dict | list | tuple):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        return {place: leaf for key, part in parts for place, leaf in _flat(part, f"{at}/{key}").items()}
    return {at: value}
