"""Logging in and out, the first administrator, one's own password."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from central.access import accounts, sessions
from central.access.accounts import MIN_PASSWORD, AccountRefused
from central.access.sessions import LoginRefused, TooManyLogins
from central.access.sessions import Session as LoggedIn
from central.board.desk import Desk
from central.board.doors import Form, Member, PlainForm, TheDesk, address_of, cookie_name, seat, text
from contract.vocabulary import Role

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login_page(request: Request, desk: TheDesk) -> Response:
    """Show the login form; before the first administrator is made, how to make one."""
    if desk.set_up.code:
        return RedirectResponse("/setup", 303)
    return _login_page(request, desk)


@router.post("/login")
def login(request: Request, desk: TheDesk, form: PlainForm) -> Response:
    """Log in. The guard has seen to it that the form came from our own page."""
    name, password, target = text(form, "name"), str(form.get("password", "")), text(form, "next")
    try:
        cookie = sessions.log_in(desk.store, desk.settings.access, name, password, address_of(request))
    except LoginRefused:
        desk.metrics.logins.labels("refused").inc()
        return _login_page(request, desk, "login.refused", 401)
    except TooManyLogins as refusal:
        desk.metrics.logins.labels("limited").inc()
        page = _login_page(request, desk, "login.too_many", 429, minutes=round(refusal.wait_s / 60))
        page.headers["retry-after"] = str(round(refusal.wait_s))
        return page
    desk.metrics.logins.labels("accepted").inc()
    own_page = target.startswith("/") and not target.startswith(("//", "/\\"))
    response = RedirectResponse(target if own_page else "/", 303)
    seat(desk, cookie, response)
    return response


def _login_page(
    request: Request, desk: Desk, error: str = "", status_code: int = 200, **values: object
) -> HTMLResponse:
    message = desk.phrases.text(error, desk.language(request), **values) if error else ""
    target = request.query_params.get("next", "/")
    return desk.pages.page(request, "login.html", status_code=status_code, desk=desk, error=message, target=target)


@router.post("/logout")
def logout(desk: TheDesk, session: Member, form: Form) -> Response:
    """End the session."""
    del form
    desk.store.write(lambda transaction: sessions.log_out(transaction, session))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(cookie_name(desk), path="/", secure=desk.secure, httponly=True, samesite="lax")
    return response


@router.get("/setup")
def setup_page(request: Request, desk: TheDesk) -> Response:
    """Show how the first administrator is made."""
    if not desk.set_up.code:
        return RedirectResponse("/login", 303)
    return desk.pages.page(request, "setup.html", desk=desk, error="", code=request.query_params.get("code", ""))


@router.post("/setup")
def setup(request: Request, desk: TheDesk, form: PlainForm) -> Response:
    """Make the first administrator, if the one-time code is right."""
    code, password = text(form, "code"), str(form.get("password", ""))
    try:
        desk.set_up.check(code)
        _check_password(password, str(form.get("again", "")))
        hashed = accounts.hash_password(password)
        desk.store.write(
            lambda transaction: accounts.create(
                transaction,
                text(form, "name"),
                text(form, "full_name"),
                frozenset({Role.ADMINISTRATOR}),
                hashed,
                by="setup",
                address=address_of(request),
            )
        )
    except AccountRefused as refusal:
        message = desk.phrases.text(refusal.code, desk.language(request), minimum=MIN_PASSWORD)
        return desk.pages.page(request, "setup.html", status_code=422, desk=desk, error=message, code=code)
    desk.set_up.code = ""
    return RedirectResponse("/login", 303)


@router.get("/password")
def password_page(request: Request, desk: TheDesk, session: Member) -> HTMLResponse:
    """Show the form for one's own password."""
    return desk.pages.page(request, "password.html", desk=desk, session=session, error="", now=desk.now())


@router.post("/password")
def password(request: Request, desk: TheDesk, session: Member, form: Form) -> Response:
    """Replace one's own password; every session of the account ends, this one too."""
    try:
        _replace_password(desk, session, str(form.get("old", "")), str(form.get("new", "")), str(form.get("again", "")))
    except AccountRefused as refusal:
        message = desk.phrases.text(refusal.code, desk.language(request), minimum=MIN_PASSWORD)
        return desk.pages.page(
            request, "password.html", status_code=422, desk=desk, session=session, error=message, now=desk.now()
        )
    return RedirectResponse("/login", 303)


def _replace_password(desk: Desk, session: LoggedIn, old: str, new: str, again: str) -> None:
    if session.account.demo:
        raise AccountRefused("password.demo")
    _check_password(new, again)
    try:
        sessions.check_password(desk.store, desk.settings.access, session.account.name, old, session.address)
    except LoginRefused:
        raise AccountRefused("password.wrong") from None
    except TooManyLogins:
        raise AccountRefused("password.too_many") from None
    hashed = accounts.hash_password(new)
    desk.store.write(
        lambda transaction: accounts.set_password(
            transaction,
            session.account.id,
            hashed,
            by=session.account.name,
            address=session.address,
            must_change=False,
        )
    )


def _check_password(new: str, again: str) -> None:
    if len(new) < MIN_PASSWORD:
        raise AccountRefused("password.short")
    if new != again:
        raise AccountRefused("password.differ")
