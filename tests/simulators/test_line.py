"""The device's end of a line: pace, misread rates, faults; no clock, no I/O."""

import pytest

from simulators.line import Line
from simulators.line_faults import FaultRefused, LineFaults, sort_faults
from simulators.uart import misread


class Metronome:
    """A device that says its message once a period."""

    def __init__(self, message=b"0123456789", period_s=1.0, baud=9600):
        self.message, self.period_s, self.baud = message, period_s, baud
        self.heard = b""
        self.next_s = 0.0

    def power_up(self, t_s):
        self.next_s = t_s
        return b""

    def hear(self, data, t_s):
        self.heard += data
        return b"ok" if data == b"?" else b""

    def speak(self, t_s):
        if t_s < self.next_s:
            return b"", self.next_s
        self.next_s = t_s + self.period_s
        return self.message, self.next_s


def played(line, until_s, host_baud=None, step_s=0.001):
    """What reaches the host, with the time of each byte."""
    arrived = []
    for n in range(round(until_s / step_s)):
        arrived += [(n * step_s, byte) for byte in line.due(host_baud, n * step_s)]
    return arrived


def test_bytes_come_at_the_pace_of_the_line():
    line = Line(Metronome(message=bytes(960), period_s=10.0))
    line.power_up(0.0)
    times = [t_s for t_s, _ in played(line, 2.0)]
    assert len(times) == 960
    assert times[-1] == pytest.approx(1.0, abs=0.01)  # 960 bytes of ten bits at 9600 baud
    assert times[480] == pytest.approx(0.5, abs=0.01)


def test_a_device_told_to_say_more_than_its_line_carries_skips():
    line = Line(Metronome(message=bytes(960), period_s=0.1))
    line.power_up(0.0)
    assert len(played(line, 10.0)) == pytest.approx(9600, abs=960)


def test_usb_gives_a_message_at_once():
    line = Line(Metronome(message=bytes(38_400), period_s=1.0, baud=None))
    line.power_up(0.0)
    assert len(line.due(None, 0.0)) == 38_400


def test_switching_on_again_forgets_what_was_half_said():
    line = Line(Metronome(message=bytes(960), period_s=10.0))
    line.power_up(0.0)
    played(line, 0.3)
    line.power_up(0.3)
    assert line.due(9600, 0.3) == b""  # the message starts anew
    assert len(line.due(9600, 0.31)) == 9


def test_equal_and_nearly_equal_rates_are_understood():
    assert misread(bytes(range(256)), 115200, 115200) == bytes(range(256))
    assert misread(b"hello", 9600, 9600 * 1.02) == b"hello"


@pytest.mark.parametrize(("sent", "read"), [(9600, 115200), (115200, 9600), (115200, 460800), (9600, 19200)])
def test_other_rates_are_garbage_of_the_right_amount(sent, read):
    data = bytes(range(1, 251))
    heard = misread(data, sent, read)
    assert heard != data
    assert 0 < len(heard) <= len(data) * max(1.0, 5 * read / sent)
    assert misread(data, sent, read) == heard


def test_a_host_at_another_rate_cannot_command():
    device = Metronome()
    line = Line(device)
    line.power_up(0.0)
    line.hear(b"\xa5\x15\x02\xbc", 9600 * 12, 0.0)
    assert device.heard != b"\xa5\x15\x02\xbc"


def carried(texts, messages=200, seed=3):
    faults = LineFaults.parse(texts, seed=seed)
    return [faults.carry(b"0123456789", float(n)) for n in range(messages)]


def test_without_faults_everything_arrives():
    assert set(carried([])) == {b"0123456789"}


def test_faults_strike_their_share_of_messages():
    cut = carried(["cut:0.25"])
    struck = [message for message in cut if message != b"0123456789"]
    assert len(struck) == pytest.approx(50, abs=20)
    assert all(b"0123456789".startswith(message) for message in struck)


def test_flip_changes_one_bit():
    for message in carried(["flip:1"]):
        changed = int.from_bytes(message, "big") ^ int.from_bytes(b"0123456789", "big")
        assert changed.bit_count() == 1


def test_merge_takes_the_border_between_two_messages():
    first, second, *_ = carried(["merge:1@0-1"])
    assert b"0123456789".startswith(first)
    assert b"0123456789".endswith(second)
    assert len(second) < 10


def test_silence_and_garbage_last_as_long_as_planned():
    silent = carried(["silence@10-20"])
    assert silent[9:21] == [b"0123456789", *[b""] * 10, b"0123456789"]
    dirty = carried(["garbage:1"])
    assert all(message.endswith(b"0123456789") and len(message) > 10 for message in dirty)


def test_faults_are_seeded():
    assert carried(["flip:0.5", "cut:0.5"]) == carried(["flip:0.5", "cut:0.5"])
    assert carried(["flip:0.5"]) != carried(["flip:0.5"], seed=4)


@pytest.mark.parametrize("text", ["cut:two", "cut:0.1@9-3", "cut:1.5", "bent:0.1"])
def test_nonsense_is_refused_with_what_may_be_written(text):
    with pytest.raises(FaultRefused) as refusal:
        LineFaults.parse([text])
    assert len(str(refusal.value)) > 20


def test_faults_of_sensor_and_line_are_told_apart():
    assert sort_faults(["cut:0.1", "step:0.3@60", "stuck"]) == (["step:0.3@60", "stuck"], ["cut:0.1"])
