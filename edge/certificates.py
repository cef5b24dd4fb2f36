"""Which certificate is in force for an instrument: pure, and asked again as time passes.

Those that central has sent come before the one in the configuration, the newest first. The first that may be applied
now is in force; if none may, the newest goes to the lane all the same, so that the screen says what is wrong with it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from contract.calibration import Certificate, refusal
from contract.signing import Trust
from edge.config import ConfigRefused, Instrument, InstrumentRole

LOCALE: Final = Path(__file__).parent / "kiosk" / "locale"
"""Where the sentences for a `Doubt` stand: `technician.door.<doubt>`."""
LEAST_RANGE_C: Final = (34.0, 39.0)
"""What a certificate must at least cover to serve for people (`science.md` 2.1, the narrowest profile)."""


def in_force(
    instrument: Instrument, sent: Sequence[Certificate], own: Certificate | None, at: datetime
) -> Certificate | None:
    """Return the certificate to apply to an instrument at a moment; `sent` is ordered, the newest first."""
    known = [*sent, *([own] if own else [])]
    superseded = {certificate.supersedes for certificate in known if _applies(instrument, certificate, at)}
    for certificate in known:
        if certificate.id not in superseded and _applies(instrument, certificate, at):
            return certificate
    return known[0] if known else None


def believing(trust: Trust) -> Callable[[Certificate], bool]:
    """Return whether a certificate is believed: with no keys every one that is whole, else only signed ones."""
    return trust.vouches_for if len(trust) else lambda _: True


class Doubt(StrEnum):
    """Why a certificate is turned away at the gate's door."""

    ALTERED = "altered"
    UNSIGNED = "unsigned"
    UNKNOWN_INSTRUMENT = "unknown_instrument"
    OTHER_SERIAL = "other_serial"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    RANGE = "range"


def doubt(
    certificate: Certificate, instrument: Instrument | None, trusts: Callable[[Certificate], bool], at: datetime
) -> tuple[Doubt, str] | None:
    """Return why a certificate that arrives is not even kept, and the sentence for the log; None if it is let in.

    One that is not valid yet is let in and waits for its day.
    """
    name = f"certificate {certificate.id} of {certificate.instrument}"
    if certificate.sha256 != certificate.digest():
        return Doubt.ALTERED, f"{name} does not match its digest, it was changed on the way: have it sent again"
    if not trusts(certificate):
        return Doubt.UNSIGNED, untrusted(certificate)
    if instrument is None or instrument.role is not InstrumentRole.SCREEN:
        return Doubt.UNKNOWN_INSTRUMENT, f"{name}: this gate screens with no instrument of that name"
    return _unfit(certificate, instrument, at, name)


def superseded(certificate: Certificate, known: Sequence[Certificate]) -> tuple[Doubt, str] | None:
    """Return why a certificate that arrives comes too late, and the sentence for the log; None if it does not."""
    later = next((one for one in known if one.supersedes == certificate.id), None)
    if later is None:
        return None
    name = f"certificate {certificate.id} of {certificate.instrument}"
    return (
        Doubt.SUPERSEDED,
        f"{name} is superseded by {later.id} of {later.valid_from:%Y-%m-%d}, which is here: nothing to do",
    )


def _unfit(certificate: Certificate, instrument: Instrument, at: datetime, name: str) -> tuple[Doubt, str] | None:
    if certificate.serial != instrument.serial:
        here = f"serial {certificate.serial}, and {instrument.serial} stands here"
        return Doubt.OTHER_SERIAL, f"{name} is for {here}: calibrate the one that is here, or correct its serial"
    if at >= certificate.valid_until:
        return Doubt.EXPIRED, f"{name} expired at {certificate.valid_until:%Y-%m-%d %H:%M} UTC: have a new one made"
    low_c, high_c = certificate.range_low_c, certificate.range_high_c
    if not (low_c <= LEAST_RANGE_C[0] and LEAST_RANGE_C[1] <= high_c):
        least = f"{LEAST_RANGE_C[0]:g} to {LEAST_RANGE_C[1]:g} degC"
        return Doubt.RANGE, f"{name} holds from {low_c:g} to {high_c:g} degC, but people need {least}: calibrate wider"
    return None


def untrusted(certificate: Certificate) -> str:
    """Return the sentence that refuses a certificate which nobody whom this gate trusts has signed."""
    who = f"the key {certificate.signer}, which is not among trust.keys" if certificate.signer else "nobody"
    return (
        f"certificate {certificate.id} of {certificate.instrument} is signed by {who}, or was changed afterwards: have"
        " an expert sign it, or add the expert's public key to trust.keys"
    )


def load(path: Path) -> Certificate:
    """Read a certificate's JSON file. Raises ConfigRefused."""
    try:
        return Certificate.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigRefused(f"cannot read the certificate {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise ConfigRefused(f"{path} is no certificate: {where}: {first['msg']}") from error


def _applies(instrument: Instrument, certificate: Certificate, at: datetime) -> bool:
    return refusal(certificate, instrument.id, instrument.serial, at) is None
