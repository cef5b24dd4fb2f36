"""The programming interface, /api/v1: the same reading and acting as the pages, as JSON."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import AwareDatetime
from starlette.requests import Request

from central.access import sessions
from central.alerts import records
from central.alerts.decisions import Choice
from central.alerts.lifecycle import AlertEvent
from central.board import actions
from central.board.doors import (
    Acting,
    Member,
    Officer,
    OwnRequest,
    PictureViewer,
    TheDesk,
    Viewer,
    address_of,
    cookie_name,
    seat,
)
from central.board.resources import (
    AlertDetail,
    AlertResource,
    Credentials,
    DecisionRequest,
    DecisionResource,
    GateResource,
    HandBack,
    InstrumentResource,
    JournalResource,
    Problem,
    SessionResource,
)
from central.board.view import gate_view, gates_view
from central.instruments.registry import all_instruments
from contract.vocabulary import AlertState
from contract.web.idempotency import idempotency_key

_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Problem, "description": "Nobody is logged in"},
    403: {"model": Problem, "description": "Not this account's right, or no token"},
}
_NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {404: {"model": Problem}}
_CONFLICT: Final[dict[int | str, dict[str, Any]]] = {
    **_NOT_FOUND,
    409: {"model": Problem, "description": "The alert is in another state; `standing` says who was first"},
    422: {"model": Problem, "description": "The request is not whole"},
}

router = APIRouter(prefix="/api/v1", responses=_PROBLEMS)


@router.post("/session", tags=["session"], responses={429: {"model": Problem}})
def log_in(request: Request, response: Response, desk: TheDesk, credentials: Credentials) -> SessionResource:
    """Log in: sets the session cookie and returns the token for changing requests."""
    cookie = sessions.log_in(
        desk.store, desk.settings.access, credentials.name, credentials.password, address_of(request)
    )
    seat(desk, cookie, response)
    with desk.store.read() as connection:
        session = sessions.find(connection, desk.settings.access, cookie, desk.now())
    if session is None:
        raise sessions.LoginRefused
    return SessionResource.of(session.account, desk.csrf.token(session.digest))


@router.get("/session", tags=["session"])
def who(desk: TheDesk, session: Member) -> SessionResource:
    """Say who is logged in."""
    return SessionResource.of(session.account, desk.csrf.token(session.digest))


@router.delete("/session", tags=["session"], status_code=204, dependencies=[OwnRequest])
def log_out(response: Response, desk: TheDesk, session: Member) -> None:
    """Log out."""
    desk.store.write(lambda transaction: sessions.log_out(transaction, session))
    response.delete_cookie(cookie_name(desk), path="/", secure=desk.secure, httponly=True, samesite="lax")


@router.get("/alerts", tags=["alerts"])
def list_alerts(
    desk: TheDesk,
    _: Viewer,
    state: AlertState | None = None,
    gate: str | None = None,
    before: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = records.PAGE,
) -> list[AlertResource]:
    """List alerts by the time they were raised, the newest first; go on with `before` the last one's `raised_at`."""
    with desk.store.read() as connection:
        found = records.page(connection, state=state, gate=gate, before=before, limit=limit)
    return [AlertResource.of(record) for record in found]


@router.get("/alerts/{alert}", tags=["alerts"], responses=_NOT_FOUND)
def read_alert(desk: TheDesk, _: Viewer, alert: UUID) -> AlertDetail:
    """Read one alert with its journal."""
    with desk.store.read() as connection:
        record = records.find(connection, alert)
        journal = records.journal(connection, alert)
    detail = AlertDetail.of(record)
    return detail.model_copy(update={"journal": tuple(JournalResource.of(row) for row in journal)})


@router.get(
    "/alerts/{alert}/picture",
    tags=["alerts"],
    responses={**_NOT_FOUND, 200: {"content": {"image/png": {}}}},
    response_class=Response,
)
def read_picture(desk: TheDesk, session: PictureViewer, alert: UUID) -> Response:
    """Read the face in false colour, if the gate's policy kept one; each session's first look is logged."""
    return Response(actions.picture(desk, session, alert), media_type="image/png")


@router.post("/alerts/{alert}/acknowledge", tags=["alerts"], responses=_CONFLICT, dependencies=[OwnRequest, Acting])
def acknowledge(desk: TheDesk, session: Officer, alert: UUID) -> AlertDetail:
    """Take an alert on: it stops sounding, and comes back if nothing is decided in time."""
    actions.move(desk, session, alert, AlertEvent.ACKNOWLEDGE)
    return read_alert(desk, session, alert)


@router.post("/alerts/{alert}/hand-back", tags=["alerts"], responses=_CONFLICT, dependencies=[OwnRequest, Acting])
def hand_back(desk: TheDesk, session: Officer, alert: UUID, why: HandBack) -> AlertDetail:
    """Give an acknowledged alert back."""
    actions.move(desk, session, alert, AlertEvent.HAND_BACK, why.reason)
    return read_alert(desk, session, alert)


@router.post(
    "/alerts/{alert}/decisions",
    tags=["alerts"],
    status_code=201,
    responses=_CONFLICT,
    dependencies=[OwnRequest, Acting],
)
def decide(
    request: Request,
    desk: TheDesk,
    session: Officer,
    alert: UUID,
    wish: DecisionRequest,
    idempotency_key_: Annotated[UUID, Header(alias="Idempotency-Key")],
) -> DecisionResource:
    """Decide about the person; a request with the same key is answered with the same decision."""
    del idempotency_key_  # declared for the documentation; read below as the pages do
    choice = Choice(id=idempotency_key(request), alert=alert, **wish.model_dump())
    return DecisionResource.of(actions.decide(desk, session, choice))


@router.get("/gates", tags=["gates"])
def list_gates(desk: TheDesk, _: Viewer) -> list[GateResource]:
    """List the accepted gates with their instruments."""
    with desk.store.read() as connection:
        view = gates_view(connection, desk.now())
    return [GateResource.of(one) for one in view.gates]


@router.get("/gates/{gate}", tags=["gates"], responses=_NOT_FOUND)
def read_gate(desk: TheDesk, _: Viewer, gate: str) -> GateResource:
    """Read one gate."""
    with desk.store.read() as connection:
        return GateResource.of(gate_view(connection, gate, desk.now()))


@router.get("/instruments", tags=["gates"])
def list_instruments(desk: TheDesk, _: Viewer) -> list[InstrumentResource]:
    """List every instrument that any gate has named."""
    with desk.store.read() as connection:
        return [InstrumentResource.of(one) for one in all_instruments(connection)]
