"""What a technician sees: the commands of guankou-probe, run as programs run."""

import gzip
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from drivers import registry
from drivers.devices import gy_614v, gy_mcu90640, lepton_y16
from drivers.hextext import spell
from drivers.probe import main
from drivers.recording import CaptureWriter
from tests.drivers.golden import FOLDER
from tests.drivers.ptys import Device
from tests.patience import PATIENCE_S

FRAME = (FOLDER / "gy_mcu90640" / "frame.hex").read_text(encoding="utf-8")
FRAME_BYTES = bytes.fromhex("".join(line.split("#")[0] for line in FRAME.splitlines()))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def run(*arguments: object) -> tuple[int, list[dict[str, object]], str]:
        code = main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return code, [json.loads(line) for line in told.out.splitlines()], told.err

    return run


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


# --- decode -----------------------------------------------------------------------------------------------------------


def test_a_frame_as_hex_text_is_one_json_object(run, tmp_path: Path) -> None:
    code, lines, errors = run("decode", "gy_mcu90640", write(tmp_path / "frame.hex", FRAME.encode()))
    assert code == 0
    (line,) = lines
    assert line["t"] == 0.0
    assert line["kind"] == "frame"
    assert line["shape"] == [24, 32]
    assert (line["min_c"], line["max_c"], line["sensor_c"]) == (36.5, 36.5, 25.1)
    assert line["faults"] == []
    assert errors == ""


def test_answers_that_mean_nothing_alone_are_read_behind_their_questions(run, tmp_path: Path) -> None:
    asked = "#> 04\n03 B6\n#> 01\n04 D3\n#> 01\n04 D4\n"
    code, lines, errors = run("decode", "optris_ct", write(tmp_path / "both.hex", asked.encode()))
    assert (code, errors) == (0, "")
    assert [line.get("object_c", line.get("value")) for line in lines] == ["0.950", 23.5, 23.6]
    code, lines, errors = run("decode", "optris_ct", write(tmp_path / "one.hex", b"03 B6\n04 D3\n04 D4\n"))
    assert (code, lines) == (1, [])
    assert "holds no sample of optris_ct" in errors
    assert "it lacks what the host asked" in errors


@pytest.mark.parametrize("name", ["frames.bin", "frames.bin.gz", "frames.raw"])
def test_raw_frames_decode_as_a_stream(run, tmp_path: Path, name: str) -> None:
    code, lines, _errors = run("decode", "gy_mcu90640", write(tmp_path / name, FRAME_BYTES * 3))
    assert code == 0
    assert [line["seq"] for line in lines] == [0, 1, 2]


def test_a_raw_frame_of_a_camera_decodes_with_and_without_telemetry(run, tmp_path: Path) -> None:
    counts = lepton_y16.np.full((120, 160), 30000, dtype=lepton_y16.np.uint16)
    plain = lepton_y16.encode_counts(counts)
    code, lines, _errors = run("decode", "lepton_y16", write(tmp_path / "plain.bin", plain))
    assert (code, lines[0]["shape"], lines[0]["since_shutter_s"]) == (0, [120, 160], None)
    telemetry = lepton_y16.Telemetry(90_000, 7, last_ffc_ms=60_000, sensor_c=30.0)
    told = lepton_y16.encode_counts(counts, telemetry)
    code, lines, _errors = run("decode", "lepton_y16", write(tmp_path / "told.bin", told * 2))
    assert (code, len(lines)) == (0, 2)
    assert (lines[0]["since_shutter_s"], lines[0]["sensor_c"], lines[0]["max_c"]) == (30.0, 30.0, 26.85)


def test_a_spot_and_the_air_say_their_own_values(run, tmp_path: Path) -> None:
    spot = gy_614v.encode_reading(34.12, 25.31, 36.58)
    _code, lines, _errors = run("decode", "gy_614v", write(tmp_path / "spot.bin", spot))
    assert (lines[0]["object_c"], lines[0]["ambient_c"], lines[0]["body_c"]) == (34.12, 25.31, 36.58)
    air = b"01 04 04 01 31 02 22 2A CE  # the manual's example"
    _code, lines, _errors = run("decode", "xy_md02", write(tmp_path / "air.hex", air))
    assert (lines[0]["ambient_c"], lines[0]["humidity_pct"]) == (30.5, 54.6)
    talk = b"*IDN?\rHART,4180,B1,1\rSOUR:SENS:DATA?\r37.02\rSOUR:SPO?\r37.00\rSOUR:STAB:TEST?\r1\r"
    _code, lines, _errors = run("decode", "fluke_4180", write(tmp_path / "plate.bin", talk))
    assert (lines[-1]["kind"], lines[-1]["actual_c"], lines[-1]["stable"]) == ("reference", 37.02, True)


def test_a_truncated_file_gives_what_was_whole_and_says_what_was_cut(run, tmp_path: Path) -> None:
    code, lines, errors = run("decode", "gy_mcu90640", write(tmp_path / "cut.bin", FRAME_BYTES * 2 + FRAME_BYTES[:700]))
    assert code == 1
    assert len(lines) == 2
    assert "cut" in errors
    assert "700 bytes" in errors


def test_half_a_byte_and_half_an_archive_are_cut_too(run, tmp_path: Path) -> None:
    code, lines, errors = run("decode", "gy_614v", write(tmp_path / "half.hex", b"A4 03 07 01 5F 0E A"))
    assert (code, len(lines)) == (1, 1)
    assert "half a byte" in errors
    archive = gzip.compress(FRAME_BYTES * 500, mtime=0)
    path = tmp_path / "half.bin.gz"
    path.write_bytes(archive[: len(archive) * 2 // 3])
    code, lines, errors = run("decode", "gy_mcu90640", path)
    assert code == 1
    assert lines
    assert "ends early" in errors


def test_faults_are_told_with_the_sample_behind_them(run, tmp_path: Path) -> None:
    broken = bytearray(FRAME_BYTES)
    broken[99] ^= 1
    code, lines, errors = run("decode", "gy_mcu90640", write(tmp_path / "faults.bin", bytes(broken) + FRAME_BYTES))
    assert code == 0
    assert lines[0]["faults"] == ["checksum: 1544 bytes dropped"]
    assert "checksum: 1544 bytes dropped" in errors


def test_an_unknown_driver_lists_the_known_ones(run, tmp_path: Path) -> None:
    code, lines, errors = run("decode", "gy_mcu9064", tmp_path / "x.bin")
    assert (code, lines) == (2, [])
    assert all(name in errors for name in registry.names())


@pytest.mark.parametrize(
    ("driver", "name", "data", "words"),
    [
        ("gy_614v", "missing.bin", None, "is no file"),
        ("gy_614v", "words.hex", b"A4 03 hello", "is no hex digit"),
        ("gy_614v", "x.cptv", b"CPTV", "use the driver lepton_y16"),
        ("lepton_y16", "x.cptv", b"CPTV", "cut"),
        ("lepton_y16", "x.raw.y16.gz", b"not this", "PTY16V1"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    run, tmp_path: Path, driver: str, name: str, data: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if data is not None:
        write(path, data)
    code, lines, errors = run("decode", driver, path)
    assert code != 0
    assert lines == []
    assert words in errors


def test_nothing_that_is_no_number_is_printed_as_one(run, tmp_path: Path) -> None:
    counts = lepton_y16.np.zeros((120, 160), dtype=lepton_y16.np.uint16)
    code, lines, _errors = run("decode", "lepton_y16", write(tmp_path / "dark.bin", lepton_y16.encode_counts(counts)))
    assert code == 0
    assert (lines[0]["min_c"], lines[0]["max_c"], lines[0]["mean_c"]) == (None, None, None)
    assert "not_radiometric" in lines[0]["faults"]


def test_a_real_recording_decodes_on_its_own_times(run, shared_data: Path) -> None:
    code, lines, errors = run("decode", "lepton_y16", shared_data / "checkpoint_recordings" / "93cf43be5663.cptv")
    assert (code, errors, len(lines)) == (0, "", 8)
    assert lines[0]["t"] == 0.0
    assert lines[-1]["t"] > 0.5
    assert all(line["shape"] == [120, 160] and line["max_c"] < 45 for line in lines)
    assert lines[0]["since_shutter_s"] == 364.632


def test_the_broken_row_of_a_real_camera_is_never_hot(run, shared_data: Path) -> None:
    path = shared_data / "device_captures" / "lepton_y16_4frames.raw.y16.gz"
    code, lines, _errors = run("decode", "lepton_y16", path)
    assert (code, len(lines)) == (0, 4)
    assert all(line["faults"] == ["bad_rows"] and line["max_c"] < 34.0 for line in lines)


# --- list -------------------------------------------------------------------------------------------------------------


def test_list_shows_each_driver_with_its_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "-v"]) == 0
    told = capsys.readouterr().out
    for name, spec in registry.specs().items():
        (line,) = (line for line in told.splitlines() if line.startswith(f"{name} "))
        assert spec.evidence.value in line
        assert spec.title in line
        assert spec.sources[0] in told
    assert "Ports" in told


# --- record and watch, over a real terminal ---------------------------------------------------------------------------


def test_what_is_recorded_decodes_to_the_same(device: Device, run, tmp_path: Path) -> None:
    path = tmp_path / "capture.hex"
    command = [sys.executable, "-m", "drivers.probe", "record", "gy_mcu90640", device.path, path, "--note", "a wall"]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        start = b"".join(registry.spec("gy_mcu90640").start)
        assert device.hear(len(start)) == start
        device.say(FRAME_BYTES[:1000])
        device.say(FRAME_BYTES[1000:] + gy_mcu90640.encode_emissivity(1.0) + FRAME_BYTES)
        assert program.stderr is not None
        while "reading" not in program.stderr.readline():
            assert program.poll() is None
        program.send_signal(signal.SIGINT)
        _out, errors = program.communicate(timeout=PATIENCE_S)
    finally:
        program.kill()
    assert program.returncode == 0
    assert "3 samples" in errors
    text = path.read_text(encoding="utf-8")
    assert "# driver: gy_mcu90640\n" in text
    assert "# note: a wall\n" in text
    assert f"#> {spell(registry.spec('gy_mcu90640').start[0])}\n" in text
    code, lines, _errors = run("decode", "gy_mcu90640", path)
    assert code == 0
    assert [line["kind"] for line in lines] == ["frame", "reply", "frame"]
    assert lines[2]["t"] >= lines[0]["t"] > 0


def test_a_recorded_conversation_decodes_with_its_questions(run, tmp_path: Path) -> None:
    path = tmp_path / "talk.hex"
    writer = CaptureWriter(path, {"driver": "fluke_4180"})
    talk = [
        ("UNIT:TEMP C", None),
        ("*IDN?", "FLUKE,4180,B1,1.1"),
        ("SOUR:SENS:DATA?", "36.98"),
        ("SOUR:SPO?", "37.00"),
        ("SOUR:STAB:TEST?", "0"),
    ]
    for turn, (question, answer) in enumerate(talk):
        writer.write(f"{question}\r".encode(), float(turn), from_host=True)
        if answer is not None:
            writer.write(f"{answer}\r".encode(), turn + 0.1)
    writer.close()
    code, lines, errors = run("decode", "fluke_4180", path)
    assert (code, errors) == (0, "")
    assert [line["kind"] for line in lines] == ["reply", "reference"]
    assert (lines[1]["t"], lines[1]["actual_c"], lines[1]["stable"]) == (4.1, 36.98, False)


def test_detect_names_a_talker_on_a_real_line(device: Device, capsys: pytest.CaptureFixture[str]) -> None:
    ended = threading.Event()

    def talk() -> None:
        while not ended.wait(0.05):
            device.say(FRAME_BYTES)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        assert main(["detect", str(device.path)]) == 0
    finally:
        ended.set()
        thread.join()
    told = capsys.readouterr()
    assert told.out.startswith("gy_mcu90640 at ")
    assert "asking" not in told.err


def test_a_recording_is_never_written_over(run, tmp_path: Path) -> None:
    path = write(tmp_path / "old.hex", b"00")
    code, _lines, errors = run("record", "gy_614v", "/dev/null", path, "--seconds", "0.1")
    assert code == 2
    assert "cannot write" in errors


def test_watch_prints_a_line_a_sample_where_there_is_no_terminal(run, tmp_path: Path) -> None:
    path = write(tmp_path / "three.bin", FRAME_BYTES * 3)
    code, lines, errors = run("watch", "gy_mcu90640", f"replay://{path}?speed=max")
    assert code == 0
    assert [line["seq"] for line in lines] == [0, 1, 2]
    assert "the recording is over" in errors


def test_watch_says_what_is_wrong_with_a_link(run, tmp_path: Path) -> None:
    code, lines, errors = run("watch", "gy_614v", tmp_path / "nothing", "--seconds", "0.2")
    assert (code, lines) == (1, [])
    assert "is not there" in errors


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    told = capsys.readouterr().out
    assert all(command in told for command in ("list", "decode", "watch", "record", "detect"))
