"""What an instrument showed before anybody touched it: the as-found table of a case, and what it says."""

from dataclasses import dataclass
from typing import Any, Final

from central.instruments.refusal import InstrumentRefused
from contract.calibration import Certificate, correct
from contract.conformity import Zone, can_judge, zone

GAIN_SPAN_C: Final = 7.0
"""34 and 42 °C tell a gain; 34 and 39 do not (`science.md` 5.3)."""
GAIN_PCT: Final = 3.0
"""More is a dirty lens or a fogged window, not an offset."""
PLAUSIBLE_C: Final = (20.0, 50.0)
LARGEST_ERROR_C: Final = 5.0
"""More is a slip of the pen or a broken instrument that needs no table."""


@dataclass(frozen=True, slots=True)
class FoundPoint:
    """One temperature as found, with the certificate in force applied as the gate does."""

    reference_c: float
    reading_c: float

    @property
    def error_c(self) -> float:
        """Reading minus reference."""
        return self.reading_c - self.reference_c


@dataclass(frozen=True, slots=True)
class AsFound:
    """What the instrument showed before anybody touched it."""

    points: tuple[FoundPoint, ...]
    expanded_c: float
    mpe_c: float

    @property
    def error_c(self) -> float:
        """The largest error, with its sign."""
        return max((point.error_c for point in self.points), key=abs)

    @property
    def gain_pct(self) -> float | None:
        """How much too large a difference of temperatures is shown, per cent; None if the points lie too close."""
        x = [point.reference_c for point in self.points]
        if not x or max(x) - min(x) < GAIN_SPAN_C:
            return None
        middle, mean_c = sum(x) / len(x), sum(point.error_c for point in self.points) / len(x)
        spread = sum((value - middle) ** 2 for value in x)
        together = sum((p.reference_c - middle) * (p.error_c - mean_c) for p in self.points)
        return 100 * together / spread

    @property
    def zone(self) -> Zone:
        """Where it lies against the permissible error; as found the guard band is U as well."""
        return zone(self.error_c, self.mpe_c, self.expanded_c)

    @property
    def significant(self) -> bool:
        """Whether people may have been misjudged: |e| > U."""
        return abs(self.error_c) > self.expanded_c


def found_in(certificate: Certificate) -> AsFound:
    """Return what a gate's technician measured before adjusting, read as the gate then read people.

    Raises InstrumentRefused if the certificate does not say it.
    """
    before, expanded_c, mpe_c = certificate.correction_found, certificate.expanded_c, certificate.mpe_c
    if before is None or expanded_c is None or mpe_c is None:
        raise InstrumentRefused("cases.no_points")
    points = tuple(
        FoundPoint(point.reference_c, round(correct(before, point.indicated_c), 4)) for point in certificate.as_found
    )
    return AsFound(points, expanded_c, mpe_c)


def check_found(found: AsFound) -> AsFound:
    """Return what was typed if it can be: raises InstrumentRefused with the likely slip named."""
    if not found.points:
        raise InstrumentRefused("cases.no_points")
    for point in found.points:
        for value in (point.reference_c, point.reading_c):
            if not PLAUSIBLE_C[0] <= value <= PLAUSIBLE_C[1]:
                raise InstrumentRefused(
                    "cases.implausible", value=f"{value:g}", low=PLAUSIBLE_C[0], high=PLAUSIBLE_C[1]
                )
        if abs(point.error_c) > LARGEST_ERROR_C:
            raise InstrumentRefused("cases.error_too_large", error=f"{point.error_c:+.1f}", most=LARGEST_ERROR_C)
    if not 0 < found.expanded_c <= found.mpe_c:
        raise InstrumentRefused("cases.bad_uncertainty", expanded=f"{found.expanded_c:g}")
    if not can_judge(found.mpe_c, found.expanded_c):
        raise InstrumentRefused("cases.poor_reference", expanded=f"{found.expanded_c:g}", mpe=f"{found.mpe_c:g}")
    return found


def as_json(found: AsFound) -> dict[str, Any]:
    """Return what is kept of an as-found table."""
    points = [[point.reference_c, point.reading_c] for point in found.points]
    return {"points": points, "expanded_c": found.expanded_c, "mpe_c": found.mpe_c}
