"""A contact reading's way: typed at a real gate, over the real broker, into both instruments' streams at central."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from central.instruments import days
from central.instruments.days import Series
from central.store.dialect import sqlite_url
from central.store.store import Store
from contract.clock import SystemClock
from contract.ids import new_id
from edge.config import GateConfig
from tests.central.room import Room, until
from tests.edge.conftest import GATE, settings_in
from tests.edge.kiosk.conftest import gate_thread
from tests.edge.rig import AIR_C, HEALTHY_C, LIMITS, thermometer, with_certificate

TRUSTED, EXPIRED, STRANGE = "T-07", "E-2", "X-9"
READINGS = 6
"""A day needs five."""


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "central").start()
    yield room
    if room.process.poll() is None:
        room.stop()


def passage_of(page: httpx.Client) -> UUID | None:
    """The latest passage on the gate's own list."""
    found = re.search(r"/explain/([0-9a-f-]{36})", page.get("/explain").text)
    return UUID(found[1]) if found else None


def type_in(page: httpx.Client, passage: UUID, thermometer_id: str, value: str, scale: str = "oral") -> httpx.Response:
    return page.post(
        f"/passages/{passage}/second",
        params={"lang": "en"},
        json={"by": "王芳", "value": value, "scale": scale, "thermometer": thermometer_id},
        headers={"idempotency-key": str(new_id(SystemClock().now().at))},
    )


def arrived(room: Room) -> int:
    with sqlite3.connect(f"file:{room.var / 'central.sqlite'}?mode=ro", uri=True) as connection:
        return connection.execute("select count(*) from second_measurements").fetchone()[0]


def test_camera_and_thermometer_both_get_what_they_say_of_each_other(room: Room, tmp_path: Path) -> None:
    settings = with_certificate(settings_in(tmp_path), tmp_path)
    settings["mqtt"] = {"url": room.broker}
    settings["kiosk"]["audit_share"] = 1
    settings["kiosk"]["thermometers"] = [
        {"id": TRUSTED, "scale": "oral", "calibrated_until": "2100-01-01T00:00:00Z"},
        {"id": EXPIRED, "scale": "oral", "calibrated_until": "2020-01-01T00:00:00Z"},
    ]
    with (
        thermometer(tmp_path / "gun") as (forehead, _),
        gate_thread(GateConfig.model_validate(settings)) as address,
        httpx.Client(base_url=address, limits=LIMITS) as page,
    ):
        until(lambda: "gun" in page.get("/readyz").text and page.get("/readyz").json()["instrument gun"])
        forehead.value_c = HEALTHY_C
        passage = until(lambda: passage_of(page))
        forehead.value_c = AIR_C
        assert isinstance(passage, UUID)
        wrong = type_in(page, passage, TRUSTED, "73")
        assert (wrong.status_code, "two digits swapped" in wrong.json()["sentence"]) == (422, True)
        assert type_in(page, passage, TRUSTED, "36.8", scale="").status_code == 422
        for number in range(READINGS):
            assert type_in(page, passage, TRUSTED, f"36.{number}").json()["ok"]
        for doubtful in (EXPIRED, STRANGE):
            for _ in range(READINGS):
                assert type_in(page, passage, doubtful, "39.5").json()["ok"]
        until(lambda: arrived(room) == 3 * READINGS)
        with room.client() as board:
            until(lambda: "contact-t-07" in board.get("/instruments").text)
            assert "2100-01-01" in board.get("/instruments").text
            assert board.get(f"/instruments/{GATE}/contact-e-2").status_code == 200
    room.stop()
    store = Store.open(sqlite_url(room.var / "central.sqlite"), SystemClock())
    try:
        now = SystemClock().now().at
        noon = timezone(timedelta(hours=12 - now.hour))  # where it is: a day that does not end during the test
        today = now.astimezone(noon).date()
        store.write(lambda transaction: days.keep(transaction, today, noon))
        with store.read() as connection:
            rows = {row.instrument: row.summary for row in days.load(connection, Series.SECOND_MEASUREMENT, today)}
    finally:
        store.close()
    assert set(rows) == {"gun", "contact-t-07", "contact-e-2", "contact-x-9"}
    assert rows["gun"].median_c == pytest.approx(-rows["contact-t-07"].median_c)
    # a thermometer without a valid calibration speaks of itself only
    assert {name: summary.n for name, summary in rows.items()} == dict.fromkeys(rows, READINGS)
    assert rows["contact-e-2"].median_c - rows["contact-t-07"].median_c == pytest.approx(39.5 - 36.25)
