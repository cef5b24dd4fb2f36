"""Everything that a page or a request may use, handed over once by the process that put it together."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from starlette.requests import Request

from central.access.seed import SetUp
from central.alerts.decisions import Decisions
from central.config import Settings
from central.filing import Filing
from central.ingest import Ingest
from central.instruments.recalibration import Recalibration
from central.instruments.surveillance import Surveillance
from central.metrics import Metrics
from central.news import News
from central.store.store import Store
from central.store.tables import keys
from central.store.writer import Transaction
from contract.clock import Clock
from contract.phrases import Language, Phrases
from contract.web.feed import Feed
from contract.web.guard import Csrf
from contract.web.pages import Pages

CSRF_KEY: Final = "csrf"


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of central that the web stands on."""

    settings: Settings
    clock: Clock
    store: Store
    feed: Feed
    news: News
    metrics: Metrics
    phrases: Phrases
    pages: Pages
    csrf: Csrf
    decisions: Decisions
    filing: Filing
    ingest: Ingest
    set_up: SetUp
    demo: bool
    broker_up: Callable[[], bool]
    recalibration: Recalibration
    surveillance: Surveillance
    admit: Callable[[], None]
    """Tell the broker anew who may connect."""

    def now(self) -> datetime:
        """Return the present moment."""
        return self.clock.now().at

    @property
    def secure(self) -> bool:
        """Whether browsers reach the board by HTTPS."""
        return self.settings.web.certificate is not None

    def language(self, request: Request) -> Language:
        """Return the browser's language."""
        return self.pages.language(request)


def desk_of(request: Request) -> Desk:
    """Return the desk of the application that answers."""
    desk: Desk = request.app.state.desk
    return desk


def csrf_key(store: Store) -> bytes:
    """Return this deployment's key for form tokens, made once and kept, so that a restart spoils no open form."""

    def work(transaction: Transaction) -> bytes:
        found = transaction.connection.execute(select(keys.c.value).where(keys.c.name == CSRF_KEY)).scalar()
        if found is None:
            found = secrets.token_bytes(32)
            transaction.connection.execute(keys.insert().values(name=CSRF_KEY, value=found))
        return bytes(found)

    return store.write(work)
