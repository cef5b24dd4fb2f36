import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from central.broker import PROGRAM_VARIABLE, Broker, BrokerRefused, BrokerTls, find_program
from tests.patience import PATIENCE_S

OWNER = """
import signal, sys
from pathlib import Path
from central.broker import Broker

hits = []
signal.signal(signal.SIGINT, lambda *_: hits.append(1))
broker = Broker(Path(sys.argv[1]), port=0)
broker.start()
print(broker.pid, flush=True)
while not hits:
    signal.pause()
print(broker.pid, flush=True)
broker.stop()
print(broker.pid, flush=True)
"""


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path / "broker", port=0)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def owner(tmp_path):
    """A process that owns a broker, as central does, in a process group of its own, as at a terminal."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "broker")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def next_pid(owner) -> str:
    """The next broker pid that the owner tells; its log lines are passed over."""
    for line in owner.stdout:
        if line.strip().isdigit() or line.strip() == "None":
            return line.strip()
    raise AssertionError("the owner said nothing")


def accepts(broker: Broker) -> bool:
    try:
        socket.create_connection((broker.host, broker.port), timeout=1).close()
    except OSError:
        return False
    return True


def test_it_accepts_when_start_returns_and_is_gone_when_stop_returns(tmp_path):
    broker = Broker(tmp_path / "broker", port=0)
    broker.start()
    assert accepts(broker)
    pid = broker.pid
    broker.stop()
    assert not accepts(broker)
    assert not psutil.pid_exists(pid)
    assert broker.pid is None


def test_it_comes_back_on_the_same_port_when_it_dies(broker):
    first, port = broker.pid, broker.port
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE_S
    while not (broker.pid not in (None, first) and accepts(broker)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert broker.pid not in (None, first)
    assert (broker.port, broker.restarts) == (port, 1)


def test_it_dies_with_its_owner(owner):
    server = psutil.Process(int(next_pid(owner)))
    owner.send_signal(signal.SIGKILL)
    server.wait(PATIENCE_S)
    assert not server.is_running()


def test_a_ctrl_c_at_the_terminal_leaves_it_to_its_owner(owner):
    pid = next_pid(owner)
    os.killpg(owner.pid, signal.SIGINT)
    assert next_pid(owner) == pid, "the broker must outlive the signal until its owner ends it"
    assert next_pid(owner) == "None"
    assert owner.wait(PATIENCE_S) == 0


def test_a_taken_port_is_said_in_one_sentence(broker, tmp_path):
    with pytest.raises(BrokerRefused, match=f"cannot listen on 127.0.0.1:{broker.port} .*set another one"):
        Broker(tmp_path / "second", port=broker.port).start()


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BrokerRefused, match="cannot write into"):
        Broker(tmp_path / "file" / "broker", port=0).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "gate.example"])
def test_it_never_listens_to_others_without_tls(tmp_path, host):
    with pytest.raises(BrokerRefused, match="give the broker TLS files"):
        Broker(tmp_path, host=host)


def test_tls_files_that_cannot_be_used_are_told_in_the_servers_words(tmp_path):
    missing = tmp_path / "missing.pem"
    with pytest.raises(BrokerRefused, match=r"missing\.pem"):
        Broker(tmp_path / "broker", port=0, tls=BrokerTls(missing, missing, missing)).start()


def test_no_gate_may_pass_for_central(tmp_path):
    tls = BrokerTls(tmp_path, tmp_path, tmp_path)
    with pytest.raises(BrokerRefused, match="no gate may be called"):
        Broker(tmp_path / "broker", port=0, tls=tls, gates=["dock", "central"]).start()


def program(folder: Path, answer: str) -> Path:
    file = folder / "nats-server"
    file.write_text(f"#!/bin/sh\necho '{answer}'\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("nats-server: v2.9.10", r"version 2\.9\.10: 2\.14\.3 or newer"),
        ("nats-server: v2.14.2", r"version 2\.14\.2"),
        ("mosquitto version 2.0", "is no nats-server"),
    ],
)
def test_a_server_that_is_too_old_or_another_is_refused(tmp_path, answer, said):
    with pytest.raises(BrokerRefused, match=said):
        find_program(program(tmp_path, answer))


def test_another_server_can_be_named_by_the_environment(tmp_path, monkeypatch):
    other = program(tmp_path, "nats-server: v2.14.3")
    monkeypatch.setenv(PROGRAM_VARIABLE, str(other))
    assert find_program() == other
    own = find_program(Path(sys.executable).with_name("nats-server"))
    assert own.name == "nats-server"
    assert own != other


def test_a_program_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BrokerRefused, match="cannot be run"):
        find_program(tmp_path / "nats-server")
