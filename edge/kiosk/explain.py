"""How verdicts came about, as pages: the latest passages, and each with everything that was stored of it."""

from typing import Final
from uuid import UUID

import anyio
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from contract.web.pages import Pages
from edge.account import account
from edge.evidence import Evidence, Listed, gather, latest
from edge.kiosk.cards import second_view
from edge.kiosk.pages import HERE, Kiosk, gate_view
from edge.kiosk.view import PassageView
from edge.store import Store

SHOWN: Final = 100


def add(app: FastAPI, kiosk: Kiosk, store: Store) -> None:
    """Add the pages to the application of the gate's screens."""
    pages = Pages(HERE / "templates", kiosk.phrases, default=kiosk.config.kiosk.language)

    def listed() -> tuple[Listed, ...]:
        with store.reading() as connection:
            return latest(connection, SHOWN)

    def known(passage: UUID) -> Evidence:
        with store.reading() as connection:
            return gather(connection, passage, kiosk.config)

    @app.get("/explain", response_class=HTMLResponse)
    async def explain(request: Request) -> HTMLResponse:
        found = await anyio.to_thread.run_sync(listed)
        return pages.page(request, "passages.html", gate=gate_view(kiosk), passages=found)

    @app.get("/explain/{passage}", response_class=HTMLResponse)
    async def one(request: Request, passage: UUID) -> Response:
        evidence = await anyio.to_thread.run_sync(known, passage)
        if not evidence.attempts:
            return PlainTextResponse("no such passage", 404)
        view = PassageView(passage, evidence.attempts, tuple(second_view(second) for second in evidence.seconds))
        told = account(evidence, kiosk.phrases, pages.language(request))
        picture = evidence.picture_png is not None
        return pages.page(request, "explain.html", gate=gate_view(kiosk), view=view, account=told, picture=picture)

    @app.get("/explain/{passage}/picture.png")
    async def picture(passage: UUID) -> Response:
        evidence = await anyio.to_thread.run_sync(known, passage)
        png = evidence.picture_png
        return Response(png, media_type="image/png") if png else PlainTextResponse("no picture", 404)
