"""The demonstration: its files, its refusals, and a whole start and stop with real processes."""

import socket
import threading
from contextlib import closing
from datetime import UTC, datetime

import pytest

from contract.calibration import Certificate, correct, refusal
from contract.signing import KeyRefused, Trust, load_key, sign
from edge.certificates import believing
from edge.config import InstrumentRole, load
from simulators import district
from simulators.gate_files import certificate, signing_key, write
from tests.patience import PATIENCE_S

NOW = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)


def free_ports():
    """A port for central and three in a row for the gates."""
    while True:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            base = probe.getsockname()[1]
        if base < 65_000 and all(usable(base + n) for n in range(4)):
            return base, base + 1


def usable(port):
    with closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@pytest.fixture
def options(tmp_path):
    central, base = free_ports()
    return district.Options(1, tmp_path / "var", central, base)


@pytest.fixture
def gates(options, tmp_path):
    return district.gates_of(options, tmp_path, "mqtt://127.0.0.1:1883")


def test_each_gates_file_is_a_configuration_that_the_edge_accepts(gates):
    for gate in gates:
        config = load(write(gate.file, NOW))
        assert config.gate.simulated
        assert config.gate.name_zh in {"武隆站", "码头", "村口"}
        assert {instrument.driver for instrument in config.instruments} == {d.driver for d in gate.file.devices}
        (screen,) = [item for item in config.instruments if item.role is InstrumentRole.SCREEN]
        assert screen.certificate is not None
        assert screen.warm_up_s == 5.0


def test_certificates_hold_and_take_out_the_units_error(gates):
    for gate in gates:
        for device in gate.file.devices:
            if device.certified:
                made = certificate(device, NOW)
                assert refusal(made, device.id, device.serial, NOW) is None
                assert made.simulated
                a_c, b = device.error_c
                for true_c in (30.0, 36.0, 41.0):
                    indicated_c = true_c + a_c + b * (true_c - 37)
                    assert correct(made.correction, indicated_c) == pytest.approx(true_c, abs=1e-9)


def test_each_gate_believes_only_what_the_districts_own_key_has_signed(gates):
    for gate in gates:
        config = load(write(gate.file, NOW))
        trust = Trust.load(config.trust.keys)
        assert len(trust) == 1
        (path,) = [item.certificate for item in config.instruments if item.certificate]
        given = Certificate.model_validate_json(path.read_text())
        assert believing(trust)(given)
        assert not believing(trust)(given.model_copy(update={"signer": "", "signature": ""}).sealed())
        assert config.trust.sign_with is not None
        assert trust.vouches_for(sign(given, load_key(config.trust.sign_with)))


def test_the_key_outlives_a_restart_and_a_broken_one_is_named(tmp_path):
    path = signing_key(tmp_path)
    before = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert signing_key(tmp_path).read_bytes() == before
    path.write_bytes(before[:40])
    with pytest.raises(KeyRefused, match=r"calibration\.pem"):
        signing_key(tmp_path)


def test_the_stations_plate_is_inside_its_upright_picture(gates):
    (reference,) = [device.reference for device in gates[0].file.devices if device.reference]
    column, row, radius = reference["region"]
    assert radius <= column <= 120 - radius
    assert radius <= row <= 160 - radius


def test_a_taken_port_is_refused_with_the_option_that_changes_it(options):
    for port, option in ((options.base_port + 1, "--base-port"), (options.central_port, "--central-port")):
        taken = socket.create_server(("127.0.0.1", port))
        with closing(taken), pytest.raises(district.DistrictRefused, match=option):
            district.run_district(options, threading.Event(), print)


def test_a_folder_that_cannot_be_written_is_refused_with_the_option_that_changes_it(options, tmp_path):
    (tmp_path / "file").write_text("")
    stopped = threading.Event()
    with pytest.raises(district.DistrictRefused, match=r"--var"):
        district.run_district(
            district.Options(1, tmp_path / "file", options.central_port, options.base_port), stopped, print
        )


def test_a_folder_serves_one_demonstration_at_a_time(options):
    stop = threading.Event()
    options.var.mkdir()
    with district.alone(options.var), pytest.raises(district.DistrictRefused, match="another demonstration"):
        district.run_district(options, stop, print)


@pytest.mark.slow
def test_all_start_answer_and_stop_by_themselves(options):
    said, stop, ready = [], threading.Event(), threading.Event()
    codes = []

    def say(line):
        said.append(line)
        if "SIMULATED" in line or "ended with" in line:
            ready.set()

    runner = threading.Thread(target=lambda: codes.append(district.run_district(options, stop, say)))
    runner.start()
    ready.wait(PATIENCE_S)
    stop.set()
    runner.join(PATIENCE_S)
    assert codes == [0], said
    assert not [line for line in said if "killed" in line or "ended" in line]
    assert sum(line.startswith("account ") for line in said) == 2
    assert sum(line.startswith("http://127.0.0.1:") for line in said) == 4
    assert not list((options.var / "gates" / "dev").iterdir())
