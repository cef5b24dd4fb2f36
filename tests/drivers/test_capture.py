"""Captures: what is written is read, and the recordings of others are read as they are."""

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.clock import SystemClock
from drivers import registry
from drivers.capture import Capture, CaptureUnreadable, Piece
from drivers.devices import lepton_y16
from drivers.playback import play
from drivers.recording import CaptureWriter
from drivers.samples import ThermalFrame


def write_y16(path: Path, frames: list[tuple[float, np.ndarray]], cut: int = 0) -> Path:
    header = json.dumps({"format": "PureThermal Y16 Raw Gzip", "width": 160, "height": 120}).encode()
    data = b"PTY16V1\n" + struct.pack("<I", len(header)) + header
    for index, (at_s, counts) in enumerate(frames):
        data += struct.pack("<Qdq", index, at_s, int(at_s * 1000)) + counts.astype("<u2").tobytes()
    path.write_bytes(gzip.compress(data[: len(data) - cut]))
    return path


pieces = st.lists(
    st.tuples(st.binary(min_size=1, max_size=80), st.floats(0, 1000).map(lambda at_s: round(at_s, 6)), st.booleans()),
    max_size=6,
)


@pytest.mark.parametrize("name", ["capture.hex", "capture.hex.gz"])
@given(written=pieces)
def test_what_is_written_is_read(name: str, written: list[tuple[bytes, float, bool]], tmp_path_factory) -> None:
    path = tmp_path_factory.mktemp("captures") / name
    writer = CaptureWriter(path, {"driver": "gy_614v", "note": "a wall:\n grey"})
    for data, at_s, from_host in written:
        writer.write(data, at_s, from_host=from_host)
    writer.close()
    capture = Capture(path)
    found = [(piece.data, piece.at_s, piece.from_host) for piece in capture.pieces()]
    # long pieces are written in several lines
    for host in (False, True):
        assert b"".join(data for data, _at, from_host in found if from_host is host) == b"".join(
            data for data, _at, from_host in written if from_host is host
        )
    assert {at_s for _data, at_s, _host in found} == {at_s for _data, at_s, _host in written}
    assert capture.header["driver"] == "gy_614v"
    assert capture.header["note"] == "a wall: grey"
    assert capture.cut == ""


def test_a_recording_of_plain_pictures_keeps_its_times(tmp_path: Path) -> None:
    counts = np.full((120, 160), 30000, dtype=np.uint16)
    path = write_y16(tmp_path / "a.raw.y16.gz", [(100.0, counts), (100.114, counts + 1)])
    capture = Capture(path)
    first, second = capture.pieces()
    assert first == Piece(counts.astype("<u2").tobytes(), 0.0)
    assert second.at_s == pytest.approx(0.114)
    assert capture.header["format"] == "PureThermal Y16 Raw Gzip"


def test_a_recording_that_ends_in_a_picture_gives_the_whole_ones(tmp_path: Path) -> None:
    counts = np.full((120, 160), 30000, dtype=np.uint16)
    capture = Capture(write_y16(tmp_path / "a.raw.y16.gz", [(1.0, counts), (2.0, counts)], cut=1000))
    assert len(list(capture.pieces())) == 1
    assert capture.cut == "the last frame has 37400 of 38400 bytes"


def test_a_cptv_recording_becomes_the_camera_s_own_frames(tmp_path: Path) -> None:
    from datetime import timedelta

    from cptv import CPTVWriter, Frame

    path = tmp_path / "a.cptv"
    pix = np.add.outer(np.arange(120), np.arange(160) + 30000).astype(np.uint16)
    with path.open("wb") as stream:
        writer = CPTVWriter(stream)
        writer.device_name = b"gate"
        writer.write_header()
        for index in range(3):
            on, ffc = timedelta(seconds=100 + 0.1 * index), timedelta(seconds=40)
            writer.write_frame(Frame(pix + index, on, ffc, 0.0, 0.0))
        writer.close()
    frames = list(play(registry.spec("lepton_y16"), Capture(path), SystemClock().now()))
    assert [round(heard.t_s, 3) for heard in frames] == [0.0, 0.1, 0.2]
    first = frames[0].event
    assert isinstance(first, ThermalFrame)
    assert (first.since_shutter_s, first.device_counter) == (60.0, 0)
    np.testing.assert_allclose(first.temps_c, pix / 100 - 273.15, atol=1e-4)


def test_a_real_recording_that_is_cut_gives_what_is_whole(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / "checkpoint_recordings" / "93cf43be5663.cptv").read_bytes()
    path = tmp_path / "cut.cptv"
    path.write_bytes(whole[: len(whole) // 2])
    capture = Capture(path)
    found = list(capture.pieces())
    assert 1 <= len(found) < 8
    assert all(len(piece.data) == lepton_y16.FRAME_BYTES for piece in found)
    assert "ends within a frame" in capture.cut


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.hex", "#@ soon\n5A", "line 1: 'soon' are no seconds"),
        ("a.hex", "5A\nxyz", "line 2"),
        ("a.raw.y16.gz", "", "does not begin with PTY16V1"),
    ],
)
def test_what_is_no_capture_says_so(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(CaptureUnreadable, match=words):
        list(Capture(path).pieces())


def test_a_file_that_is_no_archive_is_cut_at_its_start(tmp_path: Path) -> None:
    path = tmp_path / "a.bin.gz"
    path.write_bytes(b"not compressed")
    capture = Capture(path)
    assert list(capture.pieces()) == []
    assert "ends early" in capture.cut
