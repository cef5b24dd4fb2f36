"""The program as a person starts it: clear refusals, a clean end, nothing lost by a kill."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from central.__main__ import main
from central.access.seed import seed_demo
from central.folder import claim
from central.store.dialect import sqlite_url
from central.store.store import Store
from contract.clock import SystemClock
from tests.central.conftest import an_alert
from tests.central.room import PROGRAM, Gate, Room, until
from tests.patience import PATIENCE_S


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the program in this process, expecting one sentence and exit code 2; give the sentence."""

    def run(*arguments: object) -> str:
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        assert end.value.code == 2
        errors = capsys.readouterr().err
        assert "Traceback" not in errors
        (sentence,) = [line for line in errors.splitlines() if line.startswith("guankou-central: ")]
        return sentence

    return run


@pytest.fixture
def rooms() -> Iterator[list[Room]]:
    made: list[Room] = []
    yield made
    for room in made:
        if room.process.poll() is None:
            room.stop(signal.SIGKILL)


def test_it_ends_within_a_second_with_an_open_stream_and_a_second_start_finds_yesterday(tmp_path, rooms) -> None:
    first = Room(tmp_path).start()
    rooms.append(first)
    gate = Gate(first.broker)
    alert = gate.raise_alert(an_alert(gate.now(), gate.name))
    gate.stop()
    with first.client() as client, client.stream("GET", "/stream") as stream:
        next(stream.iter_raw())
        assert first.stop() < 1.0
    assert first.process.returncode == 0
    second = Room(tmp_path).start()
    rooms.append(second)
    assert second.passwords == first.passwords
    with second.client() as client:
        found = client.get("/api/v1/alerts").json()
    assert [one["id"] for one in found] == [str(alert.id)]
    second.stop(signal.SIGTERM)
    assert second.process.returncode == 0
    done = subprocess.run(
        [PROGRAM, "verify", "--var", tmp_path], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert "alert_journal: 1 rows, unbroken" in done.stdout


def test_a_kill_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path: Path, rooms: list[Room]) -> None:
    room = Room(tmp_path).start()
    rooms.append(room)
    gate = Gate(room.broker)
    made = []
    killed = threading.Event()

    def keep_raising() -> None:
        while len(made) < 30 or not killed.is_set():
            made.append(gate.raise_alert(an_alert(gate.now(), gate.name)))

    worker = threading.Thread(target=keep_raising)
    worker.start()
    until(lambda: len(made) >= 15)
    room.stop(signal.SIGKILL)
    again = Room(tmp_path, port=room.port, mqtt_port=room.mqtt_port).start()
    rooms.append(again)
    killed.set()
    worker.join(PATIENCE_S)
    gate.stop()
    with again.client() as client:
        found = client.get("/api/v1/alerts", params={"limit": 500}).json()
    assert [one["id"] for one in found] == [str(alert.id) for alert in reversed(made)]


def test_a_taken_port_is_one_sentence(tmp_path: Path, refused) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        board = refused("run", "--var", tmp_path, "--demo", "--port", port, "--mqtt-port", 0)
        broker = refused("run", "--var", tmp_path, "--demo", "--port", 0, "--mqtt-port", port)
    assert f"port {port} on 127.0.0.1 is taken" in board
    assert f"127.0.0.1:{port}" in broker
    assert "broker" in broker


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, refused) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "--var" in refused("run", "--var", file / "var", "--demo")


def test_two_centrals_do_not_share_a_folder(tmp_path: Path, refused) -> None:
    with claim(tmp_path):
        said = refused("run", "--var", tmp_path, "--demo", "--port", 0, "--mqtt-port", 0)
    assert f"process {os.getpid()}" in said


@pytest.mark.parametrize(
    ("arguments", "content", "said"),
    [
        (["--host", "0.0.0.0"], "", "web.certificate"),
        ([], "[web]\nprot = 80", "web.prot"),
        ([], "[alerts]\nescalate_after_s = [60, 30]", "escalate_after_s must grow"),
        ([], "[alerts]\nremind_after_s = 400", "remind_after_s must be shorter"),
        ([], "[mqtt]\nhost = '0.0.0.0'", "TLS"),
        ([], "[mqtt]\nurl = 'mqtt://broker.example:1883'", "mqtts://"),
        ([], "[notify]\nwebhook = 'ftp://x'", "https://"),
        ([], "[database]\nurl = 'postgresql+psycopg://localhost/x'", "pip install psycopg"),
        ([], "[web\n", "is not TOML"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_sentence(
    tmp_path, refused, arguments, content: str, said: str
) -> None:
    config = tmp_path / "central.toml"
    config.write_text(content)
    sentence = refused(
        "run", "--var", tmp_path / "var", "--config", config, "--port", 0, "--mqtt-port", 0, "--demo", *arguments
    )
    assert said in sentence


def test_a_demo_folder_is_refused_without_demo(tmp_path: Path, refused) -> None:
    store = Store.open(sqlite_url(tmp_path / "central.sqlite"), SystemClock())
    seed_demo(store, tmp_path)
    store.close()
    assert "--demo" in refused("run", "--var", tmp_path, "--port", 0, "--mqtt-port", 0)


def test_the_journals_of_no_central_cannot_be_verified(tmp_path: Path, refused) -> None:
    assert "there is no" in refused("verify", "--var", tmp_path)


def token(page: str) -> str:
    return page.split('name="csrf" value="')[1].split('"', maxsplit=1)[0]


def log_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    return client.post("/login", data={"name": name, "password": password})


def make_account(client: httpx.Client, name: str, role: str) -> str:
    page = client.get("/accounts").text
    form = {"csrf": token(page), "name": name, "full_name": f"{name} 同志", "roles": role}
    made = client.post("/accounts", data=form)
    assert made.status_code == 200
    return made.text.split('class="secret">')[1].split("<")[0]


def replace_password(client: httpx.Client, name: str, old: str) -> None:
    new = "long enough now"
    assert log_in(client, name, old).headers["location"] == "/"
    assert client.get("/").headers["location"] == "/password"
    assert client.get("/api/v1/alerts").status_code == 403
    form = {"csrf": token(client.get("/password").text), "old": old, "new": new, "again": new}
    assert client.post("/password", data=form).headers["location"] == "/login"
    log_in(client, name, new)
    assert client.get("/").status_code == 200


def test_a_real_duty_room_from_the_first_administrator_to_an_accepted_station(tmp_path: Path, rooms) -> None:
    room = Room(tmp_path, options=()).start()
    rooms.append(room)
    with httpx.Client(base_url=room.url, timeout=PATIENCE_S) as client:
        assert client.get("/login").headers["location"] == "/setup"
        code = room.setup.split("code=")[1]
        form = {
            "code": "guess",
            "name": "admin",
            "full_name": "管理员",
            "password": "a long password",
            "again": "a long password",
        }
        assert client.post("/setup", data=form).status_code == 422
        assert client.post("/setup", data=form | {"code": code, "again": "another"}).status_code == 422
        assert client.post("/setup", data=form | {"code": code}).headers["location"] == "/login"
        assert client.post("/setup", data=form | {"code": code, "name": "second"}).status_code == 422
        log_in(client, "admin", "a long password")
        one_time = make_account(client, "li", "supervisor")
        assert client.get("/alerts").status_code == 200
    gate = Gate(room.broker, "new-gate")
    alert = gate.raise_alert(an_alert(gate.now(), "new-gate"))
    gate.stop()
    with httpx.Client(base_url=room.url, timeout=PATIENCE_S) as client:
        replace_password(client, "li", one_time)
        assert client.get("/api/v1/alerts").json() == []
        page = client.get("/gates", params={"lang": "en"}).text
        assert "1 messages held" in page
        assert "new-gate" in client.get("/").text
        form = {"csrf": token(page), "standing": "accepted"}
        assert client.post("/gates/new-gate/standing", data=form).status_code == 303
        assert [one["id"] for one in client.get("/api/v1/alerts").json()] == [str(alert.id)]
        assert "<td>Station accepted</td>" in client.get("/audit").text
    room.stop()
