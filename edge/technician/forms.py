"""What a technician types to begin a check or a calibration, and what is refused of it."""

from dataclasses import dataclass

from edge.technician import check
from edge.technician.check import CheckRefused
from edge.technician.stand import BenchRefused


@dataclass(frozen=True, slots=True)
class CheckForm:
    """What a check is begun with."""

    by: str
    plate_c: float | None = None


@dataclass(frozen=True, slots=True)
class CalibrationForm:
    """What a calibration is begun with."""

    by: str
    profile: str
    checked_by: str = ""
    reference_u_c: float | None = None
    reference_certificate: str = ""
    resolution_c: float | None = None


@dataclass(frozen=True, slots=True)
class LinearityForm:
    """What a linearity sweep is begun with."""

    by: str


@dataclass(frozen=True, slots=True)
class AbandonForm:
    """An unfinished calibration is given up."""

    by: str


Form = CheckForm | CalibrationForm | LinearityForm | AbandonForm


def plate_temperature(typed_c: float) -> float:
    """Return a typed plate temperature. Raises BenchRefused with the likely slip."""
    try:
        return check.plausible_reference(typed_c)
    except CheckRefused as refused:
        if refused.meant:
            raise BenchRefused("technician.refused.plate_meant", typed=f"{typed_c:g}", meant=refused.meant) from refused
        low, high = check.PLAUSIBLE_C
        values = {"typed": f"{typed_c:g}", "low": f"{low:g}", "high": f"{high:g}"}
        raise BenchRefused("technician.refused.plate", **values) from refused
