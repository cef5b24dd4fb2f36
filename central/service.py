"""The composition root: everything that central is made of, put together, run, and taken apart in order."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import anyio

from central.access.seed import SetUp, refuse_demo_accounts, seed_demo, set_up
from central.alerts.decisions import Decisions
from central.alerts.register import Register
from central.board.application import LOCALE, TEMPLATES, make_application
from central.board.desk import Desk, csrf_key
from central.board.figures import FIGURES
from central.broker import CENTRAL, Broker, BrokerTls
from central.config import Settings
from central.dispatch import Dispatch
from central.filing import Filing
from central.folder import claim
from central.gates import Standing, all_gates
from central.ingest import Ingest
from central.instruments.recalibration import Recalibration
from central.instruments.surveillance import Surveillance, local_zone
from central.instruments.wording import worded
from central.metrics import Metrics
from central.news import News
from central.notify import Notifier
from central.store.dialect import sqlite_url
from central.store.store import Store
from central.store.tables import outbox as outbox_rows
from central.store.writer import Commit
from central.watch import Watch
from contract.clock import Clock
from contract.delivery.bus import Bus, Tls
from contract.delivery.letters import Letters
from contract.delivery.outbox import Outbox
from contract.delivery.sender import Sender
from contract.phrases import Phrases
from contract.signing import Trust
from contract.topics import Direction, presence_filter, up_filter
from contract.web.feed import Feed
from contract.web.guard import Csrf
from contract.web.pages import Pages
from contract.web.server import ServerTls, serve

WINDOW: Final = 2_000
"""Messages under way to gates; wide, so that gates which are away do not keep a decision from one that is there."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the process says once it is up."""

    url: str
    broker: str
    passwords: dict[str, str]
    """Of the demo accounts, by name."""
    set_up_code: str
    """With which the first administrator is made; empty if there is one."""


async def run(
    settings: Settings,
    var: Path,
    clock: Clock,
    *,
    demo: bool,
    announce: Callable[[Announcement], None],
    stop: anyio.Event,
) -> None:
    """Run central until `stop` is set.

    Raises FolderRefused, DatabaseRefused, DemoRefused, BrokerRefused, BusRefused, PortTaken, ServerFailed.
    """
    with ExitStack() as opened:
        opened.enter_context(claim(var))
        metrics = Metrics()
        store = Store.open(settings.database.url or sqlite_url(var / "central.sqlite"), clock, _counting(metrics))
        opened.callback(store.close)
        passwords, code = await anyio.to_thread.run_sync(partial(_accounts, store, var, demo=demo))
        broker = await anyio.to_thread.run_sync(_start_broker, settings, var, store, opened)
        broker_url = settings.mqtt.url if broker is None else broker.url
        parts = assemble(settings, store, clock, metrics, broker_url, SetUp(code), demo=demo, broker=broker)
        parts.bus.start()
        opened.callback(parts.bus.stop)
        parts.sender.start()
        opened.callback(parts.sender.stop)

        def started(port: int) -> None:
            scheme = "https" if parts.desk.secure else "http"
            host = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
            announce(Announcement(f"{scheme}://{host}:{port}", broker_url, passwords, code))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(parts.watch.run)
            tasks.start_soon(parts.notifier.run)
            await serve(
                make_application(parts.desk),
                settings.web.host,
                settings.web.port,
                stop=stop,
                on_started=started,
                feeds=[parts.desk.feed],
                tls=_server_tls(settings),
            )
            tasks.cancel_scope.cancel()


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs beside the web."""

    desk: Desk
    bus: Bus
    sender: Sender
    watch: Watch
    notifier: Notifier


def assemble(
    settings: Settings,
    store: Store,
    clock: Clock,
    metrics: Metrics,
    broker_url: str,
    first: SetUp,
    *,
    demo: bool,
    broker: Broker | None,
) -> Parts:
    """Put the parts together; nothing starts yet. Call it on the event loop. Raises BusRefused."""

    def admit() -> None:
        if broker is not None and settings.mqtt.gates:
            broker.admit(_admitted(settings, store))

    phrases = Phrases.load(LOCALE)
    feed = Feed(clock)
    notifier = Notifier(settings.notify.webhook, phrases, settings.web.language, metrics)
    news = News(feed, clock, metrics, asyncio.get_running_loop(), notifier.hear)
    outbox = Outbox(outbox_rows)
    letters = Letters(Direction.DOWN, clock)

    def receive(topic: str, payload: bytes) -> None:
        ingest.receive(topic, payload)

    def up() -> None:
        bus.subscribe(up_filter(), 1)
        bus.subscribe(presence_filter(), 1)
        sender.connected()

    bus = Bus(
        broker_url,
        "central",
        on_message=receive,
        tls=Tls(settings.mqtt.ca, settings.mqtt.certificate, settings.mqtt.key),
        on_up=up,
    )
    sender = Sender(
        outbox,
        bus,
        clock,
        read=store.read,
        write=lambda work: store.write(lambda transaction: work(transaction.connection)),
        window=WINDOW,
    )
    register = Register(settings.alerts, timedelta(hours=settings.retention.pictures_h))
    decisions = Decisions(register, Dispatch(letters, outbox, sender.wake))
    trust = Trust.load(settings.calibration.trust)
    surveillance = Surveillance(decisions.dispatch, local_zone(clock.now().at), trust)
    filing = Filing(register, decisions, demo, surveillance)
    ingest = Ingest(
        store,
        filing,
        letters,
        clock,
        metrics,
        news,
        publish=lambda topic, payload: bus.publish(topic, payload, 0),
        forget=partial(sender.acknowledged, deleted=True),
        here=sender.connected,
    )
    desk = Desk(
        settings=settings,
        clock=clock,
        store=store,
        feed=feed,
        news=news,
        metrics=metrics,
        phrases=phrases,
        pages=Pages(
            TEMPLATES, phrases, default=settings.web.language, said=partial(worded, phrases=phrases), **FIGURES
        ),
        csrf=Csrf(csrf_key(store)),
        decisions=decisions,
        filing=filing,
        ingest=ingest,
        set_up=first,
        demo=demo,
        broker_up=lambda: bus.is_up,
        recalibration=Recalibration(decisions.dispatch, trust),
        surveillance=surveillance,
        admit=admit,
    )
    return Parts(desk, bus, sender, Watch(store, register, news, clock, settings, surveillance), notifier)


def _accounts(store: Store, var: Path, *, demo: bool) -> tuple[dict[str, str], str]:
    """Return the demo accounts' passwords, or the code for the first administrator. Raises DemoRefused."""
    if demo:
        return seed_demo(store, var), ""
    refuse_demo_accounts(store, var)
    return {}, set_up(store).code


def _start_broker(settings: Settings, var: Path, store: Store, opened: ExitStack) -> Broker | None:
    """Start the embedded broker, or return None if another is named. Raises BrokerRefused."""
    mqtt = settings.mqtt
    if mqtt.url:
        return None
    tls = None
    if mqtt.ca is not None and mqtt.certificate is not None and mqtt.key is not None:
        tls = BrokerTls(mqtt.ca, mqtt.certificate, mqtt.key)
    known = _admitted(settings, store) if mqtt.gates else None
    broker = Broker(var / "broker", host=mqtt.host, port=mqtt.port, program=mqtt.server, tls=tls, gates=known)
    opened.callback(broker.stop)
    broker.start()
    return broker


def _admitted(settings: Settings, store: Store) -> set[str]:
    """Return the gates that may connect: those that are named or accepted, and not refused."""
    with store.read() as connection:
        standing = {gate.id: gate.standing for gate in all_gates(connection)}
    accepted = {gate for gate, one in standing.items() if one is Standing.ACCEPTED}
    refused = {gate for gate, one in standing.items() if one is Standing.REFUSED}
    return (accepted | set(settings.mqtt.gates)) - refused - {CENTRAL}


def _server_tls(settings: Settings) -> ServerTls | None:
    web = settings.web
    return ServerTls(web.certificate, web.key) if web.certificate is not None and web.key is not None else None


def _counting(metrics: Metrics) -> Callable[[Commit], None]:
    def count(commit: Commit) -> None:
        metrics.commit_s.observe(commit.seconds)
        metrics.commit_works.observe(commit.works)
        if commit.failed:
            metrics.commit_failures.inc()

    return count
