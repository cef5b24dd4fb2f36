"""Certificates at central: who vouches for them, what they are refused for, which one releases an instrument.

Everything that arrives is kept, refused ones too, with the reason: an altered certificate is evidence. What is in
force at a gate is the gate's own decision by the same rule (`contract.calibration.refusal`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, Row, select

from central.instruments.refusal import InstrumentRefused
from central.store.instrument_tables import certificates
from central.store.tables import instruments
from central.store.writer import Transaction
from contract.calibration import Certificate, refusal
from contract.conformity import Zone, can_judge, zone
from contract.ids import new_id
from contract.signing import Trust

UNSIGNED: Final = "certificate_unsigned"
"""Nobody trusted signed it."""
MAX_TEXT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A certificate as it arrived."""

    id: UUID
    gate: str
    received_at: datetime
    brought_by: str
    refused: str
    """Code of the reason, empty if it may be used."""
    certificate: Certificate

    @property
    def sentence(self) -> str:
        """Key of the sentence about the refusal."""
        return sentence(self.refused)


def sentence(refused: str) -> str:
    """Return the key of the sentence that says why a certificate is refused and what to do."""
    return f"certificate.refused_{refused.removeprefix('certificate_')}"


def read(text: str) -> Certificate:
    """Return the certificate in a JSON text. Raises InstrumentRefused with the field that is wrong."""
    if len(text) > MAX_TEXT:
        raise InstrumentRefused("certificate.unreadable", what=f"{len(text)} characters")
    try:
        return Certificate.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise InstrumentRefused("certificate.unreadable", what=f"{where}: {first['msg']}") from error


def judge(certificate: Certificate, instrument: str, serial: str, at: datetime, trust: Trust) -> str:
    """Return the code of the reason why it may not be used, or an empty one; without keys nobody need sign."""
    why = refusal(certificate, instrument, serial, at)
    if why is not None:
        return why.value
    if len(trust) and not trust.vouches_for(certificate):
        return UNSIGNED
    return ""


def keep(transaction: Transaction, gate: str, certificate: Certificate, brought_by: str, trust: Trust) -> Kept:
    """Judge a certificate for the instrument it names at this gate, and keep it with the verdict."""
    connection = transaction.connection
    serial = serial_of(connection, gate, certificate.instrument)
    refused = judge(certificate, certificate.instrument, serial or certificate.serial, transaction.at, trust)
    earlier = find(connection, certificate.id, gate)
    if earlier is not None and (earlier.certificate, earlier.refused) == (certificate, refused):
        return earlier
    kept = Kept(new_id(transaction.at), gate, transaction.at, brought_by[:80], refused, certificate)
    row = {
        "id": kept.id,
        "certificate": certificate.id,
        "gate": gate,
        "instrument": certificate.instrument,
        "sha256": certificate.sha256[:64],
        "valid_from": certificate.valid_from,
        "valid_until": certificate.valid_until,
        "received_at": transaction.at,
        "brought_by": kept.brought_by,
        "refused": refused,
        "body": certificate.model_dump(mode="json"),
    }
    connection.execute(certificates.insert().values(row))
    return kept


def release(certificate: Certificate) -> None:
    """Raise InstrumentRefused unless this certificate may return an instrument to service: as left PASS with w = U."""
    mpe_c, expanded_c = certificate.mpe_c, certificate.expanded_c
    if mpe_c is None or expanded_c is None or not certificate.as_left:
        raise InstrumentRefused("certificate.not_judged")
    if not can_judge(mpe_c, expanded_c):
        raise InstrumentRefused("cases.poor_reference", expanded=f"{expanded_c:g}", mpe=f"{mpe_c:g}")
    for point in certificate.as_left:
        error_c = point.indicated_c - point.reference_c
        if zone(error_c, mpe_c, expanded_c) is not Zone.PASS:
            raise InstrumentRefused(
                "certificate.not_passed",
                point=f"{point.reference_c:g}",
                error=f"{error_c:+.2f}",
                limit=f"{mpe_c - expanded_c:.2f}",
            )


def serial_of(connection: Connection, gate: str, instrument: str) -> str:
    """Return the serial number that the gate tells, empty if it tells none."""
    where = instruments.c.gate == gate, instruments.c.instrument == instrument
    return connection.execute(select(instruments.c.serial).where(*where)).scalar() or ""


def find(connection: Connection, certificate: UUID, gate: str | None = None) -> Kept | None:
    """Return the newest arrival of a certificate."""
    query = select(certificates).where(certificates.c.certificate == certificate)
    if gate is not None:
        query = query.where(certificates.c.gate == gate)
    row = connection.execute(query.order_by(certificates.c.received_at.desc(), certificates.c.id.desc())).first()
    return None if row is None else _kept(row)


def of_instrument(connection: Connection, gate: str, instrument: str) -> list[Kept]:
    """Return every certificate that came for an instrument, the newest first."""
    own = certificates.c.gate == gate, certificates.c.instrument == instrument
    query = select(certificates).where(*own).order_by(certificates.c.received_at.desc(), certificates.c.id.desc())
    return [_kept(row) for row in connection.execute(query)]


def newest_usable(connection: Connection, gate: str, instrument: str) -> Certificate | None:
    """Return the newest certificate of an instrument that was not refused when it came."""
    return next((kept.certificate for kept in of_instrument(connection, gate, instrument) if not kept.refused), None)


def _kept(row: Row[Any]) -> Kept:
    return Kept(row.id, row.gate, row.received_at, row.brought_by, row.refused, Certificate.model_validate(row.body))
