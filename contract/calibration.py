"""The certificate of an instrument and the one pure correction both ends apply (`science.md` 2.1, 2.4).

A calibration is data, dated and bounded, and it fails closed: outside its dates, for another serial number, or
with a changed byte it is refused with a reason, and the gate then decides nothing with that instrument.
"""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from contract.ids import Slug
from contract.vocabulary import Reason

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PIVOT_C: Final = 37.0
"""The gain term turns about the decision temperature, so an error in it matters least where it counts most."""

Celsius = TypeVar("Celsius", float, "NDArray[np.float32]")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Correction(_Record):
    """Error of indication `e(T) = a + b (T - 37)`, in °C; corrected = indicated - e."""

    a_c: float
    b: float
    u_a_c: Annotated[float, Field(ge=0)]
    u_b: Annotated[float, Field(ge=0)]
    cov_ab: float = 0.0


class CalibrationPoint(_Record):
    """One temperature of a calibration run."""

    reference_c: float
    indicated_c: float
    n: Annotated[int, Field(ge=1)]
    sd_c: Annotated[float, Field(ge=0)]


class Conditions(_Record):
    """The room in which the calibration was done."""

    ambient_c: float
    humidity_pct: float | None = None
    reflected_c: float | None = None
    distance_m: float | None = None
    emissivity: float = 1.0


class Certificate(_Record):
    """A calibration of one instrument: what was found, what is to be applied, by whom, until when."""

    id: UUID
    instrument: Slug
    serial: str
    valid_from: datetime
    valid_until: datetime
    correction: Correction
    correction_found: Correction | None = None
    """In force until now: people were read with it, so the error as found is what it left."""
    range_low_c: float
    range_high_c: float
    conditions: Conditions
    as_found: tuple[CalibrationPoint, ...] = ()
    as_left: tuple[CalibrationPoint, ...] = ()
    procedure: str
    reference_standard: str
    made_by: str
    checked_by: str | None = None
    supersedes: UUID | None = None
    simulated: bool = False
    laboratory: str = ""
    place: str = ""
    customer: str = ""
    model: str = ""
    """Maker, model and firmware of the instrument."""
    calibrated_at: datetime | None = None
    reference_certificate: str = ""
    """Number of the standard's own certificate: the next link of the traceability chain."""
    expanded_c: float | None = None
    """Expanded uncertainty of an error, k=2."""
    profile: str = ""
    mpe_c: float | None = None
    """Maximum permissible error of the profile; the guard band is `expanded_c`."""
    sha256: str = ""
    """Digest of every other field but the signature; empty only while the certificate is being made."""
    signer: str = ""
    """Key id of whoever signed the digest, see `contract.signing`; part of what is digested."""
    signature: str = ""
    """Ed25519 signature of the digest, base64."""

    @field_validator("valid_from", "valid_until")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("a certificate's dates need a time zone, e.g. 2026-11-23T08:00:00Z")
        return value

    def digest(self) -> str:
        """Return the SHA-256 of the certificate's content without the digest itself and its signature.

        Fields at their defaults do not count, so that a field added by a later version leaves every certificate that
        does not use it valid.
        """
        content = self.model_copy(update={"sha256": "", "signature": ""}).model_dump_json(exclude_defaults=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def sealed(self) -> "Certificate":
        """Return the certificate with its digest filled in."""
        return self.model_copy(update={"sha256": self.digest()})


def refusal(certificate: Certificate | None, instrument: str, serial: str, at: datetime) -> Reason | None:
    """Return why `certificate` may not be applied to this instrument at this moment, or None if it may."""
    if certificate is None:
        return Reason.NO_CERTIFICATE
    if certificate.sha256 != certificate.digest():
        return Reason.CERTIFICATE_TAMPERED
    if (certificate.instrument, certificate.serial) != (instrument, serial):
        return Reason.CERTIFICATE_OTHER_INSTRUMENT
    if at < certificate.valid_from:
        return Reason.CERTIFICATE_NOT_YET_VALID
    if at >= certificate.valid_until:
        return Reason.CERTIFICATE_EXPIRED
    return None


def correct(correction: Correction, indicated_c: Celsius) -> Celsius:
    """Return the indication less its error, in °C, for one value or a whole frame (`science.md` 2.1)."""
    return indicated_c - (correction.a_c + correction.b * (indicated_c - PIVOT_C))


def correction_u_c(correction: Correction, indicated_c: float) -> float:
    """Return the standard uncertainty of the correction at one indication, in °C (`science.md` 2.1)."""
    x = indicated_c - PIVOT_C
    variance = correction.u_a_c**2 + 2 * x * correction.cov_ab + x * x * correction.u_b**2
    return float(variance**0.5)


def in_range(certificate: Certificate, indicated_c: float) -> bool:
    """Say whether an indication lies in the span that was calibrated."""
    return certificate.range_low_c <= indicated_c <= certificate.range_high_c
