"""The web application, put together: routes, refusals, guard, static files."""

from importlib.metadata import version
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from central.board import alerts, api, case_api, cases, gates, instruments, live, login, offices, operations
from central.board.desk import Desk
from central.board.errors import install
from contract.web.guard import Guard

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE / "templates"
STATIC: Final = HERE / "static"
LOCALE: Final = HERE / "locale"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def make_application(desk: Desk) -> FastAPI:
    """Return the application that answers for this desk."""
    app = FastAPI(
        title="Guankou central",
        version=version("guankou"),
        description="Alerts about people, decisions on them, gates and instruments.",
        docs_url=None,
        redoc_url=None,
    )
    app.state.desk = desk
    for module in (live, alerts, gates, instruments, cases, offices, login, operations, api, case_api):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    install(app)
    app.add_middleware(Guard, hosts=_hosts(desk))
    return app


def _hosts(desk: Desk) -> tuple[str, ...]:
    """Return the names under which browsers may reach the board; none: any, where no name could be known."""
    web = desk.settings.web
    if web.host in {"0.0.0.0", "::"} and not web.names:  # noqa: S104  # compared, not bound
        return ()
    return (*LOOPBACK, web.host, *web.names)
