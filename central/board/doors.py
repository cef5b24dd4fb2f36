"""The doors of the board: who is at it, may they, and does the form come from our own page."""

from collections.abc import Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, HTTPException
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from central.access import sessions
from central.access.roles import Permission
from central.access.sessions import Session
from central.board.desk import Desk, desk_of

CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"


class NotLoggedIn(Exception):
    """Nobody is logged in, or the session has ended."""


class MustChangePassword(Exception):
    """The password was given by somebody else and must be replaced first."""


class Forbidden(Exception):
    """This account has no right to that; or the form did not come from our own page (`code`)."""

    def __init__(self, code: str = "forbidden") -> None:
        super().__init__(code)
        self.code = code


TheDesk = Annotated[Desk, Depends(desk_of)]


def cookie_name(desk: Desk) -> str:
    """Return the session cookie's name; with HTTPS the browser itself binds it to this host."""
    return "__Host-guankou" if desk.secure else "guankou"


def address_of(request: Request) -> str:
    """Return where a request comes from."""
    return request.client.host if request.client else ""


def seat(desk: Desk, cookie: str, response: Response) -> None:
    """Give the browser its session cookie."""
    response.set_cookie(cookie_name(desk), cookie, httponly=True, secure=desk.secure, samesite="lax", path="/")


def visitor(request: Request, desk: TheDesk) -> Session | None:
    """Return who is logged in, if anybody."""
    cookie = request.cookies.get(cookie_name(desk))
    if not cookie:
        return None
    with desk.store.read() as connection:
        return sessions.find(connection, desk.settings.access, cookie, desk.now())


def member(session: Annotated[Session | None, Depends(visitor)]) -> Session:
    """Return who is logged in. Raises NotLoggedIn."""
    if session is None:
        raise NotLoggedIn
    return session


def allow(permission: Permission) -> Callable[..., Session]:
    """Return the door for one permission; it raises NotLoggedIn, MustChangePassword or Forbidden."""

    def door(session: Annotated[Session, Depends(member)]) -> Session:
        if session.account.must_change:
            raise MustChangePassword
        if permission not in session.account.permissions:
            raise Forbidden
        return session

    return door


def acting(request: Request, desk: TheDesk, session: Annotated[Session, Depends(member)]) -> None:
    """Note that a person did something; what a page does by itself does not come through here."""
    del request
    sessions.touch(desk.store, session, desk.now())


async def plain_form(request: Request) -> FormData:
    """Return the fields of a form sent by somebody who has no session yet."""
    return await request.form(max_files=0, max_fields=10)


async def own_form(request: Request, desk: TheDesk, session: Annotated[Session | None, Depends(visitor)]) -> FormData:
    """Return the fields of a form that our own page sent. Raises Forbidden, NotLoggedIn."""
    form = await request.form(max_files=0, max_fields=50)
    check_token(desk, session, request, form.get(CSRF_FIELD))
    return form


def own_request(request: Request, desk: TheDesk, session: Annotated[Session | None, Depends(visitor)]) -> None:
    """Let a request of a program or a page's script through only with the session's token in a header."""
    check_token(desk, session, request, None)


def check_token(desk: Desk, session: Session | None, request: Request, field: object) -> None:
    """Raise Forbidden unless the request carries the session's token."""
    if session is None:
        raise NotLoggedIn
    token = request.headers.get(CSRF_HEADER) or (field if isinstance(field, str) else "")
    if not desk.csrf.accepts(session.digest, token):
        raise Forbidden("csrf")


def text(form: FormData, name: str) -> str:
    """Return a form's field as trimmed text, empty if it is missing."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def identity(form: FormData, name: str) -> UUID | None:
    """Return a form's field as a UUID, None if it is empty. Raises HTTPException 422 for anything else."""
    value = text(form, name)
    try:
        return UUID(value) if value else None
    except ValueError:
        raise HTTPException(422) from None


Form = Annotated[FormData, Depends(own_form)]
PlainForm = Annotated[FormData, Depends(plain_form)]
Member = Annotated[Session, Depends(member)]
Viewer = Annotated[Session, Depends(allow(Permission.VIEW))]
Officer = Annotated[Session, Depends(allow(Permission.DECIDE))]
PictureViewer = Annotated[Session, Depends(allow(Permission.PICTURE))]
Settler = Annotated[Session, Depends(allow(Permission.SETTLE_GATES))]
Auditor = Annotated[Session, Depends(allow(Permission.AUDIT))]
Administrator = Annotated[Session, Depends(allow(Permission.ACCOUNTS))]
OwnRequest = Depends(own_request)
Acting = Depends(acting)
