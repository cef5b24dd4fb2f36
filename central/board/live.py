"""The live board: the page, its moving part, and the stream that says when to look again."""

from collections.abc import AsyncIterator
from typing import Final

import anyio
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, StreamingResponse

from central.access import sessions
from central.access.sessions import Session
from central.board.desk import Desk
from central.board.doors import Acting, TheDesk, Viewer
from central.board.view import board_view
from contract.web.feed import encode_event

router = APIRouter(include_in_schema=False)

RECHECK_S: Final = 15.0
"""How long a stream may outlive its session."""


@router.get("/", dependencies=[Acting])
def board(request: Request, desk: TheDesk, session: Viewer) -> HTMLResponse:
    """Show the live board."""
    last_id = desk.feed.last_id
    with desk.store.read() as connection:
        view = board_view(connection, desk.now())
    return desk.pages.page(
        request, "board.html", desk=desk, session=session, view=view, now=desk.now(), last_id=last_id
    )


@router.get("/fragments/board")
def fragment(request: Request, desk: TheDesk, session: Viewer) -> HTMLResponse:
    """Show what moves on the live board."""
    with desk.store.read() as connection:
        view = board_view(connection, desk.now())
    return desk.pages.page(request, "_board.html", desk=desk, session=session, view=view, now=desk.now())


@router.get("/stream")
async def stream(request: Request, desk: TheDesk, session: Viewer) -> StreamingResponse:
    """Stream the board's events while the session lasts."""
    response = desk.feed.response(request)
    response.body_iterator = _while_logged_in(response.body_iterator, desk, session)  # type: ignore[arg-type]  # bytes
    return response


@router.post("/session/touch", dependencies=[Acting])
def touch(session: Viewer) -> HTMLResponse:
    """Note that somebody is at the board: its script tells of keys and pointer, not of time passing."""
    del session
    return HTMLResponse(status_code=204)


async def _while_logged_in(pieces: AsyncIterator[bytes], desk: Desk, session: Session) -> AsyncIterator[bytes]:
    due = anyio.current_time() + RECHECK_S
    async for piece in pieces:
        yield piece
        if anyio.current_time() >= due:
            due = anyio.current_time() + RECHECK_S
            if not await anyio.to_thread.run_sync(_still, desk, session):
                yield encode_event("signed_out", {})
                return


def _still(desk: Desk, session: Session) -> bool:
    with desk.store.read() as connection:
        return sessions.find(connection, desk.settings.access, session.cookie, desk.now()) is not None
