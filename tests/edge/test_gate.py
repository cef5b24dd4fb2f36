"""One gate, whole: thermometer on a pseudo-terminal, store, broker, screens; central is played by the test."""

import queue
import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy.exc import OperationalError

from central.broker import Broker
from contract.clock import SystemClock
from contract.ids import new_id
from contract.messages import (
    Ack,
    Alert,
    CertificateBody,
    Confirmation,
    DecisionBody,
    GateHealth,
    InstrumentStateBody,
    MeasurementBody,
    RulesBody,
    SecondMeasurement,
)
from contract.topics import Kind
from contract.vocabulary import Decision, HealthFlag, InstrumentState, Reason, Scale, VerdictKind
from edge import recall
from edge.config import GateConfig
from edge.store import Store
from simulators.devices.lcus_relay import LcusRelay
from simulators.ports import PtyPort
from tests.drivers.ptys import Device
from tests.edge.conftest import a_certificate
from tests.edge.rig import (
    AIR_C,
    FEVERISH_C,
    HEALTHY_C,
    DutyRoom,
    Forehead,
    running,
    thermometer,
    with_certificate,
)
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


@pytest.fixture
def forehead(tmp_path: Path) -> Iterator[Forehead]:
    with thermometer(tmp_path / "gun") as (forehead, _):
        yield forehead


@pytest.fixture
def duty_room(broker: Broker) -> Iterator[DutyRoom]:
    with DutyRoom(broker.url) as room:
        yield room


@pytest.fixture
def connected(settings: dict[str, Any], tmp_path: Path, broker: Broker) -> GateConfig:
    """A gate with a certified thermometer and a broker."""
    settings["mqtt"] = {"url": broker.url}
    return GateConfig.model_validate(with_certificate(settings, tmp_path))


def a_decision(alert: Alert, decision: Decision = Decision.REFER) -> DecisionBody:
    at = SystemClock().now().at
    return DecisionBody(
        id=new_id(at),
        alert=alert.id,
        passage=alert.passage,
        decision=decision,
        decided_by="陈值班",
        decided_at=at,
        instruction="县医院发热门诊",
    )


async def test_a_fever_is_stopped_decided_on_and_carried_out(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    """The way of one passage, from the thermometer's bytes to the confirmed decision and back."""
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        forehead.value_c = FEVERISH_C
        verdict = await screens.wait_for("verdict")
        assert (verdict["kind"], verdict["latched"], verdict["instrument"]) == ("alarm", True, "gun")
        assert verdict["value_c"] > 38
        assert verdict["took_us"] > 0  # from the last byte to the screen; how fast it is, `make bench` tells
        forehead.value_c = AIR_C

        _, alert = await duty_room.expect(Kind.ALERT, Alert)
        assert str(alert.passage) == verdict["passage"]
        assert alert.simulated
        assert alert.crop_png is None  # a single point has no picture
        assert str(alert.id) in await screens.page("/fragments/alerts")

        assert (await screens.post(f"/passages/{alert.passage}/taken", lane="gun")).json()["ok"]

        decision = a_decision(alert)
        message = duty_room.send(decision)
        _, receipt = await duty_room.expect(Kind.ACK, Ack)
        assert receipt.message_ids == (message,)
        page = await screens.page("/fragments/alerts")
        assert 'data-decision="refer"' in page
        assert "县医院发热门诊" in page

        key = new_id(SystemClock().now().at)
        for _ in range(2):  # a double tap acts once
            answer = await screens.post(f"/decisions/{decision.id}/confirm", key=key, alert=str(alert.id))
            assert answer.json()["ok"]
        _, confirmation = await duty_room.expect(Kind.CONFIRMATION, Confirmation)
        assert (confirmation.id, confirmation.confirmed_by, confirmation.carried_out) == (key, "王芳", True)
        assert duty_room.heard[Kind.CONFIRMATION].empty()
        assert str(alert.id) not in await screens.page("/fragments/alerts")

        duty_room.send(decision)  # its receipt was lost: acknowledged again, and it does not come back on the screen
        await duty_room.expect(Kind.ACK, Ack)
        assert str(alert.id) not in await screens.page("/fragments/alerts")


async def test_a_healthy_person_passes_and_is_measured(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        forehead.value_c = HEALTHY_C
        verdict = await screens.wait_for("verdict")
        assert verdict["kind"] == "pass"
        _, body = await duty_room.expect(Kind.MEASUREMENT, MeasurementBody)
        assert body.verdict.kind is VerdictKind.PASS
        details = await screens.page(f"/passages/{body.measurement.passage}")
        assert f"{body.measurement.skin_c:.2f}" in details
        assert duty_room.heard[Kind.ALERT].empty()


async def test_an_alert_outlives_its_process_and_a_gate_without_a_broker(
    settings: dict[str, Any], tmp_path: Path, forehead: Forehead, broker: Broker, duty_room: DutyRoom
) -> None:
    offline = GateConfig.model_validate(with_certificate(settings, tmp_path))
    async with running(offline) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        forehead.value_c = FEVERISH_C
        verdict = await screens.wait_for("verdict", kind="alarm")
        second = await screens.post(
            f"/passages/{verdict['passage']}/second",
            alert=verdict["alert"],
            value="38,6",
            scale="axillary",
            thermometer="T-07",
        )
        assert second.json()["ok"]
        forehead.value_c = AIR_C
    online = GateConfig.model_validate({**settings, "mqtt": {"url": broker.url}})
    async with running(online) as screens:
        page = await screens.page("/fragments/alerts")
        assert verdict["alert"] in page
        assert "38.6" in page
        _, alert = await duty_room.expect(Kind.ALERT, Alert)
        assert str(alert.id) == verdict["alert"]
        _, body = await duty_room.expect(Kind.SECOND_MEASUREMENT, SecondMeasurement)
        assert (body.value_c, body.scale, body.alert) == (38.6, Scale.AXILLARY, alert.id)


async def test_an_unacknowledged_alert_is_told_again(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    duty_room.acknowledges = False
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        forehead.value_c = FEVERISH_C
        first, _ = await duty_room.expect(Kind.ALERT, Alert)
        duty_room.acknowledges = True
        again, _ = await duty_room.expect(Kind.ALERT, Alert)
        assert again == first


async def test_orders_are_obeyed_at_once_and_after_a_restart(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    at = SystemClock().now().at
    rules = RulesBody(
        version="cn-38.0/9",
        threshold_c=38.0,
        threshold_scale=Scale.ORAL_EQUIVALENT,
        p_alarm=0.7,
        p_amber=0.5,
        author="district",
        source="order 9",
    )
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        duty_room.send(rules)
        await duty_room.expect(Kind.ACK, Ack)
        out = InstrumentStateBody(instrument="gun", state=InstrumentState.OUT, ordered_by="expert", at=at)
        duty_room.send(out)
        stopped = await screens.wait_for("lane", lane="gun", screening=False)
        assert stopped["reasons"] == [Reason.INSTRUMENT_OUT]
        await duty_room.expect(Kind.ACK, Ack)
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=False, reasons=[Reason.INSTRUMENT_OUT])
        await screens.until_strip_says("cn-38.0/9")
        back = out.model_copy(update={"state": InstrumentState.IN_SERVICE, "at": at + timedelta(seconds=1)})
        duty_room.send(back)
        await screens.wait_for("lane", lane="gun", screening=True)
        duty_room.send(out)  # older than what is in force: acknowledged, not obeyed
        await duty_room.expect(Kind.ACK, Ack)
        forehead.value_c = FEVERISH_C
        _, alert = await duty_room.expect(Kind.ALERT, Alert)
        assert (alert.verdict.rule, alert.verdict.threshold_c) == ("cn-38.0/9", 38.0)


async def test_a_certificate_from_central_lets_a_gate_begin(
    settings: dict[str, Any], broker: Broker, forehead: Forehead, duty_room: DutyRoom
) -> None:
    uncertified = GateConfig.model_validate({**settings, "mqtt": {"url": broker.url}})
    async with running(uncertified) as screens:
        await screens.wait_for("lane", lane="gun", screening=False, reasons=[Reason.NO_CERTIFICATE])
        certificate = a_certificate(SystemClock().now().at)
        duty_room.send(CertificateBody(certificate=certificate.model_copy(update={"range_high_c": 60.0})))
        await duty_room.expect(Kind.ACK, Ack)  # altered: refused, yet acknowledged, or it would come for ever
        assert "guankou_edge_messages_refused_total 1.0" in await screens.page("/metrics")
        duty_room.send(CertificateBody(certificate=certificate))
        await screens.wait_for("lane", lane="gun", screening=True)
    async with running(uncertified) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
    store = Store.open(uncertified.store.path)
    with store.reading() as connection:
        assert recall.certificates_of(connection, "gun") == [certificate]
    store.close()


async def test_nonsense_from_the_bus_is_counted_and_changes_nothing(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        duty_room.send_raw(Kind.DECISION, b"{")
        duty_room.send_raw(Kind.RULES, b"\xff" * 1000)
        wild = RulesBody(
            version="typo",
            threshold_c=73.3,
            threshold_scale=Scale.ORAL_EQUIVALENT,
            p_alarm=0.7,
            p_amber=0.5,
            author="x",
            source="x",
        )
        duty_room.send(wild)
        await duty_room.expect(Kind.ACK, Ack)
        text = await screens.page("/metrics")
        assert "guankou_edge_messages_refused_total 3.0" in text
        assert "typo" not in await screens.page("/fragments/strip")


async def test_an_unknown_decision_says_call_the_duty_officer(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        forehead.value_c = FEVERISH_C
        _, alert = await duty_room.expect(Kind.ALERT, Alert)
        duty_room.send(a_decision(alert, Decision.UNKNOWN))
        await duty_room.expect(Kind.ACK, Ack)
        page = await screens.page("/fragments/alerts", "en")
        assert "Call the duty officer" in page
        assert "023-7772 0120" in page


async def test_presence_is_said_at_the_start_and_taken_back_at_the_end(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    async with running(connected):
        here = await duty_room.expect_presence()
        while not here.online:  # what an earlier test left retained
            here = await duty_room.expect_presence()
        assert (here.name_zh, here.township, here.simulated) == ("码头", "羊角街道", True)
    gone = await duty_room.expect_presence()
    assert (gone.online, gone.boot) == (False, here.boot)


async def test_health_tells_real_numbers_and_a_pulled_cable_at_once(
    connected: GateConfig, tmp_path: Path, duty_room: DutyRoom
) -> None:
    with thermometer(tmp_path / "gun") as (_, port):
        async with running(connected) as screens:
            await screens.wait_for("lane", lane="gun", screening=True)
            health = await _health(duty_room, lambda said: said.screening)
            (gun,) = health.instruments
            assert gun.samples > 0
            assert gun.last_value_c == pytest.approx(AIR_C, abs=0.5)
            assert gun.certificate_id is not None
            assert health.ambient_c == AIR_C
            assert (await screens.client.get("/readyz")).status_code == 200
            port.unplug()
            health = await _health(duty_room, lambda said: not said.screening)
            assert health.reasons == (Reason.INSTRUMENT_SILENT,)
            assert HealthFlag.SILENT in health.instruments[0].flags
            ready = await screens.client.get("/readyz")
            assert (ready.status_code, ready.json()["store"]) == (503, True)
            port.replug()
            await screens.wait_for("lane", lane="gun", screening=True)


async def _health(duty_room: DutyRoom, wanted: Any) -> GateHealth:
    with anyio.fail_after(PATIENCE_S):
        while True:
            _, said = await duty_room.expect(Kind.HEALTH, GateHealth)
            if wanted(said):
                return said


async def test_a_remeasurement_is_another_attempt_of_the_same_passage(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        forehead.value_c = FEVERISH_C
        verdict = await screens.wait_for("verdict", kind="alarm")
        forehead.value_c = AIR_C
        _, alert = await duty_room.expect(Kind.ALERT, Alert)
        assert (await screens.post(f"/passages/{alert.passage}/remeasure", lane="gun")).json()["ok"]
        forehead.value_c = HEALTHY_C
        again = await screens.wait_for("verdict", passage=verdict["passage"], attempt=2)
        assert again["kind"] == "pass"
        _, body = await duty_room.expect(Kind.MEASUREMENT, MeasurementBody)
        assert (body.measurement.passage, body.measurement.attempt) == (alert.passage, 2)
        page = await screens.page("/fragments/alerts")
        assert "chip--alarm" in page  # no "try until green": the alert stays, with both attempts
        assert "chip--pass" in page


async def test_a_fever_that_only_the_contact_thermometer_finds_is_reported_at_once_and_once(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        forehead.value_c = HEALTHY_C
        verdict = await screens.wait_for("verdict", kind="pass")
        forehead.value_c = AIR_C

        async def contact(value: str) -> str:
            typed = {"value": value, "scale": "axillary", "thermometer": "T-07"}
            answer = await screens.post(f"/passages/{verdict['passage']}/second", **typed)
            assert answer.json()["ok"]
            return str(answer.json()["sentence"])

        assert "发热" not in await contact("37.2")
        _, healthy = await duty_room.expect(Kind.SECOND_MEASUREMENT, SecondMeasurement)
        assert healthy.alert is None
        assert "测得发热：已报值班员" in await contact("37.3")
        _, alert = await duty_room.expect(Kind.ALERT, Alert)
        _, second = await duty_room.expect(Kind.SECOND_MEASUREMENT, SecondMeasurement)
        assert (second.alert, second.value_c) == (alert.id, 37.3)
        assert str(alert.passage) == verdict["passage"]
        assert (alert.verdict.kind, alert.verdict.reasons) == (VerdictKind.PASS, (Reason.CONTACT_FEVER,))
        waiting = await screens.page("/fragments/alerts")
        assert f'data-alert="{alert.id}"' in waiting
        assert 'data-testid="not-taken"' not in waiting
        assert "测得发热" not in await contact("38.0")
        _, third = await duty_room.expect(Kind.SECOND_MEASUREMENT, SecondMeasurement)
        assert third.alert is None  # joined by its passage
    store = Store.open(connected.store.path)
    with store.reading() as connection:
        (one,) = recall.waiting(connection)
    store.close()
    assert (one.alert, [found.value_c for found in one.seconds]) == (alert.id, [37.2, 37.3, 38.0])
    assert one.taken  # whoever is being measured is with staff


async def test_a_passage_that_is_no_longer_in_memory_is_found_in_the_store(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        forehead.value_c = HEALTHY_C
        verdict = await screens.wait_for("verdict", kind="pass")
        forehead.value_c = AIR_C
    async with running(connected) as screens:
        typed = {"value": "38.4", "scale": "oral", "thermometer": "T-07"}
        assert (await screens.post(f"/passages/{verdict['passage']}/second", **typed)).json()["ok"]
        _, alert = await duty_room.expect(Kind.ALERT, Alert)
        assert str(alert.passage) == verdict["passage"]
        assert (await screens.post(f"/passages/{new_id(alert.raised_at)}/second", **typed)).json()["ok"]  # of nobody
        _, second = await duty_room.expect(Kind.SECOND_MEASUREMENT, SecondMeasurement)
        assert second.alert == alert.id
        assert (await duty_room.expect(Kind.SECOND_MEASUREMENT, SecondMeasurement))[1].alert is None


async def test_a_contact_reading_is_sent_although_the_store_cannot_be_read(
    connected: GateConfig, duty_room: DutyRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    monkeypatch.setattr(recall, "alert_of", broken)
    async with running(connected) as screens:
        typed = {"value": "38.4", "scale": "oral", "thermometer": "T-07"}
        passage = new_id(SystemClock().now().at)
        assert (await screens.post(f"/passages/{passage}/second", **typed)).json()["ok"]
        _, second = await duty_room.expect(Kind.SECOND_MEASUREMENT, SecondMeasurement)
        assert (second.passage, second.value_c) == (passage, 38.4)


async def test_a_disk_that_cannot_be_written_delays_neither_the_screen_nor_the_duty_officer(
    connected: GateConfig, forehead: Forehead, duty_room: DutyRoom
) -> None:
    async with running(connected) as screens:
        await screens.wait_for("lane", lane="gun", screening=True)
        other = sqlite3.connect(connected.store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        forehead.value_c = FEVERISH_C
        verdict = await screens.wait_for("verdict", kind="alarm")
        message, alert = await duty_room.expect(Kind.ALERT, Alert)
        assert str(alert.id) == verdict["alert"]
        await screens.until_strip_says("Disk cannot be written! 1 kept in memory", "database is locked")
        assert (await screens.client.get("/readyz")).json()["store"] is False
        assert (await screens.post(f"/passages/{alert.passage}/taken", lane="gun")).json()["ok"]
        other.execute("ROLLBACK")
        other.close()
        again, _ = await duty_room.expect(Kind.ALERT, Alert)
        assert again == message  # central knows it by its id
    store = Store.open(connected.store.path)
    with store.reading() as connection:
        (one,) = recall.waiting(connection)
        assert (one.alert, one.taken) == (alert.id, True)
    store.close()


@pytest.mark.parametrize(("recording", "people"), [("fb8b19452467", 1), ("87a24e9c2628", 0)])
async def test_a_recording_runs_through_the_whole_gate_frame_by_frame(
    settings: dict[str, Any], tmp_path: Path, shared_data: Path, recording: str, people: int
) -> None:
    """As fast as it is read, and yet no frame is passed over: the recording waits for the lane."""
    file = shared_data / "checkpoint_recordings" / f"{recording}.cptv"
    settings["instruments"] = [
        {
            "id": "camera",
            "driver": "lepton_y16",
            "link": f"replay://{file}?speed=max",
            "serial": "R-1",
            "rotate_deg": 90,
            "hfov_deg": 44.0,
            "distance_m": 0.7,
            "warm_up_s": 0,
            "reference": {"set_c": 35.8, "emissivity": 1.0, "u_c": 0.3, "assumed": True},
        }
    ]
    settings = with_certificate(settings, tmp_path, instrument="camera", serial="R-1")
    async with running(GateConfig.model_validate(settings)) as screens:
        await screens.wait_for("lane", lane="camera", screening=True)
        await screens.wait_for("lane", lane="camera", reasons=[Reason.INSTRUMENT_SILENT])  # it is over
        text = await screens.page("/metrics")
        assert 'frames_dropped{instrument="camera"} 0.0' in text
        assert 'lane_failures{instrument="camera"} 0.0' in text
        found = re.findall(r'passages_total\{verdict="(\w+)"\} ([\d.]+)', text)
        assert sum(float(count) for _, count in found) == people


class WatchedRelays(LcusRelay):
    """A relay board that tells what somebody would see on the light."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: queue.Queue[tuple[bool, ...]] = queue.Queue()

    def hear(self, data: bytes, t_s: float) -> bytes:
        answers = super().hear(data, t_s)
        self.seen.put(self.relays)
        return answers

    async def until(self, *relays: bool) -> None:
        def look() -> None:
            while self.seen.get(timeout=PATIENCE_S) != relays:
                pass

        await anyio.to_thread.run_sync(look)


async def test_a_tower_light_follows_the_screen(settings: dict[str, Any], tmp_path: Path, forehead: Forehead) -> None:
    """Relays: red, amber, green, buzzer."""
    settings["instruments"].append(
        {"id": "light", "driver": "lcus_relay", "link": str(tmp_path / "light"), "role": "lamp"}
    )
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    board = WatchedRelays()
    with PtyPort(board, tmp_path / "light", SystemClock()):
        async with running(config) as screens:
            await board.until(False, False, True, False)
            forehead.value_c = FEVERISH_C
            await board.until(True, False, False, True)
            verdict = await screens.wait_for("verdict", kind="alarm")
            forehead.value_c = AIR_C
            assert (await screens.post(f"/passages/{verdict['passage']}/taken", lane="gun")).json()["ok"]
            await board.until(False, False, True, False)
        assert board.relays == (False, False, False, False), "a gate that has ended leaves no light on"


async def test_bytes_that_cannot_be_read_are_told_apart_from_silence(config: GateConfig, tmp_path: Path) -> None:
    line = Device(tmp_path / "gun")
    try:
        async with running(config) as screens:
            while "Wrong line rate" not in (strip := await screens.page("/fragments/strip", "en")):
                line.say(bytes(range(7, 200)))
                await screens.wait_for("strip")
            assert "ask the technician to check the line rate" in strip
    finally:
        line.unplug()


async def test_a_thermometer_that_central_doubts_is_marked_where_staff_choose_it(
    connected: GateConfig, duty_room: DutyRoom
) -> None:
    async with running(connected) as screens:
        assert "<small>doubted: take another" not in (await screens.client.get("/?lang=en")).text
        at = SystemClock().now().at
        duty_room.send(
            InstrumentStateBody(instrument="contact-t-07", state=InstrumentState.SUSPECT, ordered_by="system", at=at)
        )
        await duty_room.expect(Kind.ACK, Ack)
        page = (await screens.client.get("/?lang=en")).text
        assert re.search(r'data-value="T-07"[^>]*>T-07 <small>doubted: take another</small>', page)
        assert page.count("<small>doubted: take another") == 1
