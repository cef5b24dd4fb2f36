"""The practice bench as a technician uses it: answers, marks, refusals; a real process for `start`."""

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
import serial

from contract.phrases import Phrases, key_of
from edge import certificates
from edge.config import InstrumentRole, load
from simulators import gate_files
from simulators.__main__ import main
from simulators.workbench import LOCALE
from simulators.workbench_bench import names
from simulators.workbench_gate import gate_file
from simulators.workbench_hidden import BenchFault, Hidden, hidden, key_of_seed
from simulators.workbench_score import POINTS, mark, page, score
from simulators.workbench_sheet import Answer, Sheet
from tests.patience import PATIENCE_S

AT = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    Sheet(tmp_path).prepare(5, "easy", 3)
    return tmp_path


def workbench(folder, *arguments):
    return main(["workbench", *arguments, "--var", str(folder), "--lang", "en"])


def an_answer(fault, offset_c=None, gain=None):
    return Answer(fault=fault, offset_c=offset_c, gain=gain, at=AT)


@pytest.mark.parametrize(
    ("truth", "answer", "level", "points"),
    [
        (Hidden("spot-1", BenchFault.NONE), an_answer(BenchFault.NONE), "easy", 3),
        (Hidden("spot-1", BenchFault.STUCK), an_answer(BenchFault.STUCK), "hard", 3),
        (Hidden("spot-1", BenchFault.NONE), an_answer(BenchFault.OFFSET, 0.1), "easy", 0),
        (Hidden("spot-1", BenchFault.FOG, 0.7), None, "easy", 0),
        (Hidden("spot-1", BenchFault.OFFSET, 0.9), an_answer(BenchFault.OFFSET, 1.2), "easy", 3),
        (Hidden("spot-1", BenchFault.OFFSET, 0.9), an_answer(BenchFault.OFFSET, 1.2), "hard", 2),
        (Hidden("spot-1", BenchFault.OFFSET, 0.9), an_answer(BenchFault.OFFSET, -0.9), "easy", 2),
        (Hidden("spot-1", BenchFault.OFFSET, 0.9), an_answer(BenchFault.OFFSET), "easy", 2),
        (Hidden("spot-1", BenchFault.GAIN, 0.1), an_answer(BenchFault.GAIN, 0.0, 0.12), "easy", 3),
        (Hidden("spot-1", BenchFault.GAIN, 0.1), an_answer(BenchFault.GAIN, 0.1), "easy", 2),
    ],
)
def test_points(truth, answer, level, points):
    assert mark(truth, answer, level).points == points


def test_the_folder_tells_nothing_before_marking_and_everything_after(folder, capsys):
    truth = hidden(key_of_seed(5), "easy", ("camera-1", "array-1", "spot-1"))
    before = (folder / "workbench.json").read_text()
    assert not any(f'"{fault}"' in before for fault in BenchFault)
    assert json.loads(before)["key"] != "5"
    for one in truth:
        size = {BenchFault.OFFSET: "--offset", BenchFault.GAIN: "--gain"}.get(one.fault)
        told = [] if size is None else [f"{size}={one.size}"]
        assert workbench(folder, "answer", one.device, one.fault.value, *told) == 0
    assert workbench(folder, "mark") == 0
    assert f"total: {3 * POINTS}/{3 * POINTS}" in capsys.readouterr().out
    marked = json.loads((folder / "score.json").read_text())
    assert [(one["device"], one["truth"]) for one in marked["marks"]] == [(one.device, one.fault) for one in truth]
    assert "<table>" in (folder / "score.html").read_text()


def test_a_later_answer_replaces_and_none_comes_after_marking(folder, capsys):
    assert workbench(folder, "answer", "spot-1", "fog") == 0
    assert workbench(folder, "answer", "spot-1", "none") == 0
    assert Sheet(folder).answers()["spot-1"].fault is BenchFault.NONE
    assert workbench(folder, "mark", "--final") == 0
    assert workbench(folder, "answer", "spot-1", "fog") == 2
    assert "has been marked" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["answer", "camera-9", "fog"], "there are camera-1, array-1, spot-1"),
        (["answer", "spot-1", "bent"], "there are none, offset, gain"),
        (["answer", "spot-1", "fog", "--offset", "1"], "belong to offset and gain"),
        (["answer", "spot-1", "offset", "--offset", "37.5"], "at most 10"),
        (["answer", "spot-1", "offset", "--offset", "nan"], "at most 10"),
        (["answer", "spot-1", "gain", "--gain", "1.05"], "write a slope of 1.05 as 0.05"),
        (["start", "--seed", "6", "--instruments", "3"], "holds another bench"),
        (["start", "--seed", "5", "--instruments", "0"], "1 to 30"),
        (["start", "--seed", "5", "--level", "mad"], "choose easy, hard"),
        (["start", "--seed", "5", "--pace", "0.5"], "1 (true to life) to 100"),
        (["start", "--seed", "5", "--pace", "nan"], "1 (true to life) to 100"),
        (["mark"], "no answer yet for camera-1, array-1, spot-1"),
        (["drive", "300"], "-15 to 120"),
        (["drive", "nan"], "-15 to 120"),
        (["drive", "42"], "first run guankou-sim workbench start"),
    ],
)
def test_what_cannot_be_gets_a_sentence_and_leaves_no_answer(folder, capsys, arguments, said):
    assert workbench(folder, *arguments) == 2
    assert said in capsys.readouterr().err
    assert Sheet(folder).answers() == {}


@pytest.mark.parametrize("name", ["workbench.json", "answers.json"])
def test_a_spoilt_file_is_named(folder, capsys, name):
    (folder / name).write_text('{"level": "eas')
    assert workbench(folder, "mark") == 2
    assert name in capsys.readouterr().err


def test_another_key_breaks_the_seal_and_no_bench_is_said(folder, tmp_path_factory, capsys):
    path = folder / "workbench.json"
    path.write_text(path.read_text().replace(key_of_seed(5), key_of_seed(6)))
    assert workbench(folder, "mark") == 2
    assert workbench(tmp_path_factory.mktemp("empty"), "mark") == 2
    told = capsys.readouterr().err
    assert "cannot be marked" in told
    assert "there is no bench" in told


def test_what_is_next_is_always_said(folder, capsys):
    def said(*arguments):
        assert workbench(folder, *arguments) == 0
        return capsys.readouterr().out

    assert "0 of 3" in said("status")
    assert "answer again with --offset" in said("answer", "camera-1", "offset")
    assert "1 of 3" in said("answer", "camera-1", "offset", "--offset", "0.5")
    with Sheet(folder).held("bench.lock", wait=False):
        assert f"next: guankou-edge check {folder}/bench.toml array-1" in said("status")
    assert "the bench does not run" in said("status")
    said("answer", "array-1", "none")
    assert "next: guankou-sim workbench mark" in said("answer", "spot-1", "fog")
    assert "total: " in said("mark")
    assert "marked: see" in said("status")


def test_the_gates_file_is_what_a_gate_accepts(tmp_path):
    devices = names(6)
    path = gate_files.write(gate_file(tmp_path, devices, port=8110, pace=10.0, language="en"), AT)
    config = load(path)
    screening = [one for one in config.instruments if one.role is InstrumentRole.SCREEN]
    assert tuple(one.id for one in screening) == devices
    assert [one.bench_region is None for one in screening] == [False, False, True] * 2
    assert config.gate.simulated
    assert config.bench.pace == 10.0
    for one in screening:
        assert one.certificate is not None
        assert certificates.load(one.certificate).correction.a_c == 0.0


def test_a_bench_runs_alone_is_driven_and_leaves_no_port_behind(tmp_path, capsys):
    command = [sys.executable, "-m", "simulators", "workbench", "start", "--seed", "5", "--instruments", "1"]
    command += ["--var", str(tmp_path), "--lang", "zh"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = [process.stdout.readline()]
        while "Ctrl-C" not in told[-1]:
            told.append(process.stdout.readline())
        assert "SIMULATED" in told[0]
        assert f"guankou-probe watch lepton_y16 {tmp_path}/dev/camera-1" in "".join(told)
        assert workbench(tmp_path, "start", "--seed", "5", "--instruments", "1") == 2
        assert "running already" in capsys.readouterr().err
        assert workbench(tmp_path, "drive", "42") == 0
        with serial.Serial(f"{tmp_path}/dev/blackbody", exclusive=True):
            assert workbench(tmp_path, "drive", "40") == 2
        assert "holds the blackbody" in capsys.readouterr().err
        with serial.Serial(f"{tmp_path}/dev/blackbody", 9600, timeout=PATIENCE_S) as line:
            until, answer = time.monotonic() + PATIENCE_S, b""
            while answer != b"42.00\r" and time.monotonic() < until:
                line.write(b"SOUR:SPO?\r")
                answer = line.read_until(b"\r")
        assert answer == b"42.00\r"
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    assert list((tmp_path / "dev").iterdir()) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_score_page_is_whole_in_both_languages(language):
    truth = [Hidden(f"spot-{number}", fault, 0.5) for number, fault in enumerate(BenchFault, 1)]
    phrases = Phrases.load(LOCALE)
    written = page(score(truth, {}, "easy", AT), phrases, language)
    assert all(phrases.word(fault, language) in written for fault in BenchFault)
    assert "workbench." not in written
    assert "bench_fault." not in written


def test_the_catalogue_has_no_gaps():
    assert Phrases.load(LOCALE).gaps([key_of(fault) for fault in BenchFault]) == []
