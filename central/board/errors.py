"""Every refusal as an answer: the same code for programs (a Problem) and people (a page), with a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from central.access.accounts import AccountRefused
from central.access.sessions import LoginRefused, TooManyLogins
from central.alerts.decisions import AlreadyDecided, DecisionRefused
from central.alerts.lifecycle import TransitionRefused
from central.alerts.register import UnknownAlert
from central.board.desk import Desk
from central.board.doors import Forbidden, MustChangePassword, NotLoggedIn
from central.board.resources import DecisionResource, Problem
from central.gates import UnknownGate
from central.instruments.refusal import InstrumentRefused
from central.store.writer import WriterBusy
from contract.phrases import Language


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an exception means to whoever asked."""

    status_code: int
    code: str
    values: dict[str, object]
    standing: DecisionResource | None = None


Reader = Callable[[Exception, Desk, Language], Refusal]


def _as(status_code: int, code: str) -> Reader:
    return lambda _error, _desk, _language: Refusal(status_code, code, {})


def _code(status_code: int) -> Reader:
    return lambda error, _desk, _language: Refusal(status_code, getattr(error, "code", ""), {})


def _state(error: Exception, desk: Desk, language: Language) -> Refusal:
    state = getattr(error, "state", None)
    return Refusal(409, "error.other_state", {"state": desk.phrases.word(state, language) if state else ""})


def _first(error: Exception, desk: Desk, language: Language) -> Refusal:
    if not isinstance(error, AlreadyDecided):
        raise TypeError(f"{error!r} is no earlier decision")
    standing = error.standing
    values: dict[str, object] = {
        "who": standing.decided_by,
        "decision": desk.phrases.word(standing.decision, language),
        "at": f"{standing.decided_at.astimezone():%H:%M:%S}",
    }
    return Refusal(409, "error.already_decided", values, DecisionResource.of(standing))


def _too_many(error: Exception, _desk: Desk, _language: Language) -> Refusal:
    return Refusal(429, "login.too_many", {"minutes": round(getattr(error, "wait_s", 60.0) / 60)})


def _instrument(error: Exception, desk: Desk, language: Language) -> Refusal:
    """Say what was wrong about an instrument, with codes in words."""
    values = {
        name: desk.phrases.word(value, language) if isinstance(value, StrEnum) else value
        for name, value in getattr(error, "values", {}).items()
    }
    code = getattr(error, "code", "error.malformed")
    return Refusal(404 if code.endswith(".unknown") else 422, code, values)


READERS: Final[dict[type[Exception], Reader]] = {
    Forbidden: lambda error, _desk, _language: Refusal(403, f"error.{getattr(error, 'code', 'forbidden')}", {}),
    LoginRefused: _as(401, "login.refused"),
    TooManyLogins: _too_many,
    UnknownAlert: _as(404, "error.unknown_alert"),
    UnknownGate: _as(404, "error.unknown_gate"),
    TransitionRefused: _state,
    AlreadyDecided: _first,
    DecisionRefused: _code(422),
    AccountRefused: _code(422),
    InstrumentRefused: _instrument,
    WriterBusy: _as(503, "error.busy"),
    RequestValidationError: _as(422, "error.malformed"),
}


def install(app: FastAPI) -> None:
    """Have the application answer each of these exceptions."""
    for kind in READERS:
        app.add_exception_handler(kind, _answer)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(NotLoggedIn, _answer_stranger)
    app.add_exception_handler(MustChangePassword, _answer_must_change)


def for_program(request: Request) -> bool:
    """Say whether whoever asks reads JSON: a program, or the script of a page."""
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")


def answer(request: Request, refusal: Refusal) -> Response:
    """Return a refusal as JSON or as a page."""
    desk: Desk = request.app.state.desk
    language = desk.language(request)
    message = desk.phrases.text(refusal.code, language, **refusal.values)
    if for_program(request):
        problem = Problem(code=refusal.code, message=message, standing=refusal.standing)
        return JSONResponse(problem.model_dump(mode="json"), refusal.status_code)
    return desk.pages.page(request, "error.html", status_code=refusal.status_code, desk=desk, message=message)


def _answer(request: Request, error: Exception) -> Response:
    desk: Desk = request.app.state.desk
    reader = next(READERS[kind] for kind in type(error).__mro__ if kind in READERS)
    return answer(request, reader(error, desk, desk.language(request)))


def _answer_http(request: Request, error: Exception) -> Response:
    status_code = error.status_code if isinstance(error, HTTPException) else 500
    codes = {404: "error.not_found", 405: "error.not_found", 400: "error.malformed"}
    return answer(request, Refusal(status_code, codes.get(status_code, "error.malformed"), {}))


def _answer_stranger(request: Request, _error: Exception) -> Response:
    if for_program(request) or request.method != "GET":
        return answer(request, Refusal(401, "error.not_logged_in", {}))
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(target)}", 303)


def _answer_must_change(request: Request, _error: Exception) -> Response:
    if for_program(request):
        return answer(request, Refusal(403, "error.must_change", {}))
    return RedirectResponse("/password", 303)
