"""A technician's morning on the command line, against a simulated Fluke 4180 and a camera on pseudo-terminals."""

from pathlib import Path
from typing import Any

import pytest

from central.broker import Broker
from contract.messages import CertificateBody, CheckResult, DriftReport
from contract.topics import Kind
from contract.vocabulary import HealthFlag, InstrumentState, Reason
from edge.config import GateConfig
from edge.store import Store
from edge.technician import journal
from edge.technician.run import Run
from tests.edge.rig import DutyRoom, running
from tests.edge.technician.morning import bench, bench_settings, hurry
from tests.edge.technician.plans import started
from tests.edge.technician.terminals import Terminal

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


async def test_a_whole_morning(settings: dict[str, Any], tmp_path: Path, bench_toml: Path, broker: Broker) -> None:
    settings["mqtt"] = {"url": broker.url}
    config = GateConfig.model_validate(bench_settings(settings, tmp_path))
    with bench(tmp_path) as (scene, _, _), DutyRoom(broker.url) as room:
        async with running(config) as screens:
            terminal = Terminal(bench_toml, screens.client.base_url.port)
            assert await terminal.run("check", "camera", "--by", "li") == 0
            _, first = await room.expect(Kind.CHECK, CheckResult)
            assert first.passed
            assert abs(first.residual_c) < 0.1

            scene.error_c, scene.gain = 0.6, 0.04
            assert await terminal.run("check", "camera", "--by", "li") == 4
            _, failed = await room.expect(Kind.CHECK, CheckResult)
            assert not failed.passed
            _, drift = await room.expect(Kind.DRIFT, DriftReport)
            assert (drift.instrument, drift.flag) == ("camera", HealthFlag.CHECK_FAILED)
            assert drift.value == pytest.approx(0.6 + 0.04 * (35.3 - 37), abs=0.06)
            await screens.wait_for("lane", lane="camera", reasons=[Reason.INSTRUMENT_OUT])

            calibrate = ["calibrate", "camera", "--by", "li", "--reference-u", "0.05", "--resolution", "0.01"]
            calibrate += ["--profile", "rehearsal"]
            assert await terminal.run(*calibrate, "--checked-by", "zhao", "--reference-certificate", "N-1") == 0
            _, sent = await room.expect(Kind.CERTIFICATE, CertificateBody)
            certificate = sent.certificate
            assert certificate.correction.a_c == pytest.approx(0.58, abs=0.06)
            assert certificate.correction.b == pytest.approx(0.04, abs=0.01)
            assert (certificate.made_by, certificate.checked_by) == ("li", "zhao")
            assert len(certificate.as_found) == len(certificate.as_left) == 4
            assert certificate.simulated
            await screens.wait_for("lane", lane="camera", screening=True)

            assert await terminal.run("check", "camera", "--by", "li") == 0
            state = (await screens.client.get("/technician/state")).json()
            camera = next(duty for duty in state["duties"] if duty["instrument"] == "camera")
            assert camera["state"] == InstrumentState.IN_SERVICE
            assert camera["certificate"] == str(certificate.id)
            paper = await screens.client.get(f"/technician/certificates/{certificate.id}.pdf")
            assert paper.content.startswith(b"%PDF")
    assert "check of camera: OUT" in terminal.said
    assert "use instead: a contact thermometer" in terminal.said
    assert "as_left" in terminal.said
    assert "calibration of camera: PASSED" in terminal.said


async def test_73_for_37_is_refused_with_what_was_probably_meant(
    settings: dict[str, Any], tmp_path: Path, bench_toml: Path
) -> None:
    config = GateConfig.model_validate(bench_settings(settings, tmp_path))
    async with running(config) as screens:
        terminal = Terminal(bench_toml, screens.client.base_url.port)
        assert await terminal.run("check", "camera", "--by", "li", "--plate", "73") == 2
        assert "73 °C is no temperature of a plate for people. Did you mean 37?" in terminal.said
        assert await terminal.run("check", "nothing", "--by", "li") == 2
        assert "there are: camera, gun" in terminal.said
        state = (await screens.client.get("/technician/state")).json()
        assert state["bench"] is None


async def test_without_a_gate_the_commands_say_how_to_start_one(bench_toml: Path) -> None:
    terminal = Terminal(bench_toml, 1)
    assert await terminal.run("check", "camera", "--by", "li") == 2
    assert "guankou-edge run" in terminal.said


async def test_a_calibration_is_given_up_on_the_command_line(
    settings: dict[str, Any], tmp_path: Path, bench_toml: Path
) -> None:
    config = GateConfig.model_validate(bench_settings(settings, tmp_path))
    begun = started().model_copy(update={"profile": "rehearsal"})
    store = Store.open(config.store.path)
    store.write(lambda connection: journal.keep_event(connection, Run([begun]), begun))
    store.close()
    async with running(config) as screens:
        terminal = Terminal(bench_toml, screens.client.base_url.port)
        assert await terminal.run("calibrate", "camera", "--by", "li", "--abandon") == 3
        assert "stays on record" in terminal.said
        assert await terminal.run("calibrate", "camera", "--by", "li", "--abandon") == 2
        assert "camera has no unfinished calibration" in terminal.said
    store = Store.open(config.store.path)
    with store.reading() as connection:
        assert journal.open_run(connection, "camera") is None
        run = journal.latest_run(connection, "camera")
    store.close()
    assert run is not None
    assert run.finished is not None
    assert (run.finished.by, run.finished.abandoned) == ("li", True)
