"""What time brings: silent gates, due timers, expired data, notices that leave the screen."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import anyio
import pytest
from sqlalchemy import func, select

from central.alerts.lifecycle import AlertEvent
from central.alerts.register import Transition
from central.board.application import LOCALE
from central.config import Access, Retention, Settings
from central.gates import Liveness, all_gates
from central.metrics import Metrics
from central.notify import Notifier
from central.reports.coverage import coverage
from central.retention import MAX_REFUSALS, clear
from central.store.tables import audit, crops, measurements, receipts, refusals
from central.watch import Watch
from contract.messages import GateHealth, MeasurementBody
from contract.phrases import Phrases
from contract.vocabulary import AlertState, VerdictKind
from tests.central.conftest import PNG, Central, a_measurement, a_verdict, an_alert


@pytest.fixture
def watch(central: Central) -> Watch:
    return Watch(central.store, central.register, central.heard, central.clock, Settings(), central.surveillance)


def liveness(central: Central) -> Liveness:
    with central.store.read() as connection:
        (gate,) = all_gates(connection)
    return gate.liveness(central.clock.now().at)


def healthy(central: Central, *, screening: bool = True) -> None:
    central.say("dock-1", GateHealth(at=central.clock.now().at, screening=screening, instruments=()))


def test_a_gate_is_what_it_last_said_until_it_falls_silent(central: Central) -> None:
    central.here()
    assert liveness(central) is Liveness.SILENT
    healthy(central)
    assert liveness(central) is Liveness.SCREENING
    healthy(central, screening=False)
    assert liveness(central) is Liveness.PAUSED
    central.clock.advance(31)
    assert liveness(central) is Liveness.SILENT


def test_a_silence_is_told_once_and_so_is_its_end(central: Central, watch: Watch) -> None:
    central.here()
    healthy(central)
    watch.look_at_gates()
    central.heard.gates.clear()
    central.clock.advance(31)
    for _ in range(3):
        watch.look_at_gates()
    assert central.heard.gates == [("dock-1", "silent")]
    healthy(central)
    central.heard.gates.clear()
    watch.look_at_gates()
    assert central.heard.gates == [("dock-1", "screening")]


def test_due_timers_are_fired_and_told(central: Central, watch: Watch) -> None:
    central.say("dock-1", an_alert(central.clock.now().at))
    watch.fire_timers()
    central.clock.advance(60)
    watch.fire_timers()
    watch.fire_timers()
    assert central.heard.events() == ["raise", "escalate"]


def test_a_township_that_nobody_watches_comes_first(central: Central) -> None:
    for gate in ("dock-1", "dock-2"):
        central.here(gate)
        healthy(central)
    with central.store.read() as connection:
        known = all_gates(connection)
    now = central.clock.now().at
    (one,) = coverage((gate, gate.liveness(now)) for gate in known)
    assert (one.screening, one.total, [gate.id for gate in one.dark]) == (1, 2, ["dock-2"])
    assert not one.unwatched
    (none,) = coverage((gate, Liveness.OFFLINE) for gate in known)
    assert none.unwatched


def count(central: Central, table) -> int:
    return central.rows(select(func.count()).select_from(table))[0][0]


def test_the_retention_clock_removes_what_is_past_its_time_and_says_so(central: Central, watch: Watch) -> None:
    now = central.clock.now().at
    alert = an_alert(now, crop=PNG)
    central.say("dock-1", alert)
    passed = MeasurementBody(measurement=a_measurement(now), verdict=a_verdict(VerdictKind.PASS))
    central.say("dock-1", passed)
    watch.clear_expired()
    assert (count(central, crops), count(central, measurements), count(central, receipts)) == (1, 1, 2)
    central.clock.advance(72 * 3600)
    watch.clear_expired()
    assert (count(central, crops), count(central, measurements)) == (0, 1)
    assert [row.detail for row in central.rows(select(audit))] == ["pictures 1"]
    central.clock.advance(60 * 24 * 3600)
    watch.clear_expired()
    assert (count(central, measurements), count(central, receipts)) == (0, 0)
    assert "measurements 1" in central.rows(select(audit))[-1].detail


def test_refusals_are_bounded(central: Central) -> None:
    row = {"at": central.clock.now().at, "topic": "t", "size": 1, "sha256": "0", "reason": "r"}
    rows = [row] * (MAX_REFUSALS + 5)
    central.store.write(lambda transaction: transaction.connection.execute(refusals.insert(), rows))
    gone = central.store.write(lambda transaction: clear(transaction, Retention(), Access()))
    assert gone == {"refusals": 5}


class Webhook:
    """A real HTTP server that takes notices, failing the first `failures` of them."""

    def __init__(self) -> None:
        self.taken: list[dict] = []
        self.came = threading.Event()
        self.failures = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(503 if outer.failures > 0 else 204)
                self.end_headers()
                if outer.failures > 0:
                    outer.failures -= 1
                else:
                    outer.taken.append(json.loads(body))
                    outer.came.set()

            def log_message(self, *_arguments) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/notice"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    webhook = Webhook()
    yield webhook
    webhook.stop()


def moved(central: Central, event: AlertEvent) -> Transition:
    now = central.clock.now().at
    return Transition(
        alert=an_alert(now).id,
        gate="dock-1",
        event=event,
        from_state=AlertState.RAISED,
        to_state=AlertState.RAISED,
        who="timer",
        at=now,
        raised_at=now - timedelta(seconds=60),
        late=False,
        simulated=True,
        escalation=1,
    )


def sent(metrics: Metrics, result: str) -> float:
    return metrics.notices.labels(result)._value.get()


@pytest.mark.anyio
async def test_an_alert_that_nobody_touches_leaves_the_screen(central: Central, webhook: Webhook, monkeypatch) -> None:
    monkeypatch.setattr("central.notify.PAUSE_S", 0.01)
    notifier = Notifier(webhook.url, Phrases.load(LOCALE), "zh", central.metrics)
    webhook.failures = 2
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(notifier.run)
        notifier.hear(moved(central, AlertEvent.RAISE))
        notifier.hear(moved(central, AlertEvent.ESCALATE))
        assert await anyio.to_thread.run_sync(webhook.came.wait, 5.0)
        tasks.cancel_scope.cancel()
    (notice,) = webhook.taken
    assert (notice["event"], notice["gate"], notice["simulated"]) == ("escalate", "dock-1", True)
    assert "无人响应" in notice["text"]


@pytest.mark.anyio
async def test_a_notice_that_cannot_be_delivered_is_counted_and_holds_up_nobody(central: Central, monkeypatch) -> None:
    monkeypatch.setattr("central.notify.PAUSE_S", 0.01)
    notifier = Notifier("http://127.0.0.1:9/", Phrases.load(LOCALE), "en", central.metrics)
    notifier.hear(moved(central, AlertEvent.LAPSE))
    await notifier._deliver(notifier._waiting.popleft())
    assert sent(central.metrics, "failed") == 1
    for _ in range(150):
        notifier.hear(moved(central, AlertEvent.ESCALATE))
    assert sent(central.metrics, "dropped") == 50
