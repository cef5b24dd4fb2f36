"""A program's log: written where standard error is now, and never in the way of the work."""

import io

import pytest
import structlog

from contract import logs


class FullDisk(io.StringIO):
    def write(self, text: str, /) -> int:
        raise OSError(28, f"No space left on device, {len(text)} characters")


def test_an_event_is_one_line_of_keys_and_values(capsys: pytest.CaptureFixture[str]):
    logs.set_up("info")
    structlog.get_logger().info("link open", instrument="gun", gap_s=None)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert 'level=info event="link open" instrument=gun' in said


def test_what_is_below_the_level_is_not_said(capsys: pytest.CaptureFixture[str]):
    logs.set_up("warning")
    structlog.get_logger().info("link open")
    assert capsys.readouterr().err == ""


def test_a_logger_made_before_follows_standard_error(monkeypatch: pytest.MonkeyPatch):
    logs.set_up("info")
    monkeypatch.setattr("sys.stderr", io.StringIO())
    log = structlog.get_logger().bind(instrument="gun")
    log.info("before")
    now = io.StringIO()
    monkeypatch.setattr("sys.stderr", now)
    log.info("after")
    assert "event=after" in now.getvalue()
    assert "event=before" not in now.getvalue()


def test_a_log_that_cannot_be_written_is_counted_and_stops_nothing(monkeypatch: pytest.MonkeyPatch):
    stream = logs.set_up("info")
    closed = io.StringIO()
    closed.close()
    for broken in (FullDisk(), closed):
        monkeypatch.setattr("sys.stderr", broken)
        structlog.get_logger().info("link open")
    assert stream.lost >= 2
