"""Who is behind a port: listened to first, asked only in silence, and never told anything. Virtual time.

The devices are the simulated ones, on lines that garble what is sent at another rate; no thread, no terminal, no wait.
"""

from collections.abc import Callable
from copy import deepcopy

import pytest

from drivers import registry
from drivers.codec import SerialLine, Transport
from drivers.detect import Finding, detect
from drivers.link import Link
from simulators.catalogue import DEVICES, Unit
from simulators.device import SimulatedDevice
from simulators.devices import gy_mcu90640
from simulators.devices.gy_mcu90614 import FACTORY_90615, GyMcu90614, Settings
from simulators.devices.optris_ct import OptrisCt
from simulators.devices.xy_md02 import XyMd02
from simulators.line import Line
from simulators.scene import Place
from simulators.scenes import SCENES, Stage
from tests.conftest import FakeClock
from tests.simulators.devices.together import Still

SPECS = registry.specs()
SERIAL = [spec for spec in SPECS.values() if spec.transport is Transport.SERIAL]
QUESTIONS = {spec.handshake.request for spec in SERIAL if spec.handshake}
STEP_S = 0.005


def simulated(name: str) -> SimulatedDevice:
    model = DEVICES[name]
    return model.build(SCENES["empty"](Stage(3, Place(mark_m=model.mark_m))), Unit(seed=3))


class VirtualPort:
    """A port on a virtual clock, with a device behind it that has been switched on for a while."""

    def __init__(self, device: SimulatedDevice, clock: FakeClock) -> None:
        self.clock = clock
        self.start = clock.now()
        self.line = Line(device)
        self.line.power_up(-5.0)
        self.asked: list[bytes] = []
        self.opened = 0

    def now_s(self) -> float:
        return self.clock.now().seconds_since(self.start)

    def open(self, line: SerialLine) -> Link:
        self.opened += 1
        return VirtualLink(self, line.baud or None)


class VirtualLink:
    def __init__(self, port: VirtualPort, baud: int | None) -> None:
        self.port = port
        self.baud = baud
        port.line.due(baud, port.now_s())  # opening throws away what has come before

    def read(self, timeout_s: float) -> bytes:
        for _step in range(max(1, round(timeout_s / STEP_S))):
            self.port.clock.advance(STEP_S)
            if data := self.port.line.due(self.baud, self.port.now_s()):
                return data
        return b""

    def write(self, data: bytes) -> None:
        self.port.asked.append(data)
        self.port.line.hear(data, self.baud, self.port.now_s())

    def close(self) -> None:
        self.baud = None


def find(device: SimulatedDevice, clock: FakeClock, **settings: object) -> tuple[Finding, VirtualPort]:
    port = VirtualPort(device, clock)
    finding = detect(SPECS, port.open, clock, lambda _step: None, **settings)  # type: ignore[arg-type]
    assert set(port.asked) <= QUESTIONS
    return finding, port


# --- devices that are known -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [spec.name for spec in SERIAL])
def test_each_serial_device_is_named_within_seven_seconds(name: str, clock: FakeClock) -> None:
    device = simulated(name)
    finding, port = find(device, clock)
    assert finding.driver == name
    assert finding.line is not None
    assert device.baud in (finding.line.baud, None)
    assert port.now_s() < 7.0
    if SPECS[name].talks and SPECS[name].poll_interval_s is None:
        assert port.asked == [], "who talks is not asked"


def test_a_talker_of_a_family_is_asked_that_familys_question_alone(clock: FakeClock) -> None:
    """A Hart calibrator tells its temperature each second, as dry wells of the family do."""
    _finding, port = find(simulated("hart_9132"), clock)
    assert port.asked == [b"\r*ver\r"]


@pytest.mark.parametrize(
    ("device", "name", "baud"),
    [
        (lambda: GyMcu90614(Still(), FACTORY_90615), "gy_mcu90614", 115200),
        (lambda: OptrisCt(Still(), is_ct=False), "optris_ct", 9600),
        (lambda: set_to(XyMd02(Still()), bytes.fromhex("01 06 01 02 4B 00 1F 06")), "xy_md02", 19200),
        (lambda: set_to(simulated("gy_mcu90640"), bytes.fromhex("A5 15 03 BD A5 65 01 0B")), "gy_mcu90640", 460800),
        (lambda: set_to(simulated("gy_614v"), bytes.fromhex("A4 06 01 06 B1 A4 06 05 55 04")), "gy_614v", 115200),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_device_that_was_set_to_another_rate_is_found(
    device: Callable[[], SimulatedDevice], name: str, baud: int, clock: FakeClock
) -> None:
    finding, _port = find(device(), clock)
    assert (finding.driver, finding.line and finding.line.baud) == (name, baud)


def set_to(device: SimulatedDevice, order: bytes) -> SimulatedDevice:
    """Give a device an order that outlives switching it off and on."""
    device.power_up(-20.0)
    device.hear(order, -19.0)
    return device


def test_a_camera_that_was_left_streaming_is_known_by_its_images(clock: FakeClock) -> None:
    device = simulated("senxor")
    port = VirtualPort(device, clock)
    for order in SPECS["senxor"].start:
        port.line.hear(order, None, -1.0)
    finding = detect(SPECS, port.open, clock, lambda _step: None)
    assert finding.driver == "senxor"
    assert port.asked == []


def test_behind_a_tcp_port_every_question_is_tried_without_opening_it_for_each_rate(clock: FakeClock) -> None:
    finding, port = find(simulated("senxor"), clock, has_rates=False)
    assert finding.driver == "senxor"
    assert port.opened == 2
    assert finding.line is not None
    assert finding.line.baud == 0


def test_whose_usb_ids_the_port_has_is_asked_first(clock: FakeClock) -> None:
    finding, port = find(simulated("senxor"), clock, likely={"senxor"})
    assert finding.driver == "senxor"
    assert len(port.asked) == 1


# --- and those that are not -------------------------------------------------------------------------------------------


class Stranger:
    """A device that no driver knows: what it says by itself each second, and what it answers to anything."""

    def __init__(self, says: bytes = b"", answer: Callable[[bytes], bytes] | None = None, baud: int = 9600) -> None:
        self.baud = baud
        self._says = says
        self._answer = answer or (lambda _heard: b"")
        self._next_s = -5.0

    def power_up(self, t_s: float) -> bytes:
        self._next_s = t_s + 1.0
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        return self._answer(data)

    def speak(self, t_s: float) -> tuple[bytes, float]:
        if t_s < self._next_s:
            return b"", self._next_s
        self._next_s += 1.0
        return self._says, self._next_s


GPS = b"$GPGGA,081836,3751.65,S,14507.36,E,1,4,1.5,280.2,M,-34.0,M,,*75\r\n"


@pytest.mark.parametrize("baud", [9600, 115200, 4800, 31250])
@pytest.mark.parametrize("says", [GPS, bytes(range(256)), b"\x00"], ids=["gps", "every byte", "zeros"])
def test_an_unknown_talker_is_left_alone(says: bytes, baud: int, clock: FakeClock) -> None:
    finding, port = find(Stranger(says, baud=baud), clock)
    assert (finding.driver, port.asked) == (None, [])
    assert finding.heard


@pytest.mark.parametrize(
    "answer",
    [
        lambda _heard: b"",
        lambda heard: heard,
        lambda _heard: b"ERROR\r\n",
        lambda _heard: b"?",
        lambda _heard: bytes(64),
    ],
    ids=["nothing", "an echo", "an error", "a question mark", "zeros"],
)
@pytest.mark.parametrize("baud", [9600, 115200])
def test_an_unknown_device_gets_nothing_but_the_questions_and_is_unknown(
    answer: Callable[[bytes], bytes], baud: int, clock: FakeClock
) -> None:
    """`find` has looked that nothing else was written."""
    finding, port = find(Stranger(answer=answer, baud=baud), clock)
    assert finding.driver is None
    assert set(port.asked) == QUESTIONS - {b""}
    assert port.now_s() < 60


class Noisy:
    """A device whose line brings one byte of noise half a second after the start."""

    def __init__(self, device: SimulatedDevice) -> None:
        self.baud = device.baud
        self.power_up = device.power_up
        self.hear = device.hear
        self._noise = b"\xff"

    def speak(self, t_s: float) -> tuple[bytes, float]:
        if t_s < 0.5:
            return b"", 0.5
        noise, self._noise = self._noise, b""
        return noise, t_s + 60.0


def test_who_falls_silent_is_asked_after_all(clock: FakeClock) -> None:
    """An adapter's noise on opening, or a greeting, is no talker."""
    device = simulated("fluke_4180")
    port = VirtualPort(device, clock)
    port.line.device = Noisy(device)
    finding = detect(SPECS, port.open, clock, lambda _step: None)
    assert finding.driver == "fluke_4180"


# --- what is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [spec.name for spec in SERIAL])
def test_no_question_changes_what_any_device_is_set_to(name: str) -> None:
    """Each device is asked everything that is asked of devices that do not talk."""
    device = GyMcu90614(Still(), Settings(automatic=False)) if name == "gy_mcu90614" else simulated(name)
    device.power_up(0.0)
    device.hear(SPECS[name].handshake.request, 0.05)  # type: ignore[union-attr]  # fills the registers of readings
    before = settings(device)
    for question in sorted(QUESTIONS):
        device.hear(question, 0.05)
    assert settings(device) == before


BUFFERS = {"_begun", "_typed", "_heard"}


def settings(device: SimulatedDevice) -> dict[str, object]:
    """All that a simulated device remembers, but for what it has heard of a command that is not whole yet."""
    kinds = (bool, int, float, str, bytes, bytearray, list, tuple, dict, Settings, gy_mcu90640.Settings)
    known = {name: value for name, value in vars(device).items() if isinstance(value, kinds) and name not in BUFFERS}
    return {name: deepcopy(value) for name, value in known.items() if not _holds_functions(value)}


def _holds_functions(value: object) -> bool:
    return isinstance(value, dict) and any(callable(item) for item in value.values())
