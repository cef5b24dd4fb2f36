"""The technician's page and acts: checks and calibrations, on the gate's own screen and for the terminal."""

import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Body, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict

from contract.web.idempotency import idempotency_key
from contract.web.pages import Pages
from edge.kiosk.pages import HERE, Kiosk, gate_view, words_of
from edge.kiosk.screen import plain
from edge.technician.bench import Bench
from edge.technician.forms import AbandonForm, CalibrationForm, CheckForm, LinearityForm
from edge.technician.profile import PROFILES
from edge.technician.stand import BenchRefused
from edge.technician.view import BenchView

REMEMBERED: Final = 1000
WORDS: Final = ("technician.", "kiosk.no_name", "reason.being_checked", "reason.check_overdue", "instrument_state.")


class CheckBody(BaseModel):
    """A check is to begin."""

    model_config = ConfigDict(extra="forbid")
    by: str
    plate_c: float | None = None


class CalibrationBody(BaseModel):
    """A calibration is to begin, or to go on."""

    model_config = ConfigDict(extra="forbid")
    by: str
    profile: str = "china"
    checked_by: str = ""
    reference_u_c: float | None = None
    reference_certificate: str = ""
    resolution_c: float | None = None


def add(app: FastAPI, kiosk: Kiosk, bench: Bench) -> None:
    """Add the technician's page and acts to the application of the gate's screens."""
    pages = Pages(HERE / "templates", kiosk.phrases, default=kiosk.config.kiosk.language)
    _add_page(app, kiosk, bench, pages)
    _add_acts(app, kiosk, bench, pages)


def encoded(view: BenchView) -> str:
    """Return the bench's view as JSON."""
    return json.dumps(plain(view), ensure_ascii=False)


def _add_page(app: FastAPI, kiosk: Kiosk, bench: Bench, pages: Pages) -> None:
    @app.get("/technician", response_class=HTMLResponse)
    async def technician(request: Request) -> HTMLResponse:
        return pages.page(
            request,
            "technician.html",
            view={"gate": gate_view(kiosk)},
            words=words_of(kiosk.phrases, pages.language(request), WORDS),
            duties=bench.duty_views(),
            profiles=tuple(PROFILES.values()),
            staff_names=kiosk.config.kiosk.staff,
            start=plain(bench.view),
        )

    @app.get("/technician/duties", response_class=HTMLResponse)
    async def duties(request: Request) -> HTMLResponse:
        return pages.page(request, "technician_duties.html", duties=bench.duty_views())

    @app.get("/technician/state")
    async def state(request: Request) -> JSONResponse:
        view, language = bench.view, pages.language(request)
        sentence = kiosk.phrases.text(view.refused, language, **view.values) if view and view.refused else ""
        after = kiosk.phrases.text(view.next, language) if view and view.next else ""
        duties = plain(bench.duty_views())
        return JSONResponse({"bench": plain(view), "sentence": sentence, "next": after, "duties": duties})


class _Acts:
    """Acts done once: a key that has been done is answered again and changes nothing."""

    def __init__(self, kiosk: Kiosk, bench: Bench, pages: Pages) -> None:
        self._kiosk, self._bench, self._pages = kiosk, bench, pages
        self._done: OrderedDict[UUID, None] = OrderedDict()

    def __call__(self, request: Request, key: UUID, act: Callable[[], None], said: str) -> JSONResponse:
        """Do an act and answer. Raises FormRefused."""
        if key not in self._done:
            act()
            self._done[key] = None
            while len(self._done) > REMEMBERED:
                self._done.popitem(last=False)
        sentence = self._kiosk.phrases.text(said, self._pages.language(request))
        return JSONResponse({"ok": True, "sentence": sentence, "bench": plain(self._bench.view)})


def _add_acts(app: FastAPI, kiosk: Kiosk, bench: Bench, pages: Pages) -> None:
    Key = Annotated[UUID, Depends(idempotency_key)]  # noqa: N806  # a type
    once = _Acts(kiosk, bench, pages)

    @app.post("/technician/instruments/{instrument}/check")
    async def check(request: Request, instrument: str, body: CheckBody, key: Key) -> JSONResponse:
        form = CheckForm(body.by, body.plate_c)
        return once(request, key, lambda: bench.check(instrument, form), "technician.done.begun")

    @app.post("/technician/instruments/{instrument}/calibration")
    async def calibration(request: Request, instrument: str, body: CalibrationBody, key: Key) -> JSONResponse:
        form = CalibrationForm(**body.model_dump())
        return once(request, key, lambda: bench.calibrate(instrument, form), "technician.done.begun")

    @app.post("/technician/instruments/{instrument}/linearity")
    async def linearity(
        request: Request, instrument: str, by: Annotated[str, Body(embed=True)], key: Key
    ) -> JSONResponse:
        form = LinearityForm(by)
        return once(request, key, lambda: bench.linearity(instrument, form), "technician.done.begun")

    @app.post("/technician/instruments/{instrument}/abandon")
    async def abandon(
        request: Request, instrument: str, by: Annotated[str, Body(embed=True)], key: Key
    ) -> JSONResponse:
        return once(request, key, lambda: bench.abandon(instrument, AbandonForm(by)), "technician.done.begun")

    @app.post("/technician/plate")
    async def plate(request: Request, value: Annotated[str, Body(embed=True)], key: Key) -> JSONResponse:
        return once(request, key, lambda: bench.plate(_number(value)), "technician.done.noted")

    @app.post("/technician/adjust")
    async def adjust(request: Request, changed: Annotated[bool, Body(embed=True)], key: Key) -> JSONResponse:
        return once(request, key, lambda: bench.adjust(changed=changed), "technician.done.noted")

    @app.post("/technician/stop")
    async def stop(request: Request, key: Key) -> JSONResponse:
        return once(request, key, bench.stop, "technician.done.stopped")


def _number(typed: str) -> float:
    try:
        return float(typed.strip().replace(",", "."))
    except ValueError as error:
        raise BenchRefused("technician.refused.no_number", typed=typed[:12]) from error
