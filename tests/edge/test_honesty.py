"""Nothing pulls a fever towards 37: from what the instrument indicates to the verdict (`science.md` 3.4).

Any air, site, offset, certificate and doubt that a gate may meet; the steps are the real ones, one after the other.
"""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contract.calibration import Correction
from contract.ids import new_id
from contract.vocabulary import Site, VerdictKind
from edge.config import Gate, GateConfig, Instrument
from edge.decide.station import PersonValue, Station, Whose
from edge.events import Air
from edge.measure.chain import Chain, Conditions
from edge.measure.radiometry import Path
from edge.measure.skin import Skin, Surface, skin
from tests.edge.scenarios.rig import START, certificate

CAUTION = {VerdictKind.PASS: 0, VerdictKind.AMBER: 1, VerdictKind.ALARM: 2}
CERTIFICATE = certificate(range_low_c=20.0, range_high_c=50.0)

gates = st.fixed_dictionaries(
    {
        "site": st.sampled_from([site for site in Site if site is not Site.COMBINED]),
        "air_c": st.floats(10, 35),
        "u_air_c": st.floats(0.1, 3),
        "offset_c": st.floats(-2, 2),
        "reference": st.booleans(),
        "mm_per_px": st.floats(0.5, 30),
        "device": st.floats(0.9, 1),
        "gain": st.floats(-0.04, 0.04),
        "window": st.floats(0.8, 1),
        "before": st.lists(st.floats(35.5, 39.5), max_size=40),
    }
)


def skin_of(gate, indicated_c):
    """Return the skin temperature that this gate makes of an indication."""
    correction = Correction(a_c=0.1, b=gate["gain"], u_a_c=0.06, u_b=0.005)
    path = Path(air=0.99, air_c=gate["air_c"], window=gate["window"], window_c=gate["air_c"])
    chain = Chain(Conditions(gate["device"], gate["air_c"], correction, path))
    surface = Surface(0.98, gate["air_c"], gate["air_c"], gate["mm_per_px"])
    found = skin(gate["site"], indicated_c, chain, gate["offset_c"] if gate["reference"] else None, surface)
    assert found is not None
    return found


def judged(gate, skin_, u_more=1.0):
    """Return measurement and verdict of somebody who comes after `before`; `u_more` multiplies every doubt."""
    instrument = Instrument(id="lane-1", driver="lepton_y16", link="replay:///bench")
    config = GateConfig(gate=Gate(id="bench", name_zh="台架", name_en="Bench"), instruments=(instrument,))
    station = Station("lane-1", config)
    k = config.sites.at(gate["site"]).k
    for number, body_c in enumerate(gate["before"]):
        before = Skin(gate["site"], 36.0, (body_c + k * gate["air_c"]) / (1 + k), (), 0.0)
        _measure(station, gate, before, 1.0, number)
    return _measure(station, gate, skin_, u_more, len(gate["before"]))


def _measure(station, gate, skin_, u_more, number):
    at = START + timedelta(seconds=20 * number)
    value = PersonValue(
        skin=skin_,
        air=Air(gate["air_c"], gate["u_air_c"] * u_more, 50.0),
        frames_used=5,
        spread_c=0.1 * u_more,
        reference_c=36.0 if gate["reference"] else None,
        reference_u_c=0.1 * u_more,
        filter_u_c=0.02 * u_more,
        offset_c=gate["offset_c"] if gate["reference"] else None,
        reflected_c=None,
    )
    return station.measure(Whose(UUID(int=number + 1), 1, at), new_id(at), value, CERTIFICATE)


@given(gates, st.floats(30, 43), st.floats(0.05, 5))
def test_body_rises_at_least_as_fast_as_skin_and_skin_with_what_is_indicated(gate, indicated_c, rise_c):
    cooler, hotter = (skin_of(gate, value) for value in (indicated_c, indicated_c + rise_c))
    assert hotter.skin_c > cooler.skin_c
    one, other = (judged(gate, value)[0] for value in (cooler, hotter))
    assert other.body_c - one.body_c >= (hotter.skin_c - cooler.skin_c) * (1 - 1e-9)
    assert other.adjusted_c - one.adjusted_c >= (hotter.skin_c - cooler.skin_c) * (1 - 1e-9)


@given(gates, st.floats(30, 43), st.floats(-3, 3))
def test_no_step_knows_37(gate, indicated_c, step_c):
    """The same difference gives the same difference: only a curve that bends near 37 could do otherwise.

    Radiance goes with about T^4.5, so what a window of 0.8 and a small site took is undone with a bend of its own: at
    the corners of `gates` 0.0055 per °C. A pull of a tenth of the way to 37 would bend by 0.1 of the step.
    """
    low, middle, high = (skin_of(gate, indicated_c + n * step_c).skin_c for n in range(3))
    bend_c = abs((high - middle) - (middle - low))
    assert bend_c <= 0.006 * step_c**2 + 1e-9


@given(gates, st.floats(30, 43), st.floats(0.0, 5))
def test_hotter_never_gets_a_milder_verdict(gate, indicated_c, rise_c):
    cooler, hotter = (judged(gate, skin_of(gate, value))[1].kind for value in (indicated_c, indicated_c + rise_c))
    if cooler is not VerdictKind.NO_RESULT:
        assert CAUTION[hotter] >= CAUTION[cooler]


@given(gates, st.floats(30, 43), st.floats(1, 20))
def test_less_sure_never_turns_anything_into_a_pass(gate, indicated_c, u_more):
    found = skin_of(gate, indicated_c)
    surer, less_sure = (judged(gate, found, more) for more in (1.0, u_more))
    assert less_sure[0].u_c >= surer[0].u_c
    if less_sure[1].kind is VerdictKind.PASS:
        assert surer[1].kind is VerdictKind.PASS
