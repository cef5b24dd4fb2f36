from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.ids import new_id
from contract.vocabulary import Scale
from edge.config import ContactThermometer
from edge.kiosk.second import SCALES, FormRefused, SecondForm, read_name, read_second, read_value
from tests.conftest import FakeClock


@pytest.mark.parametrize(
    ("typed", "value_c"),
    [
        ("36.8", 36.8),
        ("37,2", 37.2),
        ("３７。２", 37.2),
        (" 38 ", 38.0),
        ("36.85 °C", 36.85),
        ("30", 30.0),
        ("45", 45.0),
    ],
)
def test_a_body_temperature_is_read_as_it_was_typed(typed: str, value_c: float) -> None:
    assert read_value(typed) == value_c


@pytest.mark.parametrize(
    ("typed", "key", "meant"),
    [
        ("73", "swapped", "37"),
        ("73.2", "swapped", "37.2"),
        ("63.5", "swapped", "36.5"),
        ("368", "no_point", "36.8"),
        ("372.5", "no_point", "37.2"),
        ("98.6", "fahrenheit", "37.0"),
        ("101.3", "fahrenheit", "38.5"),
        ("12", "impossible", None),
        ("29.9", "impossible", None),
        ("9999", "impossible", None),
        ("", "not_a_number", None),
        ("warm", "not_a_number", None),
        ("-36", "not_a_number", None),
        ("36.8.2", "not_a_number", None),
        ("nan", "not_a_number", None),
        ("1e2", "not_a_number", None),
    ],
)
def test_what_cannot_be_one_is_refused_with_the_likeliest_mistake(typed: str, key: str, meant: str | None) -> None:
    with pytest.raises(FormRefused) as refused:
        read_value(typed)
    assert refused.value.key == f"kiosk.second.{key}"
    assert refused.value.values.get("meant") == meant


@given(st.text(max_size=12))
def test_no_text_is_ever_corrected_into_a_value(typed: str) -> None:
    """What comes back is what stands there, never a guess."""
    try:
        value_c = read_value(typed)
    except FormRefused:
        return
    assert 30 <= value_c <= 45


def a_form(**changes: str) -> SecondForm:
    return SecondForm(**{"value": "37.9", "scale": "axillary", "thermometer": " T-07 ", "by": " 王芳 ", **changes})


def test_a_form_becomes_a_measurement_with_its_thermometers_calibration(clock: FakeClock) -> None:
    at = clock.now().at
    due = at + timedelta(days=9)
    known = (ContactThermometer(id="T-07", calibrated_until=due),)
    key, passage = new_id(at), new_id(at)
    body = read_second(a_form(), known, id=key, passage=passage, alert=None, at=at, audit=True)
    assert (body.id, body.passage, body.alert, body.at) == (key, passage, None, at)
    assert (body.value_c, body.scale, body.thermometer) == (37.9, Scale.AXILLARY, "T-07")
    assert (body.calibrated_until, body.measured_by, body.audit) == (due, "王芳", True)


def test_an_unlisted_thermometer_is_taken_without_a_calibration(clock: FakeClock) -> None:
    at = clock.now().at
    body = read_second(
        a_form(thermometer="新买的"), (), id=new_id(at), passage=new_id(at), alert=None, at=at, audit=False
    )
    assert (body.thermometer, body.calibrated_until) == ("新买的", None)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"thermometer": " "}, "kiosk.second.no_thermometer"),
        ({"scale": ""}, "kiosk.second.no_scale"),
        ({"scale": "oral_equivalent"}, "kiosk.second.no_scale"),
        ({"by": " "}, "kiosk.no_name"),
    ],
)
def test_what_is_missing_is_asked_for(clock: FakeClock, changes: dict[str, str], key: str) -> None:
    at = clock.now().at
    with pytest.raises(FormRefused) as refused:
        read_second(a_form(**changes), (), id=new_id(at), passage=new_id(at), alert=None, at=at, audit=False)
    assert refused.value.key == key


def test_every_scale_offered_is_one_of_a_contact_thermometer() -> None:
    assert Scale.ORAL_EQUIVALENT not in SCALES
    assert read_name("  li   qiang ") == "li qiang"
