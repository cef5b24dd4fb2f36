"""Which certificate is in force for an instrument: pure, and asked again as time passes.

Those that central has sent come before the one in the configuration, the newest first. The first that may be applied
now is in force; if none may, the newest goes to the lane all the same, so that the screen says what is wrong with it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from contract.calibration import Certificate, refusal
from contract.signing import Trust
from edge.config import ConfigRefused, Instrument


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
