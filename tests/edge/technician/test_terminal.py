"""A technician's morning on the command line, against a simulated Fluke 4180 and a camera on pseudo-terminals."""

import dataclasses
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from central.broker import Broker
from contract.messages import CertificateBody, CheckResult, DriftReport
from contract.topics import Kind
from contract.vocabulary import HealthFlag, InstrumentState, Reason
from drivers.devices import fluke_4180, gy_mcu90640
from drivers.registry import spec
from edge import fitting
from edge.config import GateConfig
from edge.technician import procedure
from edge.technician.profile import PROFILES, Profile
from tests.edge.rig import DutyRoom, running
from tests.edge.technician.morning import bench, bench_settings

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the blackbody often, its world runs sixty times as fast; and the camera at 8 Hz."""
    camera = gy_mcu90640.SPEC
    start = (gy_mcu90640.set_emissivity(1.0), gy_mcu90640.set_rate(8.0), *camera.start[2:])
    quick = {
        "fluke_4180": dataclasses.replace(fluke_4180.SPEC, poll_interval_s=0.03),
        "gy_mcu90640": dataclasses.replace(camera, start=start),
    }
    monkeypatch.setattr(fitting, "spec", lambda name: quick[name] if name in quick else spec(name))
    monkeypatch.setitem(PROFILES, "rehearsal", Profile("rehearsal", (35.0, 39.0), 0.4, source="these tests"))
    monkeypatch.setattr(procedure, "WINDOW_S", (1.0, 30.0))
    monkeypatch.setattr(procedure, "LEAST_READINGS", 5)
    monkeypatch.setattr(procedure, "DRIFT_C", 0.06)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """The gate's file, as far as the commands read it."""
    path = tmp_path / "gate.toml"
    path.write_text(
        '[gate]\nid = "dock"\nname_zh = "码头"\nname_en = "Dock"\nsimulated = true\n'
        '[kiosk]\nlanguage = "en"\n'
        '[[instruments]]\nid = "camera"\ndriver = "gy_mcu90640"\nlink = "camera"\n',
        encoding="utf-8",
    )
    return path


class Terminal:
    """The technician's terminal: each command a process of its own."""

    def __init__(self, toml: Path, port: int | None) -> None:
        self._toml, self._port = toml, port
        self.said = ""

    async def run(self, verb: str, *arguments: str) -> int:
        where = [str(self._toml), *arguments, "--port", str(self._port)]
        done = await anyio.run_process([sys.executable, "-m", "edge", verb, *where], check=False)
        self.said += done.stdout.decode() + done.stderr.decode()
        return done.returncode


@pytest.mark.timeout(150)
async def test_a_whole_morning(settings: dict[str, Any], tmp_path: Path, toml: Path, broker: Broker) -> None:
    settings["mqtt"] = {"url": broker.url}
    config = GateConfig.model_validate(bench_settings(settings, tmp_path))
    with bench(tmp_path) as (scene, _, _), DutyRoom(broker.url) as room:
        async with running(config) as screens:
            terminal = Terminal(toml, screens.client.base_url.port)
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
    settings: dict[str, Any], tmp_path: Path, toml: Path
) -> None:
    config = GateConfig.model_validate(bench_settings(settings, tmp_path))
    async with running(config) as screens:
        terminal = Terminal(toml, screens.client.base_url.port)
        assert await terminal.run("check", "camera", "--by", "li", "--plate", "73") == 2
        assert "73 °C is no temperature of a plate for people. Did you mean 37?" in terminal.said
        assert await terminal.run("check", "nothing", "--by", "li") == 2
        assert "there are: camera, gun" in terminal.said
        state = (await screens.client.get("/technician/state")).json()
        assert state["bench"] is None


async def test_without_a_gate_the_commands_say_how_to_start_one(toml: Path) -> None:
    terminal = Terminal(toml, 1)
    assert await terminal.run("check", "camera", "--by", "li") == 2
    assert "guankou-edge run" in terminal.said
