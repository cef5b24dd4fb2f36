"""The program: one clear sentence and exit code 2 where it cannot start, a clean end at a signal."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract.clock import SystemClock
from edge.__main__ import main
from edge.store import Store
from tests.edge.conftest import a_certificate
from tests.patience import PATIENCE_S

PROGRAM = Path(sys.executable).with_name("guankou-edge")
REPOSITORY = Path(__file__).resolve().parents[2]


def toml(value: Any) -> str:
    """A TOML value; enough for these files."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {toml(part)}' for key, part in value.items())}}}"
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gate.toml"


def write(path: Path, settings: dict[str, Any]) -> Path:
    tables = {name: table for name, table in settings.items() if name != "instruments"}
    text = "".join(
        f"[{name}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )
    for instrument in settings["instruments"]:
        text += "[[instruments]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in instrument.items())
    path.write_text(text, encoding="utf-8")
    return path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 2
    said = capsys.readouterr().err
    assert said.startswith("guankou-edge: ")
    assert said.count("\n") == 1, "one sentence"
    return said


@contextmanager
def started(path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program, running, and its address."""
    program = subprocess.Popen(
        [PROGRAM, "run", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=path.parent
    )
    assert program.stdout is not None
    assert program.stderr is not None
    try:
        address = program.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), program.stderr.read()
        yield program, address
    finally:
        program.kill()
        program.wait()
        program.stdout.close()
        program.stderr.close()


def test_a_configuration_is_shown_as_it_was_understood(
    path: Path, settings: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate = a_certificate(SystemClock().now().at, serial="another")
    (tmp_path / "c.json").write_text(certificate.model_dump_json())
    settings["instruments"][0]["certificate"] = str(tmp_path / "c.json")
    assert main(["config", "check", str(write(path, settings))]) == 0
    said = capsys.readouterr().out
    for words in ("码头 / Dock", "GY-614V", "is for serial another, and SN-1 stands here", "37.3 degC", "30 days"):
        assert words in said


@pytest.mark.parametrize(
    ("section", "key", "value", "sentence"),
    [
        ("rules", "threshold_c", 73.0, r"rules\.threshold_c: Input should be less than or equal to 39"),
        ("rules", "treshold_c", 37.5, r"rules\.treshold_c: Extra inputs are not permitted"),
        ("kiosk", "host", "0.0.0.0", r"kiosk: .*no loopback address; set allow_network = true"),
        ("gate", "id", "Dock 2", r"gate\.id: "),
    ],
)
def test_a_configuration_that_is_wrong_is_named_by_its_key(
    path: Path,
    settings: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    section: str,
    key: str,
    value: Any,
    sentence: str,
) -> None:
    settings.setdefault(section, {})[key] = value
    said = refused(capsys, "config", "check", str(write(path, settings)))
    assert re.search(sentence, said), said


def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot read /nowhere/gate.toml: No such file" in refused(capsys, "run", "/nowhere/gate.toml")


def test_a_file_that_is_no_toml_is_named(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text("[gate\n")
    assert "is not TOML" in refused(capsys, "run", str(path))


def test_an_unknown_driver_is_answered_with_the_known_ones(
    path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings["instruments"][0]["driver"] = "gy_641v"
    said = refused(capsys, "run", str(write(path, settings)))
    assert "gy_641v" in said
    assert "gy_614v" in said


def test_a_driver_that_does_not_fit_its_role_is_refused(
    path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings["instruments"].append({"id": "air", "driver": "gy_614v", "link": "x", "role": "ambient"})
    assert "cannot have the role ambient" in refused(capsys, "run", str(write(path, settings)))


def test_a_gate_that_screens_nobody_is_refused(
    path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings["instruments"] = [{"id": "air", "driver": "xy_md02", "link": "x", "role": "ambient"}]
    assert "no instrument screens people" in refused(capsys, "run", str(write(path, settings)))


PLATE = {"region": [20, 80, 6], "source": "plate"}


@pytest.mark.parametrize(
    ("reference", "second", "sentence"),
    [
        (PLATE, {}, "dock-1: two references both need a region: the search cannot tell them apart"),
        ({}, PLATE, "dock-1: two references both need a region: the search cannot tell them apart"),
        (None, PLATE, "dock-1: second_reference without reference"),
        (PLATE, {"region": [28, 80, 6]}, "dock-1: the regions of the two references overlap"),
        (PLATE, {"region": [90, 80, 6], "source": "plate"}, "dock-1: 'plate' cannot be the source of both"),
        (
            {"region": [20, 80, 6]},
            {"region": [90, 80, 6], "source": "gone"},
            "reference.source 'gone' is no instrument",
        ),
    ],
)
def test_two_references_that_cannot_be_told_apart_are_refused(
    path: Path,
    settings: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    reference: dict[str, Any] | None,
    second: dict[str, Any],
    sentence: str,
) -> None:
    one = settings["instruments"][0]
    one["id"] = "dock-1"
    one |= {"second_reference": second} if reference is None else {"reference": reference, "second_reference": second}
    assert sentence in refused(capsys, "config", "check", str(write(path, settings)))


def test_an_unwritable_folder_is_refused_before_anything_starts(
    path: Path, settings: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    settings["store"] = {"path": str(tmp_path / "file" / "gate.sqlite")}
    assert "cannot write to the folder" in refused(capsys, "run", str(write(path, settings)))


def test_a_broker_elsewhere_without_tls_is_refused(
    path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    settings["mqtt"] = {"url": "mqtt://broker.example:1883"}
    assert "use mqtts://" in refused(capsys, "run", str(write(path, settings)))


def test_a_taken_port_is_refused_and_the_database_let_go(
    path: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings["kiosk"]["port"] = other.getsockname()[1]
        for _ in range(2):
            assert "is taken: stop the program that uses it" in refused(capsys, "run", str(write(path, settings)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_within_a_second_with_streams_open(
    path: Path, settings: dict[str, Any], number: signal.Signals
) -> None:
    with started(write(path, settings)) as (program, address), httpx.Client(base_url=address) as client:
        assert client.get("/healthz").json()["gate"] == "dock"
        with client.stream("GET", "/feed") as feed, client.stream("GET", "/live") as live:
            assert next(feed.iter_lines()).startswith("retry")
            assert next(live.iter_lines()).startswith("retry")
            began = time.monotonic()
            program.send_signal(number)
            assert program.wait(PATIENCE_S) == 0
            took_s = time.monotonic() - began
    assert took_s < 1.0 or os.getloadavg()[0] > 2 * (os.cpu_count() or 1), took_s


def test_two_gates_do_not_share_a_database(
    path: Path, settings: dict[str, Any], store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    settings["store"] = {"path": str(store.path)}
    assert "another guankou-edge uses" in refused(capsys, "run", str(write(path, settings)))


def test_the_example_configuration_is_one_that_a_gate_starts_with(capsys: pytest.CaptureFixture[str]) -> None:
    example = REPOSITORY / "configs" / "gate.example.toml"
    assert main(["config", "check", str(example)]) == 0
    named = set(tomllib.loads(example.read_text(encoding="utf-8")))
    assert named >= {"gate", "instruments", "surroundings", "radiometry", "rules", "mqtt", "kiosk", "store"}
