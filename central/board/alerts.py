"""Pages about alerts: the register, one alert with every term of its measurement, the decision form."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from central.alerts import records
from central.alerts.decisions import REASONS, Choice, of_alert
from central.alerts.lifecycle import AlertEvent
from central.board import actions
from central.board.clinics import instructions
from central.board.doors import Acting, Form, Officer, PictureViewer, TheDesk, Viewer, identity, text
from central.board.view import cards
from contract.vocabulary import AlertState, Decision
from contract.web.idempotency import idempotency_key

router = APIRouter(include_in_schema=False, dependencies=[Acting])


@router.get("/alerts")
def register(
    request: Request,
    desk: TheDesk,
    session: Viewer,
    state: AlertState | None = None,
    gate: str | None = None,
    before: Annotated[datetime | None, Query()] = None,
) -> HTMLResponse:
    """Show the register of alerts, the newest first."""
    if before is not None and before.tzinfo is None:
        before = None
    with desk.store.read() as connection:
        found = cards(connection, records.page(connection, state=state, gate=gate or None, before=before))
    return desk.pages.page(
        request,
        "alerts.html",
        desk=desk,
        session=session,
        now=desk.now(),
        cards=found,
        state=state,
        gate=gate or "",
        more=found[-1].record.alert.raised_at if len(found) == records.PAGE else None,
    )


@router.get("/alerts/{alert}")
def one(request: Request, desk: TheDesk, session: Viewer, alert: UUID) -> HTMLResponse:
    """Show one alert: the four temperatures, every term, the rule, the journal."""
    with desk.store.read() as connection:
        (card,) = cards(connection, [records.find(connection, alert)])
        journal = records.journal(connection, alert)
        decisions = of_alert(connection, alert)
        viewers = records.picture_viewers(connection, alert)
    return desk.pages.page(
        request,
        "alert.html",
        desk=desk,
        session=session,
        now=desk.now(),
        card=card,
        journal=journal,
        decisions=decisions,
        viewers=viewers,
    )


@router.get("/alerts/{alert}/picture.png")
def picture(desk: TheDesk, session: PictureViewer, alert: UUID) -> Response:
    """Show the face in false colour; each session's first look is logged."""
    return Response(actions.picture(desk, session, alert), media_type="image/png")


@router.get("/alerts/{alert}/decide")
def decision_form(
    request: Request, desk: TheDesk, session: Officer, alert: UUID, decision: Decision, *, fragment: bool = False
) -> HTMLResponse:
    """Show the form of one decision, as a page or for the board's dialog."""
    with desk.store.read() as connection:
        (card,) = cards(connection, [records.find(connection, alert)])
    return desk.pages.page(
        request,
        "_decide.html" if fragment else "decide.html",
        desk=desk,
        session=session,
        now=desk.now(),
        card=card,
        decision=decision,
        reasons=REASONS.get(decision, ()),
        instructions=instructions(desk, card.gate.township, desk.settings.web.language),
        key=uuid4(),
    )


@router.post("/alerts/{alert}/acknowledge")
def acknowledge(desk: TheDesk, session: Officer, alert: UUID, form: Form) -> Response:
    """Take an alert on."""
    actions.move(desk, session, alert, AlertEvent.ACKNOWLEDGE)
    return _back(form)


@router.post("/alerts/{alert}/hand-back")
def hand_back(desk: TheDesk, session: Officer, alert: UUID, form: Form) -> Response:
    """Give an alert back."""
    actions.move(desk, session, alert, AlertEvent.HAND_BACK, text(form, "reason"))
    return _back(form)


@router.post("/alerts/{alert}/decisions")
def decide(request: Request, desk: TheDesk, session: Officer, alert: UUID, form: Form) -> Response:
    """Take a decision."""
    choice = Choice(
        id=idempotency_key(request, form.get("key")),
        alert=alert,
        decision=Decision(text(form, "decision")),
        reason_code=text(form, "reason_code"),
        remark=text(form, "remark"),
        instruction=text(form, "instruction"),
        revises=identity(form, "revises"),
    )
    actions.decide(desk, session, choice)
    return _back(form)


def _back(form: Form) -> Response:
    """Answer the page's script with nothing, a plain form with the page it came from."""
    if text(form, "script"):
        return Response(status_code=204)
    target = text(form, "back")
    return RedirectResponse(target if target.startswith("/alerts/") else "/", 303)
