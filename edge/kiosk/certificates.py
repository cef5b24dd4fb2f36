"""Certificates at the gate: as a page, on paper, as data."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final
from uuid import UUID

import anyio
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from sqlalchemy import select

from contract.calibration import Certificate, refusal
from contract.conformity import zone
from contract.phrases import LANGUAGES, Phrases
from contract.printing import certificate as printed
from contract.web.pages import Pages
from edge import tables
from edge.kiosk.pages import HERE, Kiosk, gate_view
from edge.store import Store
from edge.technician.bench import Bench

WHERE: Final = "/technician/certificates/{name}"

Known = Callable[[UUID], Awaitable[Certificate | None]]


def add(app: FastAPI, kiosk: Kiosk, bench: Bench, store: Store) -> None:
    """Add the certificates' pages to the application of the gate's screens."""

    async def known(name: UUID) -> Certificate | None:
        """Return a certificate of the store, or the one that the gate's file names."""
        stored = await anyio.to_thread.run_sync(_stored, store, name)
        return stored or next((one for one in bench.certificates() if one.id == name), None)

    _add_data(app, known)
    _add_page(app, kiosk, bench, known)


def _add_data(app: FastAPI, known: Known) -> None:
    @app.get(f"{WHERE}.json")
    async def content(name: UUID) -> Response:
        certificate = await known(name)
        if certificate is None:
            return _unknown()
        return Response(certificate.model_dump_json(indent=1), media_type="application/json")

    @app.get(f"{WHERE}.pdf")
    async def paper(name: UUID, only: str = "") -> Response:
        certificate = await known(name)
        if certificate is None:
            return _unknown()
        language = next((one for one in LANGUAGES if one == only), None)
        pdf = await anyio.to_thread.run_sync(printed.pdf, certificate, language)
        return Response(pdf, media_type="application/pdf")


def _add_page(app: FastAPI, kiosk: Kiosk, bench: Bench, known: Known) -> None:
    pages = Pages(HERE / "templates", kiosk.phrases, default=kiosk.config.kiosk.language)
    phrases = Phrases.load(printed.LOCALE)

    @app.get(f"{WHERE}.svg")
    async def plot(request: Request, name: UUID) -> Response:
        certificate = await known(name)
        if certificate is None or not (certificate.as_found or certificate.as_left):
            return _unknown()
        svg = await anyio.to_thread.run_sync(printed.plot_svg, certificate, phrases, pages.language(request))
        return Response(svg, media_type="image/svg+xml")

    @app.get(WHERE, response_class=HTMLResponse)
    async def page(request: Request, name: UUID) -> Response:
        certificate = await known(name)
        if certificate is None:
            return _unknown()
        here = next((one for one in kiosk.config.instruments if one.id == certificate.instrument), None)
        now = kiosk.screen.clock.now().at
        return pages.page(
            request,
            "certificate.html",
            gate=gate_view(kiosk),
            certificate=certificate,
            doubt=refusal(certificate, certificate.instrument, here.serial if here else certificate.serial, now),
            in_force=any(one.id == name for one in bench.certificates()),
            lines=printed.listed(certificate, phrases, pages.language(request)),
            zone=partial(_zone, certificate),
        )


def _zone(certificate: Certificate, error_c: float) -> str | None:
    if certificate.mpe_c is None or certificate.expanded_c is None:
        return None
    return zone(error_c, certificate.mpe_c, certificate.expanded_c)


def _unknown() -> Response:
    return PlainTextResponse("no such certificate", 404)


def _stored(store: Store, name: UUID) -> Certificate | None:
    with store.reading() as connection:
        body = connection.execute(
            select(tables.certificates.c.body).where(tables.certificates.c.id == name)
        ).scalar_one_or_none()
    return None if body is None else Certificate.model_validate_json(body)
