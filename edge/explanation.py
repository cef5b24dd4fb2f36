"""`guankou-edge explain`: a passage on one page, so that an expert can redo it by hand.

Everything comes from what was stored with the verdict; nothing is computed anew that was not written down then. The
gate's database is only read, also while the gate runs.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from contract.messages import Measurement, MeasurementBody, SecondMeasurement, Verdict
from edge import recall, tables
from edge.config import Store as StoreSection
from edge.config import load
from edge.records import heat_balance_k
from edge.store import StoreRefused, reason


class PassageUnknown(Exception):
    """The gate has no such passage (any more); the text says so."""


def add_command(commands: Any) -> None:
    """Add `explain` to the program's commands."""
    explain = commands.add_parser("explain", help="show how the verdict on a passage came about, to redo it by hand")
    explain.add_argument("passage", type=UUID, metavar="PASSAGE")
    explain.add_argument("--config", type=Path, metavar="GATE.toml", help="the gate's file, for where its store is")
    explain.add_argument("--picture", type=Path, metavar="PNG", help="write the stored picture here, if it was kept")
    explain.set_defaults(act=_explain)


def explanation(
    passage: UUID,
    attempts: tuple[MeasurementBody, ...],
    seconds: tuple[SecondMeasurement, ...] = (),
    reflected_c: float | None = None,
) -> str:
    """Return all that was stored of a passage and how the numbers follow from each other. Temperatures in °C."""
    lines = [f"passage {passage}, {len(attempts)} attempt{'s' if len(attempts) > 1 else ''}"]
    for body in attempts:
        lines += ["", *_attempt(body, reflected_c)]
    for second in seconds:
        lines += ["", *_second(second, attempts)]
    return "\n".join(lines)


@contextmanager
def reading(path: Path) -> Iterator[Connection]:
    """Give a connection that can only read the store. Raises StoreRefused."""
    if not path.is_file():
        raise StoreRefused(f"there is no database {path}: name the gate's file with --config")
    engine = create_engine(f"sqlite:///file:{path.resolve().as_uri().removeprefix('file://')}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise StoreRefused(f"the database {path} cannot be read: {reason(error)}") from error
    finally:
        engine.dispose()


def _explain(chosen: argparse.Namespace) -> int:
    path = load(chosen.config).store.path if chosen.config else StoreSection().path
    passage: UUID = chosen.passage
    with reading(path) as connection:
        attempts = recall.attempts_of(connection, passage)
        if not attempts:
            raise PassageUnknown(f"{path} has no passage {passage}: another gate's, or older than is kept")
        seconds = recall.seconds_of(connection, passage)
        rows, alerts = tables.attempts.c, tables.alerts.c
        reflected_c = connection.execute(select(rows.reflected_c).where(rows.passage == passage)).scalars().first()
        png = connection.execute(select(alerts.crop_png).where(alerts.passage == passage)).scalars().first()
    told = explanation(passage, attempts, seconds, reflected_c)
    sys.stdout.write(f"{told}\n\npicture {_picture(png, chosen.picture)}\n")
    return 0


def _picture(png: bytes | None, path: Path | None) -> str:
    if png is None:
        return "not kept"
    if path is None:
        return f"kept, {len(png)} bytes: write it to a file with --picture PNG"
    path.write_bytes(png)
    return f"written to {path}"


def _attempt(body: MeasurementBody, reflected_c: float | None) -> Iterator[str]:
    m, v = body.measurement, body.verdict
    yield f"attempt {m.attempt}: {v.kind.value.upper()} {', '.join(v.reasons)}".rstrip()
    yield f"  measurement   {m.id}{'  SIMULATED' if body.simulated else ''}"
    yield f"  instrument    {m.instrument} at {m.gate}, {m.at.isoformat()}"
    yield f"  certificate   {m.certificate_id or 'none'}"
    yield f"  configuration {m.config_version}"
    if m.ambient_c is not None:
        yield f"  air           {m.ambient_c:.8f}"
    if reflected_c is not None:
        yield f"  reflected     {reflected_c:.8f}"
    if m.adjusted_c is None:
        yield "  no temperature was found"
    else:
        yield from _numbers(m)
        yield from _decision(m, v)


def _numbers(m: Measurement) -> Iterator[str]:
    yield f"  site          {m.site.value if m.site else '-'}, {m.frames_used} frames"
    yield f"  indicated     {_number(m.indicated_c)}"
    yield f"  skin          {_number(m.skin_c)}"
    yield f"  body          {_number(m.body_c)}"
    yield f"  adjusted      {_number(m.adjusted_c)}"
    yield f"  {'term':24} {'size':>13} {'share of u':>13} {'after it':>13}"
    now_c = m.indicated_c or 0.0
    for term in m.terms:
        now_c += term.size_c
        yield f"  {term.name:24} {term.size_c:+13.8f} {term.u_c:13.8f} {now_c:13.8f}"
    if m.reference_offset_c is not None:
        yield f"  reference offset m = {m.reference_offset_c:.8f}: the term is -m"
    if (k := heat_balance_k(m)) is not None:
        yield f"  body     = skin + k (skin - air), k = {k:.8f}"
    yield f"  adjusted = indicated + sum of sizes = body - B, B = {_number(m.baseline_c)}"
    yield f"  u        = root of the sum of squared shares = {_number(m.u_c)}"


def _decision(m: Measurement, v: Verdict) -> Iterator[str]:
    yield f"  threshold     {v.threshold_c:.8f} {v.threshold_scale.value}, rule {v.rule}"
    yield f"  p        = Phi((adjusted - threshold) / u) = {_number(m.p_fever)}; alarm from {v.p_alarm:.8f} on"


def _second(second: SecondMeasurement, attempts: tuple[MeasurementBody, ...]) -> Iterator[str]:
    yield f"second measurement {second.value_c:.2f} {second.scale.value}, {second.thermometer}, {second.measured_by}"
    until = second.calibrated_until.isoformat() if second.calibrated_until else "unknown"
    yield f"  {second.at.isoformat()}, thermometer calibrated until {until}"
    last_c = next((b.measurement.adjusted_c for b in reversed(attempts) if b.measurement.adjusted_c is not None), None)
    if last_c is not None:
        yield f"  less the camera's adjusted value: {second.value_c - last_c:+.8f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.8f}"
