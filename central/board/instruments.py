"""Pages about instruments: all of them, one with its charts, checks and certificates, and the steps of its life."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from central import gates
from central.access.roles import Permission
from central.access.sessions import Session
from central.board.desk import Desk
from central.board.doors import Acting, Form, TheDesk, Viewer, allow, text
from central.board.plots import plot, weather
from central.instruments import cases, documents
from central.instruments.assessment import Known, assess, checks
from central.instruments.clean import FIRST_CHECKS, first_checks
from central.instruments.days import Series
from central.instruments.life import Hand, Life, current, journal, steps
from central.instruments.recalibration import source_of
from central.instruments.refusal import InstrumentRefused
from central.instruments.registry import all_instruments, of_gate
from central.instruments.scatter import ENOUGH
from central.instruments.surveillance import WATCHED
from contract.printing.certificate import pdf
from contract.vocabulary import InstrumentState

router = APIRouter(include_in_schema=False, dependencies=[Acting])
Tender = Annotated[Session, Depends(allow(Permission.TEND))]
IN_A_CASE = frozenset({InstrumentState.RECAL, InstrumentState.VERIFY})
CHECKS_SHOWN = 30


@router.get("/instruments")
def all_of_them(request: Request, desk: TheDesk, session: Viewer) -> HTMLResponse:
    """Show every screening instrument and contact thermometer with its state and case."""
    with desk.store.read() as connection:
        known = {gate.id: gate for gate in gates.all_gates(connection)}
        rows = []
        for one in all_instruments(connection):
            if one.health.role in WATCHED:
                life = current(connection, one.gate, one.instrument)
                made = checks(connection, life, None, desk.now() + timedelta(days=1))
                case = cases.open_of(connection, one.gate, one.instrument)
                rows.append((known[one.gate], one, life, made[-1] if made else None, case))
    return desk.pages.page(request, "instruments.html", desk=desk, session=session, now=desk.now(), rows=rows)


@router.get("/instruments/{gate}/{instrument}")
def one(request: Request, desk: TheDesk, session: Viewer, gate: str, instrument: str) -> HTMLResponse:
    """Show one instrument: state, charts, checks, certificates, and everything that was changed."""
    with desk.store.read() as connection:
        seen = evidence(connection, desk, gate, instrument)
        case = cases.open_of(connection, gate, instrument)
        begun = _begun(connection, seen["life"], desk.now())
    hand = Hand.of(session)
    targets = [row.target for row in steps(seen["life"].state, hand) if row.target not in IN_A_CASE]
    if seen["life"].state is InstrumentState.VERIFY:
        targets = [target for target in targets if target is not InstrumentState.IN_SERVICE]
    return desk.pages.page(
        request,
        "instrument.html",
        desk=desk,
        session=session,
        now=desk.now(),
        case=case,
        may=session.account.permissions,
        targets=targets,
        begun=begun,
        **seen,
    )


def _begun(connection: Connection, life: Life, now: datetime) -> dict[str, Any] | None:
    """Return how far a new instrument has come towards service; None for any other."""
    if life.state is not InstrumentState.COMMISSIONING:
        return None
    certificate = documents.newest_usable(connection, life.gate, life.instrument)
    made = [] if certificate is None else first_checks(connection, life, certificate, now)
    return {"certificate": certificate, "checks": len(made), "wanted": FIRST_CHECKS}


def evidence(connection: Connection, desk: Desk, gate: str, instrument: str) -> dict[str, Any]:
    """Return what speaks for and against an instrument, for its page and its case's. Raises UnknownInstrument."""
    life = current(connection, gate, instrument)
    zone = desk.surveillance.zone
    today = desk.now().astimezone(zone).date()
    made = checks(connection, life, None, desk.now() + timedelta(days=1))
    known = Known.read(connection, today)
    scatter = desk.surveillance.scatters.of(connection, life, today, zone)
    found = assess(life, made, known, zone, scatter)
    parts = of_gate(connection, gate)
    return {
        "gate": gates.find(connection, gate),
        "life": life,
        "part": next((part for part in parts if part.instrument == instrument), None),
        "twins": [part for part in parts if part.instrument != instrument],
        "found": found,
        "scatter": scatter,
        "enough_pairs": ENOUGH,
        "plots": [plot(stream) for stream in found.streams],
        "weather": weather(known.own(life, Series.PASSERS)),
        "checks": made[: -CHECKS_SHOWN - 1 : -1],
        "certificates": documents.of_instrument(connection, gate, instrument),
        "journal": [
            (row, InstrumentState(row.from_state), InstrumentState(row.to_state))
            for row in journal(connection, gate, instrument)
        ],
    }


@router.post("/instruments/{gate}/{instrument}/state")
def tend(desk: TheDesk, session: Tender, gate: str, instrument: str, form: Form) -> Response:
    """Take a step of the lifecycle's table."""
    try:
        target = InstrumentState(text(form, "state"))
    except ValueError:
        raise HTTPException(422) from None
    why = text(form, "reason")
    hand = Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.tend(transaction, gate, instrument, target, hand, why))
    desk.news.gate(gate, "instrument")
    return RedirectResponse(f"/instruments/{gate}/{instrument}", 303)


@router.post("/instruments/{gate}/{instrument}/cases")
def ask(desk: TheDesk, session: Tender, gate: str, instrument: str, form: Form) -> Response:
    """Ask for an expert."""
    why, hand, source = text(form, "reason"), Hand.of(session), source_of(session)
    case = desk.store.write(
        lambda transaction: desk.recalibration.ask(transaction, gate, instrument, hand, source, why)
    )
    desk.news.gate(gate, "instrument")
    return RedirectResponse(f"/cases/{case}", 303)


@router.get("/certificates/{certificate}.pdf")
def printed(desk: TheDesk, session: Viewer, certificate: UUID) -> Response:
    """Show a certificate as it prints; a refused one is not printed, because a print looks valid."""
    del session
    with desk.store.read() as connection:
        kept = documents.find(connection, certificate)
    if kept is None:
        raise InstrumentRefused("certificate.unknown")
    if kept.refused in {"certificate_tampered", documents.UNSIGNED}:
        raise InstrumentRefused(kept.sentence)
    return Response(pdf(kept.certificate), media_type="application/pdf")
