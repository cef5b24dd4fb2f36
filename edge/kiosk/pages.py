"""The pages and acts of the gate's screens as one web application.

Pages read the `Screen` and the store; acts go to whoever implements `Desk`. A POST carries the page's own key, which
becomes the id of the record it makes, so a second try changes nothing.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Protocol
from uuid import UUID

import anyio
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict

from contract.messages import MeasurementBody, SecondMeasurement
from contract.phrases import LANGUAGES, Language, Phrases
from contract.vocabulary import VerdictKind
from contract.web.feed import Feed
from contract.web.guard import Guard
from contract.web.idempotency import idempotency_key
from contract.web.pages import Pages
from edge.config import LOOPBACK, GateConfig
from edge.kiosk.cards import second_view
from edge.kiosk.pictures import crop_png, palette
from edge.kiosk.screen import Screen, plain
from edge.kiosk.second import SCALES, FormRefused, SecondForm
from edge.kiosk.view import GateView, PassageView, StaffView, ThermometerView, VisitorView

HERE: Final = Path(__file__).parent
STAFF_WORDS: Final = ("verdict.", "reason.", "kiosk.")
VISITOR_WORDS: Final = ("reason.", "kiosk.sign.")


class Desk(Protocol):
    """What staff can do at the screen; each is shown at once and then kept. `key` makes a repetition harmless."""

    def taken(self, passage: UUID, lane: str, by: str) -> None:
        """The person was taken aside."""
        ...

    def remeasure(self, passage: UUID, lane: str, by: str) -> None:
        """The next person before that lane is this passage's person again. Raises FormRefused."""
        ...

    async def second(self, form: SecondForm, *, key: UUID, passage: UUID, alert: UUID | None) -> bool:
        """Keep a contact measurement; say whether it raised an alert. Raises FormRefused."""
        ...

    def confirm(self, decision: UUID, alert: UUID, by: str, *, key: UUID, carried_out: bool, remark: str) -> None:
        """Keep that a decision was, or could not be, carried out. Raises FormRefused."""
        ...

    def doubted(self, thermometer: str) -> bool:
        """Say whether central doubts a contact thermometer."""
        ...

    async def passage(self, passage: UUID) -> tuple[tuple[MeasurementBody, ...], tuple[SecondMeasurement, ...]]:
        """Return what is known of a passage."""
        ...

    async def crop(self, alert: UUID) -> bytes | None:
        """Return an alert's stored picture."""
        ...

    def ready(self) -> dict[str, bool]:
        """Return what this gate needs to screen, and whether it is there."""
        ...

    def metrics(self) -> bytes:
        """Return the figures for Prometheus."""
        ...


@dataclass(frozen=True, slots=True)
class Kiosk:
    """What the pages are made of."""

    config: GateConfig
    boot: UUID
    phrases: Phrases
    screen: Screen
    feed: Feed
    live: Feed
    desk: Desk


class Act(BaseModel):
    """What the page sends with an act."""

    model_config = ConfigDict(extra="forbid")

    by: str
    lane: str = ""
    alert: UUID | None = None
    value: str = ""
    scale: str = ""
    thermometer: str = ""
    carried_out: bool = True
    remark: str = ""


def application(kiosk: Kiosk) -> FastAPI:
    """Return the web application of a gate's screens."""
    app = FastAPI(title="Guankou gate", docs_url=None, redoc_url=None, openapi_url=None)
    hosts = () if kiosk.config.kiosk.allow_network else LOOPBACK
    app.add_middleware(Guard, hosts=hosts)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    pages = Pages(HERE / "templates", kiosk.phrases, default=kiosk.config.kiosk.language)
    _add_pages(app, kiosk, pages)
    _add_streams(app, kiosk)
    _add_acts(app, kiosk, pages)
    _add_service(app, kiosk)
    return app


def _add_pages(app: FastAPI, kiosk: Kiosk, pages: Pages) -> None:
    @app.get("/", response_class=HTMLResponse)
    async def staff(request: Request) -> HTMLResponse:
        view = staff_view(kiosk)
        start = {"recent": view.recent, "lanes": view.lanes}
        return pages.page(
            request,
            "staff.html",
            view=view,
            words=words_of(kiosk.phrases, pages.language(request), STAFF_WORDS),
            start=plain(start),
            scales=SCALES,
            kinds=tuple(VerdictKind),
        )

    @app.get("/visitor", response_class=HTMLResponse)
    async def visitor(request: Request, lane: str | None = None) -> HTMLResponse:
        language = pages.language(request)
        other = next(spoken for spoken in LANGUAGES if spoken != language)
        chosen = lane if lane in kiosk.screen.lanes else next(iter(kiosk.screen.lanes))
        shown = kiosk.screen.lanes[chosen].sign.shown
        return pages.page(
            request,
            "visitor.html",
            view=VisitorView(gate_view(kiosk), chosen, shown.sign, shown.hint),
            words=words_of(kiosk.phrases, language, VISITOR_WORDS),
            other_words=words_of(kiosk.phrases, other, VISITOR_WORDS),
        )

    @app.get("/fragments/{name}", response_class=HTMLResponse)
    async def fragment(request: Request, name: str) -> Response:
        if name not in {"alerts", "strip"}:
            return PlainTextResponse("no such part", 404)
        return pages.page(request, f"{name}.html", view=staff_view(kiosk))

    @app.get("/passages/{passage}", response_class=HTMLResponse)
    async def passage(request: Request, passage: UUID) -> Response:
        attempts, seconds = await kiosk.desk.passage(passage)
        if not attempts:
            return PlainTextResponse("no such passage", 404)
        view = PassageView(passage, attempts, tuple(second_view(second) for second in seconds))
        return pages.page(request, "passage.html", view=view)

    @app.get("/alerts/{alert}/crop.png")
    async def crop(alert: UUID) -> Response:
        card = kiosk.screen.cards.get(alert)
        if card is not None and card.crop_c is not None:
            png: bytes | None = await anyio.to_thread.run_sync(crop_png, card.crop_c)
        else:
            png = await kiosk.desk.crop(alert)
        return Response(png, media_type="image/png") if png else PlainTextResponse("no picture", 404)


def _add_streams(app: FastAPI, kiosk: Kiosk) -> None:
    colours = palette()

    @app.get("/feed")
    async def feed(request: Request) -> StreamingResponse:
        return kiosk.feed.response(request)

    @app.get("/live")
    async def live(request: Request) -> StreamingResponse:
        return kiosk.live.response(request)

    @app.get("/palette")
    async def colour_table() -> Response:
        return Response(colours, media_type="application/octet-stream")


def _add_acts(app: FastAPI, kiosk: Kiosk, pages: Pages) -> None:
    desk, phrases = kiosk.desk, kiosk.phrases
    Key = Annotated[UUID, Depends(idempotency_key)]  # noqa: N806  # a type

    @app.exception_handler(FormRefused)
    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, FormRefused)  # noqa: S101  # what the handler is registered for
        sentence = phrases.text(error.key, pages.language(request), **error.values)
        return JSONResponse({"ok": False, "sentence": sentence}, 422)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"ok": False, "sentence": phrases.text("kiosk.malformed", pages.language(request))}, 422)

    def done(request: Request, key: str) -> JSONResponse:
        return JSONResponse({"ok": True, "sentence": phrases.text(key, pages.language(request))})

    @app.post("/passages/{passage}/taken")
    async def taken(request: Request, passage: UUID, act: Act, _key: Key) -> JSONResponse:
        desk.taken(passage, act.lane, act.by)
        return done(request, "kiosk.done.taken")

    @app.post("/passages/{passage}/remeasure")
    async def remeasure(request: Request, passage: UUID, act: Act, _key: Key) -> JSONResponse:
        desk.remeasure(passage, act.lane, act.by)
        return done(request, "kiosk.done.remeasure")

    @app.post("/passages/{passage}/second")
    async def second(request: Request, passage: UUID, act: Act, key: Key) -> JSONResponse:
        form = SecondForm(act.value, act.scale, act.thermometer, act.by)
        raised = await desk.second(form, key=key, passage=passage, alert=act.alert)
        return done(request, "kiosk.done.second_fever" if raised else "kiosk.done.second")

    @app.post("/decisions/{decision}/confirm")
    async def confirm(request: Request, decision: UUID, act: Act, key: Key) -> JSONResponse:
        if act.alert is None:
            raise FormRefused("kiosk.malformed")
        desk.confirm(decision, act.alert, act.by, key=key, carried_out=act.carried_out, remark=act.remark[:200])
        return done(request, "kiosk.done.confirmed")


def _add_service(app: FastAPI, kiosk: Kiosk) -> None:
    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"ok": True, "gate": kiosk.config.gate.id, "boot": str(kiosk.boot)})

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        parts = kiosk.desk.ready()
        return JSONResponse(parts, 200 if all(parts.values()) else 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(kiosk.desk.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")


def staff_view(kiosk: Kiosk) -> StaffView:
    """Return what the staff window shows now."""
    screen, settings = kiosk.screen, kiosk.config.kiosk
    now = kiosk.screen.clock.now().at
    return StaffView(
        gate=gate_view(kiosk),
        lanes=tuple(lane.view() for lane in screen.lanes.values()),
        cards=screen.cards.view(),
        waiting=len(screen.cards),
        audits=screen.audits.view(),
        recent=screen.recent(),
        strip=screen.strip,
        staff=settings.staff,
        thermometers=tuple(
            ThermometerView(
                known.id,
                known.scale,
                expired=known.calibrated_until is not None and known.calibrated_until <= now,
                doubted=kiosk.desk.doubted(known.id),
            )
            for known in settings.thermometers
        ),
        duty_phone=settings.duty_phone,
    )


def gate_view(kiosk: Kiosk) -> GateView:
    """Return what stands on every page."""
    gate = kiosk.config.gate
    return GateView(
        id=gate.id,
        name_zh=gate.name_zh,
        name_en=gate.name_en,
        township=gate.township,
        simulated=gate.simulated,
        boot=kiosk.boot,
        last_event=kiosk.feed.last_id,
    )


def words_of(phrases: Phrases, language: Language, prefixes: tuple[str, ...]) -> dict[str, str]:
    """Return the words that a page's scripts need."""
    return {key: phrases.text(key, language) for key in sorted(phrases.keys(language)) if key.startswith(prefixes)}
