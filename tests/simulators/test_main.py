"""The program as a person uses it: real processes, real terminals."""

import os
import signal
import subprocess
import sys
import time

import pytest
import serial

from drivers.devices import gy_614v as codec
from simulators.__main__ import main
from simulators.catalogue import DEVICES
from simulators.line_faults import LineFaultKind
from simulators.scenes import SCENES
from simulators.sensor_faults import SensorFaultKind
from tests.patience import PATIENCE_S


def test_list_names_everything(capsys):
    assert main(["list"]) == 0
    told = capsys.readouterr().out
    for name in [*DEVICES, *SCENES, *SensorFaultKind, *LineFaultKind]:
        assert name in told


def test_a_device_appears_speaks_and_leaves_nothing_behind(tmp_path, clock):
    path = tmp_path / "gun"
    command = ["gy_614v", "--pty", str(path), "--scene", "fever", "--seed", "3", "--fault", "step:0.3"]
    with subprocess.Popen([sys.executable, "-m", "simulators", *command], stdout=subprocess.PIPE, text=True) as process:
        assert "SIMULATED" in process.stdout.readline()
        decoder = codec.SPEC.decoder("gun")
        events = []
        until = time.monotonic() + PATIENCE_S
        with serial.Serial(str(path), 9600, timeout=0.1) as host:
            while len(events) < 3 and time.monotonic() < until:
                events += decoder.feed(host.read(64), clock.advance(0.1))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    assert len(events) >= 3
    assert not os.path.lexists(path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gy_614v", "--pty", "/nonexistent/gun"], "cannot make the port /nonexistent/gun"),
        (["gy_614v", "--tcp", "0", "--fault", "bent"], "no fault of gy_614v; it has step"),
        (["gy_614v", "--tcp", "0", "--fault", "bad-row"], "no fault of gy_614v; it has step"),
        (["fluke_4180", "--tcp", "0", "--fault", "step"], "it has cut, flip, merge, silence, garbage"),
        (["gy_614v", "--tcp", "0", "--fault", "emissivity:0"], "between 0.05 and 1"),
        (["gy_614v", "--tcp", "0", "--fault", "cut:7"], "between 0 and 1"),
    ],
)
def test_what_cannot_be_done_gets_a_sentence_and_code_2(capsys, arguments, said):
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gy_614v"], "one of the arguments --pty --tcp is required"),
        (["gy_614v", "--tcp", "70000"], "70000 is no port"),
        (["gy_614v", "--tcp", "0", "--mark", "-1"], "people stand at 0.02 to 10 m"),
        (["gy_614v", "--tcp", "0", "--scene", "nowhere"], "choose from 'bus', 'cold'"),
        (["toaster", "--tcp", "0"], "invalid choice"),
    ],
)
def test_what_cannot_be_understood_gets_the_usage_and_code_2(capsys, arguments, said):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert said in capsys.readouterr().err
