"""Pages about gates and instruments, and the supervisor's door for stations that nobody knows."""

from fastapi import APIRouter, HTTPException
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from central.alerts import records
from central.board import actions
from central.board.doors import Acting, Form, Settler, TheDesk, Viewer, text
from central.board.view import cards, gate_view, gates_view
from central.gates import Standing
from central.store.tables import held, measurements

router = APIRouter(include_in_schema=False)


@router.get("/gates", dependencies=[Acting])
def all_gates(request: Request, desk: TheDesk, session: Viewer) -> HTMLResponse:
    """Show every gate with its instruments."""
    return _gates(request, desk, session, "gates.html")


@router.get("/fragments/gates")
def fragment(request: Request, desk: TheDesk, session: Viewer) -> HTMLResponse:
    """Show what moves on the gates page."""
    return _gates(request, desk, session, "_gates.html")


def _gates(request: Request, desk: TheDesk, session: Viewer, template: str) -> HTMLResponse:
    last_id = desk.feed.last_id
    with desk.store.read() as connection:
        view = gates_view(connection, desk.now())
        rows = connection.execute(select(held.c.gate, func.count()).group_by(held.c.gate))
        waiting = {gate: count for gate, count in rows}  # noqa: C416  # a Row is no pair to dict()
    return desk.pages.page(
        request,
        template,
        desk=desk,
        session=session,
        view=view,
        now=desk.now(),
        held=waiting,
        last_id=last_id,
    )


@router.get("/gates/{gate}", dependencies=[Acting])
def one(request: Request, desk: TheDesk, session: Viewer, gate: str) -> HTMLResponse:
    """Show one gate: what it last said of itself, its instruments, its alerts."""
    last_id = desk.feed.last_id
    with desk.store.read() as connection:
        view = gate_view(connection, gate, desk.now())
        found = cards(connection, records.page(connection, gate=gate, limit=10))
        counted = select(measurements.c.verdict, func.count()).where(measurements.c.gate == gate)
        verdicts = {row[0]: row[1] for row in connection.execute(counted.group_by(measurements.c.verdict))}
    return desk.pages.page(
        request,
        "gate.html",
        desk=desk,
        session=session,
        view=view,
        cards=found,
        verdicts=verdicts,
        now=desk.now(),
        last_id=last_id,
    )


@router.post("/gates/{gate}/standing")
def settle(desk: TheDesk, session: Settler, gate: str, form: Form) -> Response:
    """Accept or refuse a station."""
    wish = text(form, "standing")
    if wish not in {Standing.ACCEPTED, Standing.REFUSED}:
        raise HTTPException(422)
    actions.settle_gate(desk, session, gate, Standing(wish))
    return RedirectResponse("/gates", 303)
