"""What the gate's store knows of a passage, for an expert who asks how its verdict came about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from contract.calibration import Certificate
from contract.messages import MeasurementBody, SecondMeasurement
from contract.vocabulary import VerdictKind
from edge import certificates, recall, tables
from edge.config import ConfigRefused, GateConfig


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a passage."""

    passage: UUID
    attempts: tuple[MeasurementBody, ...]
    seconds: tuple[SecondMeasurement, ...] = ()
    reflected_c: float | None = None
    """Radiant temperature of what faced the face."""
    certificates: Mapping[UUID, Certificate] = field(default_factory=dict)
    """Those of the attempts that are still here, by id."""
    config: GateConfig | None = None
    """The gate's configuration now; it speaks for an attempt only while it is still the same."""
    picture_png: bytes | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One passage of a list."""

    passage: UUID
    instrument: str
    at: datetime
    verdict: VerdictKind
    """The most severe of its attempts."""
    attempts: int


def gather(connection: Connection, passage: UUID, config: GateConfig | None) -> Evidence:
    """Return what is stored of a passage; without attempts it is not known (any more)."""
    attempts = recall.attempts_of(connection, passage)
    rows, alerts = tables.attempts.c, tables.alerts.c
    names = {body.measurement.certificate_id for body in attempts} - {None}
    stored = connection.execute(select(tables.certificates.c.body).where(tables.certificates.c.id.in_(names))).scalars()
    known = [*map(Certificate.model_validate_json, stored), *(_own(config) if config else ())]
    return Evidence(
        passage=passage,
        attempts=attempts,
        seconds=recall.seconds_of(connection, passage),
        reflected_c=connection.execute(select(rows.reflected_c).where(rows.passage == passage)).scalars().first(),
        certificates={one.id: one for one in known if one.id in names},
        config=config,
        picture_png=connection.execute(select(alerts.crop_png).where(alerts.passage == passage)).scalars().first(),
    )


def latest(connection: Connection, n: int) -> tuple[Listed, ...]:
    """Return the latest passages, the newest first."""
    rows = connection.execute(select(tables.passages).order_by(tables.passages.c.last_at.desc()).limit(n))
    return tuple(
        Listed(row.id, row.instrument, row.last_at, VerdictKind(row.verdict), row.attempts) for row in rows.all()
    )


def _own(config: GateConfig) -> list[Certificate]:
    """Return the certificates that the gate's file names; one that cannot be read is left out."""
    found = []
    for instrument in config.instruments:
        try:
            if instrument.certificate is not None:
                found.append(certificates.load(instrument.certificate))
        except ConfigRefused:
            continue
    return found
