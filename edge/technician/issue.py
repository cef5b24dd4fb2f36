"""From a finished run to the certificate that it has earned (`science.md` 2.3, 2.4; ISO/IEC 17025 7.8).

Only a run in which every point as left lies in zone PASS, with guard band w = U, makes a certificate. It is signed
where the gate has a key; a gate that trusts keys would not apply it otherwise.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contract.calibration import Certificate
from contract.signing import sign
from edge.technician.run import Phase, Reference, Run, RunRefused

METHOD: Final = "guankou-bench/1"
EXTENDED_C: Final = (6.0, 1.0)
"""How far below and above its points a certificate holds: foreheads in the cold are below every profile's points. The
uncertainty of the gain grows with it (`contract.calibration.correction_u_c`)."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What a certificate says that the run does not know."""

    laboratory: str
    place: str
    model: str
    simulated: bool
    valid_d: float
    pace: float
    key: Ed25519PrivateKey | None


def certificate(
    run: Run,
    head: Letterhead,
    *,
    name: UUID,
    checked_by: str | None,
    supersedes: UUID | None,
    at: datetime,
) -> Certificate:
    """Return the sealed (and signed) certificate of a run. Raises RunRefused if it has not earned one.

    `name` is its id.
    """
    if run.adjusted is None or not run.conforms:
        raise RunRefused("only a run whose points as left all conform makes a certificate")
    if not run.can_judge():
        raise RunRefused("the reference is too poor to judge conformity")
    started, points = run.started, run.profile.points_c
    rehearsed = f", rehearsed at {head.pace:g} times its speed" if head.pace > 1 else ""
    made = Certificate(
        id=name,
        instrument=started.instrument,
        serial=started.serial,
        valid_from=at,
        valid_until=at + timedelta(days=head.valid_d),
        correction=run.adjusted.correction,
        correction_found=started.correction_in_force,
        range_low_c=min(points) - EXTENDED_C[0],
        range_high_c=max(points) + EXTENDED_C[1],
        conditions=started.conditions,
        as_found=run.points(Phase.AS_FOUND),
        as_left=run.points(Phase.AS_LEFT),
        procedure=METHOD + rehearsed,
        reference_standard=_standard(started.reference),
        made_by=started.by,
        checked_by=checked_by,
        supersedes=supersedes,
        simulated=head.simulated,
        laboratory=head.laboratory,
        place=head.place,
        customer=head.place,
        model=head.model,
        calibrated_at=at,
        reference_certificate=started.reference.certificate,
        expanded_c=round(run.expanded_c, 4),
        profile=run.profile.name,
        mpe_c=run.profile.mpe_c,
    )
    return made.sealed() if head.key is None else sign(made, head.key)


def _standard(reference: Reference) -> str:
    name = f"{reference.name} {reference.serial}".strip()
    return f"{name}, U = {2 * reference.u_c:.2f} °C (k=2)"
