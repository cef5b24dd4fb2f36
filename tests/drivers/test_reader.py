"""A reader's life over real pseudo-terminals: start, polls, unplugging, wrong rates, recordings, the end."""

import queue
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from contract.clock import Clock, SystemClock
from drivers import registry
from drivers.codec import DriverSpec
from drivers.devices import fluke_4180, gy_mcu90614, gy_mcu90640
from drivers.link import Link, LinkLost, LinkRefused
from drivers.reader import Reader, open_link
from drivers.samples import Applied, DecodeFault, DeviceReply, Event, FaultKind, ReferenceReading, ThermalFrame
from tests.conftest import FakeClock
from tests.drivers.ptys import Device
from tests.patience import PATIENCE_S

GY = registry.spec("gy_mcu90640")
LEPTON = registry.spec("lepton_y16")
START = b"".join(GY.start)


def frame_at(temperature_c: float) -> bytes:
    return gy_mcu90640.encode_frame(np.full((24, 32), temperature_c), 25.0)


class Gate:
    """Stands where the pipeline stands."""

    def __init__(self, spec: DriverSpec, url: str, **settings: object) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.reader = Reader(spec, url, "cam", SystemClock(), self.events.put, **settings)  # type: ignore[arg-type]
        self.reader.start()

    def next(self, kind: type[Event], timeout_s: float = PATIENCE_S) -> Event:
        while True:
            event = self.events.get(timeout=timeout_s)
            if isinstance(event, kind):
                return event


@pytest.fixture
def gates() -> Iterator[Callable[..., Gate]]:
    opened: list[Gate] = []

    def open_gate(spec: DriverSpec, url: str, **settings: object) -> Gate:
        opened.append(Gate(spec, url, **settings))
        return opened[-1]

    yield open_gate
    for gate in opened:
        gate.reader.stop()


def until(condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Wait for what only another thread's counters tell."""
    deadline = time.monotonic() + timeout_s
    ticker = threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        ticker.wait(0.005)


def test_a_device_is_started_and_heard(device: Device, gates: Callable[..., Gate]) -> None:
    gate = gates(GY, str(device.path))
    assert device.hear(len(START)) == START
    device.say(frame_at(36.5))
    frame = gate.next(ThermalFrame)
    assert isinstance(frame, ThermalFrame)
    assert frame.instrument == "cam"
    assert frame.temps_c[0, 0] == 36.5
    status = gate.reader.status()
    assert (status.up, status.samples, status.hint, status.received_bytes) == (True, 1, "", 1544)
    assert status.last_sample is not None
    assert status.last_sample.at == frame.at


def test_faults_are_events_and_are_counted(device: Device, gates: Callable[..., Gate]) -> None:
    gate = gates(GY, str(device.path))
    device.hear(len(START))
    broken = bytearray(frame_at(36.5))
    broken[700] ^= 4
    device.say(bytes(broken) + frame_at(36.6))
    gate.next(ThermalFrame)
    status = gate.reader.status()
    assert dict(status.faults) == {FaultKind.CHECKSUM: 1}
    assert status.dropped_bytes == 1544


def test_an_unplugged_device_is_back_within_a_second_and_nothing_old_comes_as_new(
    device: Device, gates: Callable[..., Gate]
) -> None:
    gate = gates(GY, str(device.path))
    device.hear(len(START))
    device.say(frame_at(30.0) + frame_at(31.0)[:900])
    first = gate.next(ThermalFrame)
    until(lambda: gate.reader.status().received_bytes == 2444)
    device.unplug()
    until(lambda: not gate.reader.status().up)
    assert "not there" in gate.reader.status().hint or gate.reader.status().hint
    with pytest.raises(LinkLost):
        gate.reader.send(b"x")
    device.plug()
    plugged = time.monotonic()
    assert device.hear(len(START)) == START, "the start commands are sent again"
    device.say(frame_at(32.0))
    again = gate.next(ThermalFrame)
    assert time.monotonic() - plugged < 1.0
    assert isinstance(first, ThermalFrame)
    assert isinstance(again, ThermalFrame)
    assert again.temps_c[0, 0] == 32.0
    assert again.seq == first.seq + 1
    assert gate.events.empty()
    status = gate.reader.status()
    assert (status.reopened, status.samples) == (1, 2)
    assert not status.faults, "the half frame from before was not joined to anything"


def test_a_device_that_comes_late_is_found(device: Device, gates: Callable[..., Gate]) -> None:
    device.unplug()
    gate = gates(GY, str(device.path))
    until(lambda: "is not there" in gate.reader.status().hint)
    device.plug()
    device.hear(len(START))
    device.say(frame_at(36.5))
    assert isinstance(gate.next(ThermalFrame), ThermalFrame)


def test_a_wrong_line_rate_is_found_by_counting(device: Device, gates: Callable[..., Gate]) -> None:
    gate = gates(GY, str(device.path))
    device.hear(len(START))
    noise = np.random.default_rng(1).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    device.say(noise)
    until(lambda: "none decode" in gate.reader.status().hint)
    assert gate.reader.status().hint == "bytes arrive, none decode: try 460800 or 9600"
    device.say(frame_at(36.5))
    gate.next(ThermalFrame)
    assert gate.reader.status().hint == ""


def test_another_device_on_the_line_is_named(device: Device, gates: Callable[..., Gate]) -> None:
    gate = gates(GY, str(device.path))
    device.hear(len(START))
    device.say(gy_mcu90614.encode_reading(31.2, 25.0) * 500)
    until(lambda: "none decode" in gate.reader.status().hint)
    assert gate.reader.status().hint == "bytes arrive, none decode: they read as gy_mcu90614"


def test_a_camera_that_is_not_understood_says_why(device: Device, gates: Callable[..., Gate]) -> None:
    gate = gates(LEPTON, str(device.path))
    until(lambda: gate.reader.status().up)  # opening throws away what came before
    device.say(b"\x75\xa9" * 2500)  # a piece of a frame
    until(lambda: gate.reader.status().faults)
    device.say(b"\x75\xa9" * 2500)
    until(lambda: "are no frame" in gate.reader.status().hint)
    assert gate.reader.status().hint == "bytes arrive, none decode: 5000 bytes are no frame"


def test_commands_reach_the_device(device: Device, gates: Callable[..., Gate]) -> None:
    gate = gates(GY, str(device.path))
    device.hear(len(START))
    gate.reader.send(gy_mcu90640.set_rate(8))
    assert device.hear(4) == bytes.fromhex("A5 25 04 CE")


def test_a_polled_device_is_asked_and_answers(device: Device, gates: Callable[..., Gate]) -> None:
    spec = registry.spec("fluke_4180")
    gate = gates(spec, str(device.path))
    device.hear(len(b"".join(spec.start)))
    for question, answer in (
        ("*IDN?", "FLUKE,4180,B1,1.1"),
        ("SOUR:SENS:DATA?", "36.98"),
        ("SOUR:SPO?", "37.00"),
        ("SOUR:STAB:TEST?", "1"),
    ):
        assert device.hear(len(question) + 1) == fluke_4180.query(question)
        device.say(fluke_4180.encode_line(answer))
    reading = gate.next(ReferenceReading)
    assert isinstance(reading, ReferenceReading)
    assert (reading.actual_c, reading.setpoint_c, reading.stable) == (36.98, 37.0, True)


def test_a_polled_device_that_does_not_answer_is_a_timeout_not_a_value(
    device: Device, gates: Callable[..., Gate]
) -> None:
    gate = gates(registry.spec("fluke_4180"), str(device.path))
    fault = gate.next(DecodeFault)
    assert isinstance(fault, DecodeFault)
    assert fault.kind is FaultKind.TIMEOUT


def test_a_receiver_that_fails_does_not_end_the_reader(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.reader.RETRY_REFUSED_S", 0.01)
    heard: queue.Queue[Event] = queue.Queue()
    failed = threading.Event()

    def deliver(event: Event) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("the pipeline is broken")
        heard.put(event)

    reader = Reader(GY, str(device.path), "cam", SystemClock(), deliver)
    reader.start()
    try:
        device.hear(len(START))
        device.say(frame_at(36.5))
        assert failed.wait(PATIENCE_S)
        device.hear(len(START))
        device.say(frame_at(36.6))
        assert isinstance(heard.get(timeout=PATIENCE_S), ThermalFrame)
    finally:
        reader.stop()


def test_a_link_that_cannot_work_says_what_to_change(gates: Callable[..., Gate]) -> None:
    gate = gates(GY, "gpio://17")
    until(lambda: "no link is called gpio" in gate.reader.status().hint)
    assert not gate.reader.status().up


def test_stopping_is_quick_and_leaves_no_thread(device: Device, gates: Callable[..., Gate]) -> None:
    gate = gates(GY, str(device.path))
    device.hear(len(START))
    before = time.monotonic()
    gate.reader.stop()
    assert time.monotonic() - before < 1.0
    assert not gate.reader.alive
    assert gate.reader.status().hint == "stopped"


class SilentLink:
    """An open line on which nothing comes."""

    def __init__(self) -> None:
        self.closed = False

    def read(self, timeout_s: float) -> bytes:
        threading.Event().wait(min(timeout_s, 0.001))
        return b""

    def write(self, data: bytes) -> None:
        assert isinstance(data, bytes)

    def close(self) -> None:
        self.closed = True


class FastClock:
    """A clock on which each look is 50 ms later."""

    def __init__(self) -> None:
        self._instant = SystemClock().now()

    def now(self):
        self._instant = self._instant.later(0.05)
        return self._instant


def test_a_long_silence_opens_the_link_anew_and_says_what_to_look_at() -> None:
    opened: queue.Queue[SilentLink] = queue.Queue()

    def open_silent(_url: str, _spec: DriverSpec, _baud: int | None, _clock: Clock) -> Link:
        link = SilentLink()
        opened.put(link)
        return link

    reader = Reader(GY, "silent", "cam", FastClock(), lambda _event: None, open_=open_silent)
    reader.start()
    try:
        first = opened.get(timeout=PATIENCE_S)
        opened.get(timeout=PATIENCE_S)
        assert first.closed
        until(lambda: "nothing heard" in reader.status().hint or "silent" in reader.status().hint)
    finally:
        reader.stop()


def test_a_module_that_was_off_for_a_moment_is_started_again_before_it_is_believed(
    device: Device, clock: FakeClock
) -> None:
    heard: queue.Queue[Event] = queue.Queue()
    reader = Reader(GY, str(device.path), "cam", clock, heard.put)
    reader.start()
    try:
        assert device.hear(len(START)) == START
        device.say(gy_mcu90640.encode_emissivity(1.0) + frame_at(36.0))
        assert isinstance(heard.get(timeout=PATIENCE_S), DeviceReply)
        first = heard.get(timeout=PATIENCE_S)
        clock.advance(1.5)
        until(lambda: "nothing heard" in reader.status().hint)
        device.say(frame_at(36.0))
        assert device.hear(len(START)) == START
        device.say(frame_at(36.2))
        second = heard.get(timeout=PATIENCE_S)
    finally:
        reader.stop()
    assert isinstance(first, ThermalFrame)
    assert isinstance(second, ThermalFrame)
    assert (first.applied, second.applied) == (Applied.EMISSIVITY, Applied.NONE)
    assert second.temps_c[0, 0] == np.float32(36.2)


@pytest.mark.parametrize(
    ("driver", "url", "text"),
    [
        ("lepton_y16", "usb://1234:5678", "use uvc:///dev/videoN"),
        ("gy_mcu90640", "/dev/video7", "is no camera"),
        ("gy_mcu90640", "ftp://x", "no link is called ftp"),
        ("gy_mcu90640", "uvc:///dev/video0", "is no camera"),
        ("gy_mcu90640", "replay:///nowhere.bin", "is no file"),
    ],
)
def test_open_link_refuses_with_advice(driver: str, url: str, text: str) -> None:
    with pytest.raises(LinkRefused, match=text):
        open_link(url, registry.spec(driver), None, SystemClock())


def test_replies_are_delivered_too(device: Device, gates: Callable[..., Gate]) -> None:
    gate = gates(GY, str(device.path))
    device.hear(len(START))
    device.say(gy_mcu90640.encode_emissivity(1.0) + frame_at(36.0))
    reply = gate.next(DeviceReply)
    frame = gate.next(ThermalFrame)
    assert isinstance(reply, DeviceReply)
    assert (reply.name, reply.value) == ("emissivity", "1.00")
    assert isinstance(frame, ThermalFrame)
    assert frame.emissivity == 1.0
