"""Messages and certificates as the tests of the contract need them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from contract.calibration import CalibrationPoint, Certificate, Conditions, Correction
from contract.messages import Alert, Measurement, Verdict
from contract.vocabulary import Reason, Site, VerdictKind

MORNING = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)


def certificate(**changes: object) -> Certificate:
    """A sealed certificate of the camera `cam` with serial number 17."""
    plain = Certificate(
        id=UUID(int=1),
        instrument="cam",
        serial="17",
        valid_from=MORNING,
        valid_until=MORNING + timedelta(days=365),
        correction=Correction(
            a_c=0.2662223871833345,
            b=-0.01704609412315946,
            u_a_c=0.06218875289538925,
            u_b=0.005232670456375096,
            cov_ab=-3.4089145930750867e-05,
        ),
        range_low_c=33.0,
        range_high_c=43.0,
        conditions=Conditions(ambient_c=23.0, humidity_pct=50.0, distance_m=1.0),
        as_found=(CalibrationPoint(reference_c=37.0, indicated_c=37.3, n=10, sd_c=0.05),),
        as_left=(CalibrationPoint(reference_c=37.0, indicated_c=37.02, n=10, sd_c=0.05),),
        procedure="cn/4",
        reference_standard="blackbody 4180-9",
        made_by="li",
    )
    return plain.model_copy(update=changes).sealed()


def alert(**changes: object) -> Alert:
    """A febrile person at the dock."""
    measurement = Measurement(
        id=UUID(int=2),
        gate="dock",
        instrument="cam",
        passage=UUID(int=3),
        at=MORNING,
        indicated_c=36.9,
        skin_c=36.8,
        body_c=38.4,
        adjusted_c=38.3,
        u_c=0.3,
        p_fever=0.99,
        site=Site.CANTHUS,
    )
    verdict = Verdict(
        kind=VerdictKind.ALARM, reasons=(Reason.ABOVE_THRESHOLD,), threshold_c=37.3, p_alarm=0.7, rule="cn-37.3/1"
    )
    plain = Alert(id=UUID(int=4), passage=UUID(int=3), raised_at=MORNING, measurement=measurement, verdict=verdict)
    return plain.model_copy(update=changes)
