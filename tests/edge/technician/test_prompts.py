"""What a technician types at the terminal of a gate that speaks Chinese: slips are named, poor references refused."""

from pathlib import Path
from typing import Any

import pytest

from contract.vocabulary import InstrumentState
from edge.config import GateConfig
from edge.technician.view import BenchView, Stage, Work, next_step
from tests.edge.rig import running, thermometer, with_certificate
from tests.edge.technician.terminals import Terminal

CALIBRATE = ("calibrate", "gun", "--by", "li")


@pytest.fixture
def toml(bench_toml: Path) -> Path:
    text = bench_toml.read_text(encoding="utf-8").replace('language = "en"', 'language = "zh"')
    bench_toml.write_text(text, encoding="utf-8")
    return bench_toml


@pytest.mark.anyio
async def test_slips_and_poor_references_are_refused_in_the_gates_language(
    settings: dict[str, Any], tmp_path: Path, toml: Path
) -> None:
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    with thermometer(tmp_path / "gun"):
        async with running(config) as screens:
            terminal = Terminal(toml, screens.client.base_url.port)
            assert await terminal.run(*CALIBRATE) == 3
            assert "MPE/U 须不小于 2.5" in terminal.said

            typed = "73\n41\nwarm\n"
            assert await terminal.run(*CALIBRATE, "--reference-u", "0.05", "--resolution", "0.02", typed=typed) == 2
            assert "您是不是要输入 37" in terminal.said
            assert "标准板显示 41 °C" in terminal.said
            assert "warm 不是数字" in terminal.said
            assert "what was measured stays" in terminal.said
            (gun,) = (await screens.client.get("/technician/state")).json()["duties"]
            assert (gun["open_run"], gun["state"]) == (0.0, InstrumentState.IN_SERVICE)


@pytest.mark.parametrize(
    ("work", "stage", "state", "expected"),
    [
        (Work.CHECK, Stage.PASSED, None, ""),
        (Work.CHECK, Stage.REPEAT, None, ""),
        (Work.CHECK, Stage.OUT, None, "check_out"),
        (Work.LINEARITY, Stage.PASSED, None, "linear"),
        (Work.LINEARITY, Stage.OUT, InstrumentState.OUT, ""),
        (Work.CALIBRATION, Stage.PASSED, InstrumentState.IN_SERVICE, "calibrated"),
        (Work.CALIBRATION, Stage.PASSED, InstrumentState.VERIFY, "verify"),
        (Work.CALIBRATION, Stage.PASSED, InstrumentState.COMMISSIONING, "commissioning"),
        (Work.CALIBRATION, Stage.PASSED, InstrumentState.OUT, "still_out"),
        (Work.CALIBRATION, Stage.OUT, InstrumentState.OUT, ""),
    ],
)
def test_what_to_do_next_is_said(work: Work, stage: Stage, state: InstrumentState | None, expected: str) -> None:
    said = next_step(BenchView(1, work, "gun", "li", stage, state=state))
    assert said.removeprefix("technician.next.") == expected
