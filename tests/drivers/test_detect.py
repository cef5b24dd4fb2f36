"""Who is behind a port: listened to first, asked only in silence, and never told anything."""

from collections.abc import Callable
from itertools import count

import pytest

from contract.clock import SystemClock
from drivers import registry
from drivers.codec import DriverSpec, SerialLine, Transport
from drivers.detect import Finding, detect
from drivers.devices import fluke_4180, gy_614v, gy_mcu90640, xy_md02
from drivers.link import Link
from tests.drivers.golden import FOLDER

SPECS = registry.specs()
FRAME = gy_mcu90640.encode_frame(gy_mcu90640.np.full((24, 32), 36.5), 25.0)


class TickingClock:
    """A clock on which each look is 50 ms later, so that waiting costs nothing."""

    def __init__(self) -> None:
        self._start = SystemClock().now()
        self._looks = count()

    def now(self):
        return self._start.later(0.05 * next(self._looks))


class FakeDevice:
    """A device at one line rate: what it says by itself, and what it answers."""

    def __init__(self, line: SerialLine, says: bytes = b"", answers: Callable[[bytes], bytes] | None = None) -> None:
        self.line = line
        self.says = says
        self.answers = answers or (lambda _request: b"")
        self.asked: list[bytes] = []

    def open(self, line: SerialLine) -> Link:
        return FakeLink(self, matches=(line.baud, line.parity) == (self.line.baud, self.line.parity))


class FakeLink:
    def __init__(self, device: FakeDevice, *, matches: bool) -> None:
        self.device = device
        self.matches = matches
        self.waiting = [device.says if matches else bytes(len(device.says[:5]))] * bool(device.says)

    def read(self, timeout_s: float) -> bytes:
        return self.waiting.pop(0) if self.waiting else b""

    def write(self, data: bytes) -> None:
        self.device.asked.append(data)
        if self.matches and (answer := self.device.answers(data)):
            self.waiting.append(answer)

    def close(self) -> None:
        self.waiting.clear()


def find(device: FakeDevice) -> Finding:
    return detect(SPECS, device.open, TickingClock(), lambda _step: None)


def test_a_talker_is_recognised_without_a_word() -> None:
    device = FakeDevice(SerialLine(115200), FRAME[700:] + FRAME)
    finding = find(device)
    assert (finding.driver, finding.line and finding.line.baud) == ("gy_mcu90640", 115200)
    assert device.asked == []


def test_a_talker_at_another_rate_is_found() -> None:
    device = FakeDevice(SerialLine(460800), FRAME * 2)
    finding = find(device)
    assert (finding.driver, finding.line and finding.line.baud) == ("gy_mcu90640", 460800)
    assert device.asked == []


def test_a_silent_device_is_asked_what_it_is() -> None:
    def answer(request: bytes) -> bytes:
        return fluke_4180.encode_line("FLUKE,4180,B1,1.1") if request == b"*IDN?\r" else b""

    finding = find(FakeDevice(SerialLine(9600), answers=answer))
    assert finding.driver == "fluke_4180"


def test_a_modbus_sensor_answers_for_itself() -> None:
    reply = bytes.fromhex("01 04 04 01 31 02 22 2A CE")
    finding = find(FakeDevice(SerialLine(9600), answers=lambda asked: reply if asked == xy_md02.read_both() else b""))
    assert finding.driver == "xy_md02"


def test_an_unknown_talker_is_left_alone() -> None:
    device = FakeDevice(SerialLine(9600), b"$GPGGA,081836,3751.65,S,14507.36,E,1,4,1.5,280.2,M,-34.0,M,,*75\r\n")
    finding = find(device)
    assert finding.driver is None
    assert finding.heard
    assert device.asked == []


def test_nobody_is_nobody() -> None:
    finding = find(FakeDevice(SerialLine(9600)))
    assert (finding.driver, finding.heard) == (None, b"")


@pytest.mark.parametrize("spec", [spec for spec in SPECS.values() if spec.handshake], ids=lambda spec: spec.name)
def test_what_is_asked_changes_nothing(spec: DriverSpec) -> None:
    """No handshake is one of the commands that set something."""
    assert spec.handshake is not None
    settings = {
        gy_mcu90640.set_emissivity(1.0),
        gy_mcu90640.save_settings(),
        gy_614v.continuous_output(),
        gy_614v.save_settings(),
        fluke_4180.use_celsius(),
    }
    assert spec.handshake.request not in settings


def test_every_serial_driver_can_be_detected_or_has_no_voice() -> None:
    mute = {name for name, spec in SPECS.items() if spec.transport is Transport.SERIAL and spec.handshake is None}
    assert all((FOLDER / name).is_dir() for name in mute)
    assert "gy_mcu90640" not in mute
