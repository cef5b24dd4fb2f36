from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.calibration import Certificate, Correction, correct, correction_u_c, in_range, refusal
from contract.vocabulary import Reason
from tests.contract.samples import MORNING, certificate

NOON = MORNING + timedelta(hours=4)


def test_the_correction_gives_the_reference_numbers():
    correction = certificate().correction
    assert correct(correction, 36.5) == pytest.approx(36.22525456575509, abs=1e-12)
    assert correction_u_c(correction, 36.5) == pytest.approx(0.06251700042900964, abs=1e-12)


def test_a_frame_is_corrected_as_each_of_its_pixels():
    correction = certificate().correction
    frame = np.array([[30.0, 36.5], [37.0, 42.0]], dtype=np.float32)
    corrected = correct(correction, frame)
    assert corrected.dtype == np.float32
    assert corrected == pytest.approx(
        np.array([[correct(correction, float(t)) for t in row] for row in frame]), abs=1e-5
    )


@given(st.floats(30, 43), st.floats(30, 43))
def test_a_correction_that_calibrates_keeps_the_order_of_temperatures(one, other):
    correction = certificate().correction
    assert (one < other) <= (correct(correction, one) <= correct(correction, other))


def test_a_good_certificate_is_not_refused():
    assert refusal(certificate(), "cam", "17", NOON) is None


@pytest.mark.parametrize(
    ("given_", "instrument", "serial", "at", "reason"),
    [
        (None, "cam", "17", NOON, Reason.NO_CERTIFICATE),
        (certificate(), "other", "17", NOON, Reason.CERTIFICATE_OTHER_INSTRUMENT),
        (certificate(), "cam", "18", NOON, Reason.CERTIFICATE_OTHER_INSTRUMENT),
        (certificate(), "cam", "17", MORNING - timedelta(seconds=1), Reason.CERTIFICATE_NOT_YET_VALID),
        (certificate(), "cam", "17", MORNING + timedelta(days=365), Reason.CERTIFICATE_EXPIRED),
        (certificate().model_copy(update={"serial": "18"}), "cam", "18", NOON, Reason.CERTIFICATE_TAMPERED),
        (certificate().model_copy(update={"sha256": ""}), "cam", "17", NOON, Reason.CERTIFICATE_TAMPERED),
    ],
)
def test_a_certificate_that_may_not_be_applied_says_why(given_, instrument, serial, at, reason):
    assert refusal(given_, instrument, serial, at) is reason


def test_a_certificate_holds_until_the_last_moment_and_from_the_first():
    assert refusal(certificate(), "cam", "17", MORNING) is None
    assert refusal(certificate(), "cam", "17", MORNING + timedelta(days=365, microseconds=-1)) is None


def test_no_single_flipped_bit_goes_unnoticed():
    """Each bit of the stored text: unreadable, refused, or (a bit in an unused optional key) the very same content."""
    good = certificate()
    text = good.model_dump_json().encode()
    refused = 0
    for place in range(len(text)):
        for bit in range(8):
            damaged = bytearray(text)
            damaged[place] ^= 1 << bit
            try:
                read = Certificate.model_validate_json(bytes(damaged))
            except ValidationError:
                continue
            if refusal(read, read.instrument, read.serial, NOON) is Reason.CERTIFICATE_TAMPERED:
                refused += 1
            else:
                assert read == good
    assert refused > 1000


def test_a_field_of_a_later_version_leaves_older_certificates_valid():
    class Later(Certificate):
        moon_phase: str = ""

    stored = certificate().model_dump_json()
    assert refusal(Later.model_validate_json(stored), "cam", "17", NOON) is None


def test_a_later_version_cannot_slip_content_past_an_older_reader():
    class Later(Certificate):
        moon_phase: str = ""

    made = Later(**certificate().model_dump() | {"moon_phase": "west", "sha256": ""}).sealed()
    read = Certificate.model_validate_json(made.model_dump_json())
    assert refusal(read, "cam", "17", NOON) is Reason.CERTIFICATE_TAMPERED


def test_the_calibrated_range_includes_its_ends():
    assert [in_range(certificate(), t) for t in (32.999, 33.0, 43.0, 43.001)] == [False, True, True, False]


def test_dates_without_a_zone_are_refused():
    with pytest.raises(ValidationError, match="time zone"):
        Certificate.model_validate(certificate().model_dump() | {"valid_from": "2026-01-24T08:00:00"})


def test_a_negative_uncertainty_is_refused():
    with pytest.raises(ValidationError):
        Correction(a_c=0, b=0, u_a_c=-0.1, u_b=0)
