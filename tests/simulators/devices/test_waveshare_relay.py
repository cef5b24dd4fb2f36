"""The Waveshare relay, its LCTECH twin, the tower light on it, and pymodbus on both ends."""

import pytest
from pymodbus.client import ModbusTcpClient
from pymodbus.framer import FramerType

from contract.clock import SystemClock
from drivers import modbus_rtu
from drivers.devices import waveshare_relay as codec
from drivers.samples import DecodeFault, DeviceReply, FaultKind
from drivers.tower_light import LAMP_TEST, RELAYS, Light
from simulators.devices.waveshare_relay import GREETING, WaveshareRelay
from simulators.line_faults import LineFaults
from simulators.ports import TcpPort
from tests.simulators.devices.together import START, Together, told


def powered(device):
    device.power_up(0.0)
    return device


def states(events):
    """The last told state of each relay."""
    return dict(told(events))


def test_the_manuals_conversation():
    device = powered(WaveshareRelay())
    for order, lit in (("01 05 00 00 FF 00 8C 3A", True), ("01 05 00 00 00 00 CD CA", False)):
        assert device.hear(bytes.fromhex(order), 0.0) == bytes.fromhex(order)
        assert device.relays(0.0)[0] is lit
    assert device.hear(bytes.fromhex("01 05 00 00 55 00 F2 9A"), 0.0) == bytes.fromhex("01 05 00 00 55 00 F2 9A")
    assert device.relays(0.0)[0] is True
    assert device.hear(bytes.fromhex("01 01 00 00 00 08 3D CC"), 0.0)[:4] == bytes.fromhex("01 01 01 01")
    assert device.hear(bytes.fromhex("01 0F 00 00 00 08 01 FF BE D5"), 0.0) == bytes.fromhex("01 0F 00 00 00 08 54 0D")
    assert device.relays(0.0) == (True,) * 8
    assert device.hear(bytes.fromhex("02 05 00 00 FF 00 8C 09"), 0.0) == b""  # unit 2 is somebody else


def test_a_relay_switched_for_a_while_falls_back_by_itself():
    device = powered(WaveshareRelay())
    device.hear(bytes.fromhex("01 05 02 00 00 07 8D B0"), 0.0)  # relay 1 for 700 ms, printed in a manual
    assert device.relays(0.6)[0] is True
    assert device.relays(0.8)[0] is False


def test_what_is_not_there_is_refused():
    device = powered(WaveshareRelay())
    for order, code in (
        (modbus_rtu.write_coil(1, 8, on=True), modbus_rtu.ILLEGAL_ADDRESS),
        (modbus_rtu.read_coils(1, 4, 8), modbus_rtu.ILLEGAL_ADDRESS),
        (modbus_rtu.read_input(1, 0, 1), modbus_rtu.ILLEGAL_FUNCTION),
    ):
        assert modbus_rtu.reply(device.hear(order, 0.0)).exception == code


def test_unit_and_rate_outlive_the_power_the_relays_do_not():
    device = powered(WaveshareRelay())
    device.hear(modbus_rtu.write_register(1, 0x4000, 9), 0.0)
    device.hear(modbus_rtu.write_register(9, 0x2000, 2), 0.0)
    device.hear(codec.switch(1, on=True, unit=9), 0.0)
    assert device.baud == 9600
    device.power_up(5.0)
    assert (device.baud, device.relays(5.0)[0]) == (19200, False)
    assert device.hear(codec.read_relays(9), 5.0)


def test_the_tower_light_shows_each_lamp_alone_and_the_driver_reads_it_back():
    device = WaveshareRelay()
    together = Together(device, codec.SPEC)
    for lights in LAMP_TEST:
        together.send(codec.SPEC.shows(lights))
        found = states(together.run(2.2))
        wanted = {f"relay {relay}": "on" if light in lights else "off" for light, relay in RELAYS.items()}
        assert found.items() >= wanted.items()
        assert device.relays(together.t_s)[:4] == tuple(light in lights for light in sorted(RELAYS, key=RELAYS.get))


def test_a_light_that_is_wired_as_sold():
    assert codec.show(Light.RED | Light.BUZZER) == modbus_rtu.write_coils(1, 0, [True, False, False, True])


def test_the_greeting_drowns_the_first_answer_and_the_light_is_ordered_again():
    device = WaveshareRelay(greets=True)
    together = Together(device, codec.SPEC)
    together.send(codec.switch(1, on=True, unit=codec.UNIT_LCTECH))  # at power-up: heard by nobody
    events = together.run(3.0)
    faults = [event for event in events if isinstance(event, DecodeFault)]
    assert sum(fault.dropped_bytes for fault in faults) == len(GREETING)
    assert states(events)["relay 1"] == "off"  # what was ordered did not happen, and is not told as if it had
    together.send(codec.switch(1, on=True, unit=codec.UNIT_LCTECH))
    assert states(together.run(2.0))["relay 1"] == "on"


def test_the_real_collision_yields_no_state_and_the_next_answer_is_heard():
    collision = bytes.fromhex("FF 05 00 00 FF 80 0A") + GREETING[: len(GREETING)]
    decoder = codec.SPEC.decoder("real")
    decoder.poll()
    events = [*decoder.feed(collision, START), *decoder.feed(b"", START.later(1))]
    assert not [event for event in events if isinstance(event, DeviceReply)]
    assert sum(event.dropped_bytes for event in events) == len(collision)
    decoder.poll()
    events = decoder.feed(bytes.fromhex("FF 01 01 01 A1 A0"), START.later(2))
    assert isinstance(events[0], DecodeFault)
    assert events[0].kind is FaultKind.TIMEOUT
    assert told(events[1:])[0] == ("relay 1", "on")
    assert decoder.poll() == codec.read_relays(codec.UNIT_LCTECH)  # it stays with the unit that answered


def test_a_bad_line_never_tells_a_wrong_state():
    device = WaveshareRelay()
    together = Together(device, codec.SPEC, faults=LineFaults.parse(["flip:0.3", "cut:0.3", "garbage:0.3"], seed=5))
    together.send(codec.show(Light.GREEN))
    for lit in [told(together.run(1.0)) for _ in range(30)]:
        assert ("relay 1", "on") not in lit
        assert ("relay 3", "off") not in lit


@pytest.fixture
def served():
    device = WaveshareRelay()
    with TcpPort(device, SystemClock()) as port:
        client = ModbusTcpClient("127.0.0.1", port=port.port, framer=FramerType.RTU, timeout=3, retries=0)
        assert client.connect()
        yield device, client
        client.close()


def test_pymodbus_switches_the_simulated_relays(served):
    device, client = served
    assert not client.write_coil(0, True, device_id=1).isError()
    assert not client.write_coils(1, [True, False, True], device_id=1).isError()
    assert client.read_coils(0, count=8, device_id=1).bits[:8] == [True, True, False, True, False, False, False, False]
    assert device.relays(0.0) == (True, True, False, True, False, False, False, False)
    assert client.read_coils(4, count=8, device_id=1).isError()
