"""Recordings played as links: on their own times, at any speed, with an end."""

import queue
import threading
from pathlib import Path

import numpy as np
import pytest

from contract.clock import SystemClock
from drivers import registry
from drivers.devices import lepton_y16
from drivers.link import LinkEnded, LinkRefused
from drivers.reader import Reader
from drivers.replay_link import ReplayLink
from drivers.samples import DecodeFault, Event, SampleFlag, ThermalFrame
from tests.conftest import FakeClock
from tests.drivers.golden import FOLDER
from tests.patience import PATIENCE_S

GY = registry.spec("gy_mcu90640")
LEPTON = registry.spec("lepton_y16")
FRAME = FOLDER / "gy_mcu90640" / "frame.hex"


def write_capture(path: Path, marks: list[float]) -> Path:
    hex_lines = "\n".join(line for line in FRAME.read_text().splitlines() if not line.startswith("#"))
    path.write_text("#> A5 35 02 DC\n" + "".join(f"#@ {mark}\n{hex_lines}\n" for mark in marks))
    return path


def read_all(url: str, spec=GY) -> list[Event]:
    events: list[Event] = []
    reader = Reader(spec, url, "cam", SystemClock(), events.append)
    reader.start()
    reader._thread.join(PATIENCE_S)
    assert not reader.alive
    assert reader.status().hint == "the recording is over"
    return events


def test_at_full_speed_the_times_are_the_recorded_ones(tmp_path: Path) -> None:
    path = write_capture(tmp_path / "a.hex", [0.0, 0.25, 3600.0])
    first, second, third = read_all(f"replay://{path}?speed=max")
    assert (second.mono_ns - first.mono_ns) / 1e9 == pytest.approx(0.25)
    assert (third.mono_ns - first.mono_ns) / 1e9 == pytest.approx(3600)
    assert isinstance(third, ThermalFrame)
    assert third.seq == 2


def test_at_the_recorded_pace_nothing_comes_before_its_time(tmp_path: Path, clock: FakeClock) -> None:
    path = write_capture(tmp_path / "a.hex", [0.0, 2.0])
    link = ReplayLink(f"replay://{path}", GY, clock)
    heard = b""
    while len(heard) < 1544:
        heard += link.read(0.01)
    assert link.read(0.01) == b""
    clock.advance(1.99)
    assert link.read(0.001) == b""
    clock.advance(0.02)
    assert link.read(0.001)
    assert link.at().seconds_since(clock.now()) == pytest.approx(-0.01)


def test_a_faster_playback_is_due_sooner(tmp_path: Path, clock: FakeClock) -> None:
    path = write_capture(tmp_path / "a.hex", [0.0, 2.0])
    link = ReplayLink(f"replay://{path}?speed=4", GY, clock)
    while link.read(0.001):
        pass
    clock.advance(0.51)
    assert link.read(0.001)
    assert link.at().seconds_since(clock.now()) == pytest.approx(1.49)


def test_closing_wakes_a_waiting_reader(tmp_path: Path) -> None:
    path = write_capture(tmp_path / "a.hex", [0.0, 1000.0])
    link = ReplayLink(f"replay://{path}", GY, SystemClock())
    while link.read(0.001):
        pass
    done = threading.Event()
    threading.Thread(target=lambda: (link.read(60.0), done.set())).start()
    link.close()
    assert done.wait(PATIENCE_S)


def test_a_loop_goes_on_in_time(tmp_path: Path) -> None:
    path = write_capture(tmp_path / "a.hex", [0.0, 0.25])
    events: queue.Queue[Event] = queue.Queue()
    reader = Reader(GY, f"replay://{path}?speed=max&loop=1", "cam", SystemClock(), events.put)
    reader.start()
    frames = [events.get(timeout=PATIENCE_S) for _ in range(6)]
    reader.stop()
    times = [frame.mono_ns for frame in frames]
    assert times == sorted(times)
    assert len(set(times)) == 6


def test_frames_of_one_camera_are_not_played_to_another_driver(shared_data: Path) -> None:
    path = shared_data / "checkpoint_recordings" / "93cf43be5663.cptv"
    with pytest.raises(LinkRefused, match="use the driver lepton_y16"):
        ReplayLink(f"replay://{path}", GY, SystemClock())


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("replay:///x.bin?speed=fast", "speed is a factor"),
        ("replay:///x.bin?speed=0", "speed is a factor"),
        ("replay://relative/x.bin", "absolute"),
        ("replay:///nowhere.bin", "is no file"),
    ],
)
def test_urls_that_cannot_work_say_what_to_write(url: str, words: str) -> None:
    with pytest.raises(LinkRefused, match=words):
        ReplayLink(url, GY, SystemClock())


def test_after_the_end_nothing_comes(tmp_path: Path) -> None:
    link = ReplayLink(f"replay://{write_capture(tmp_path / 'a.hex', [0.0])}?speed=max", GY, SystemClock())
    with pytest.raises(LinkEnded):
        list(iter(lambda: link.read(0.01), None))


def test_every_frame_of_a_real_recording_arrives_with_its_shutter_times(shared_data: Path) -> None:
    path = shared_data / "checkpoint_recordings" / "ccabc4ae4231.cptv"
    frames = read_all(f"replay://{path}?speed=max", LEPTON)
    assert len(frames) == 82
    assert not any(isinstance(frame, DecodeFault) for frame in frames)
    spans = [(frame.mono_ns - frames[0].mono_ns) / 1e9 for frame in frames]
    assert 9.0 < spans[-1] < 9.6
    first = frames[0]
    assert isinstance(first, ThermalFrame)
    assert first.since_shutter_s is not None
    assert first.since_shutter_s > 0


def test_the_broken_row_of_a_real_camera_stays_out_of_a_replay(shared_data: Path) -> None:
    path = shared_data / "device_captures" / "lepton_y16_4frames.raw.y16.gz"
    frames = read_all(f"replay://{path}?speed=max", LEPTON)
    assert len(frames) == 4
    for frame in frames:
        assert isinstance(frame, ThermalFrame)
        assert SampleFlag.BAD_ROWS in frame.flags


@pytest.mark.parametrize("telemetry", [False, True])
def test_a_file_of_bare_frames_is_played_frame_by_frame(tmp_path: Path, telemetry: bool) -> None:  # noqa: FBT001
    path = tmp_path / "a.bin"
    scene = np.add.outer(np.linspace(20, 24, 120), np.linspace(0, 10, 160))
    told = [lepton_y16.Telemetry(1000 + 115 * number, number) if telemetry else None for number in range(12)]
    path.write_bytes(b"".join(lepton_y16.encode_frame(scene + 0.01 * number, one) for number, one in enumerate(told)))
    with path.open("ab") as stream:
        stream.write(b"\x75\xa9" * 5000)
    *frames, cut = read_all(f"replay://{path}?speed=max", LEPTON)
    assert len(frames) == 12
    for number, frame in enumerate(frames):
        assert isinstance(frame, ThermalFrame)
        np.testing.assert_allclose(frame.temps_c, scene + 0.01 * number, atol=0.006)
    assert isinstance(cut, DecodeFault)
    assert cut.dropped_bytes == 10_000
