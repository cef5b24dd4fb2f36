"""What other programs ask: is the process alive, is it ready, what does it count; and the interface's reference."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from central.alerts.records import count_by_state
from central.board.desk import Desk
from central.board.doors import Forbidden, TheDesk, address_of
from contract.delivery.bus import is_loopback

router = APIRouter(include_in_schema=False)

MAX_WAITING = 2_000
"""Writes that wait for their commit before this central calls itself not ready."""


@router.get("/healthz")
def alive() -> JSONResponse:
    """Say that the process answers."""
    return JSONResponse({"alive": True})


@router.get("/readyz")
def ready(desk: TheDesk) -> JSONResponse:
    """Say whether alerts can come in and be decided, part by part."""
    parts = {
        "broker": desk.broker_up(),
        "writer": desk.store.healthy() and desk.store.waiting() < MAX_WAITING,
        "database": _database(desk),
    }
    return JSONResponse({"ready": all(parts.values()), **parts}, 200 if all(parts.values()) else 503)


def _database(desk: Desk) -> bool:
    with desk.store.read() as connection:
        return bool(count_by_state(connection))


@router.get("/metrics")
def metrics(request: Request, desk: TheDesk) -> Response:
    """Give the counters to Prometheus, which asks from this machine."""
    if not is_loopback(address_of(request)):
        raise Forbidden
    with desk.store.read() as connection:
        for state, count in count_by_state(connection).items():
            desk.metrics.open_alerts.labels(state).set(count)
        desk.metrics.outbox_rows.set(desk.decisions.dispatch.outbox.length(connection))
    desk.metrics.watchers.set(desk.feed.listeners)
    desk.metrics.broker_up.set(desk.broker_up())
    return Response(desk.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/docs")
def reference(request: Request, desk: TheDesk) -> HTMLResponse:
    """Show the programming interface, made from its OpenAPI document; everything is served from here."""
    document: dict[str, Any] = request.app.openapi()
    operations = [
        {"path": path, "method": method.upper(), **operation}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return desk.pages.page(
        request,
        "docs.html",
        desk=desk,
        document=document,
        operations=operations,
        schemas=document["components"]["schemas"],
    )
