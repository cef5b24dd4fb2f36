"""A lesson on the practice bench: the commands of a real gate find the fault, mend it, and the answer is marked."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.config import load
from simulators.__main__ import main
from tests.edge.rig import running
from tests.edge.technician.morning import hurry
from tests.edge.technician.terminals import Terminal

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SEED = 22
"""camera-1 has a foggy window, array-1 a wrong emissivity, and spot-1 reads 1.015 °C high."""
BENCH = ["--instruments", "3", "--pace", "100", "--port", "0", "--lang", "en"]


@contextmanager
def started(folder: Path) -> Iterator[str]:
    """Run the bench as a process of its own; give what it says."""
    command = [
        sys.executable,
        "-m",
        "simulators",
        "workbench",
        "start",
        "--seed",
        str(SEED),
        "--var",
        str(folder),
        *BENCH,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            told = [process.stdout.readline()]
            while told[-1] and "Ctrl-C" not in told[-1]:
                told.append(process.stdout.readline())
            yield "".join(told)
        finally:
            process.send_signal(signal.SIGINT)


async def test_a_fault_is_found_mended_and_marked_by_the_commands_of_a_real_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hurry(monkeypatch)
    with started(tmp_path) as told:
        toml = tmp_path / "bench.toml"
        assert f"guankou-edge run {toml}" in told
        assert f"guankou-edge calibrate {toml} camera-1" in told
        async with running(load(toml)) as screens:
            terminal = Terminal(toml, screens.client.base_url.port)
            assert await terminal.run("check", "spot-1", "--by", "li") == 4
            assert "check of spot-1: OUT" in terminal.said
            calibrate = ["calibrate", "spot-1", "--by", "li", "--checked-by", "zhao", "--profile", "rehearsal"]
            assert await terminal.run(*calibrate) == 0
            assert "state in_service" in terminal.said
            state = (await screens.client.get("/technician/state")).json()
            mine = next(duty for duty in state["duties"] if duty["instrument"] == "spot-1")
            answer = await screens.client.get(f"/technician/certificates/{mine['certificate']}.json")
    certificate = answer.json()
    assert certificate["simulated"]
    assert "rehearsed at 100 times its speed" in certificate["procedure"]
    found_c = certificate["correction"]["a_c"]

    def workbench(*arguments: str) -> str:
        assert main(["workbench", *arguments, "--var", str(tmp_path), "--lang", "en"]) == 0
        return capsys.readouterr().out

    assert "1 of 3 instruments answered" in workbench("answer", "spot-1", "offset", f"--offset={found_c}")
    assert "the bench does not run" in workbench("status")
    assert "how it shows: reads low" in workbench("mark", "--final")
    marks = json.loads((tmp_path / "score.json").read_text())["marks"]
    assert [(one["device"], one["points"]) for one in marks] == [("camera-1", 0), ("array-1", 0), ("spot-1", 3)]
