"""The Calex PyroMiniUSB and its driver: registers, what wears out, and pymodbus as a second opinion in both roles."""

import pytest
from pymodbus.client import ModbusTcpClient
from pymodbus.framer import FramerType

from contract.clock import SystemClock
from drivers import modbus_rtu
from drivers.devices import calex_miniusb as codec
from drivers.samples import Applied, DecodeFault, DeviceReply, FaultKind, SampleFlag, SpotReading
from simulators.devices.calex_miniusb import CalexMiniusb
from simulators.line_faults import LineFaults
from simulators.ports import TcpPort
from tests.simulators.devices.together import Still, Together, told


def frame(text):
    body = bytes.fromhex(text)
    return body + modbus_rtu.crc16_modbus(body).to_bytes(2, "little")


def powered(device):
    device.power_up(0.0)
    return device


def test_the_gate_makes_it_a_blackbody_thermometer_and_knows_it():
    together = Together(CalexMiniusb(Still(36.5, 27.3)), codec.SPEC)
    readings = together.samples(3.0, SpotReading)
    assert len(readings) == pytest.approx(28, abs=3)
    for reading in readings:
        assert (reading.object_c, reading.ambient_c) == (36.5, 27.3)
        assert (reading.applied, reading.emissivity) == (Applied.EMISSIVITY, 1.0)
        assert reading.flags is SampleFlag.NONE


def test_operation_never_writes_the_memory_that_wears_out():
    device = CalexMiniusb(Still())
    Together(device, codec.SPEC).run(5.0)
    assert device.wear == 0


def test_the_conversation_of_the_register_table():
    device = powered(CalexMiniusb(Still(36.25, 27.3)))
    device.hear(codec.set_emissivity(1.0), 0.0)
    assert device.hear(codec.read_measurement(), 1.0) == frame("FF 03 08 01 6A 01 6A 01 11 00 00")
    assert device.hear(frame("01 04 00 00 00 02"), 1.0) == frame("01 04 04 00 10 00 00")  # by its own address
    assert device.hear(frame("01 03 00 12 00 01"), 1.0) == frame("01 83 02")  # there is no register 12
    assert device.hear(frame("01 06 00 0E 00 01"), 1.0) == frame("01 86 02")  # a temperature cannot be written
    assert device.hear(frame("01 06 00 07 00 01"), 1.0) == frame("01 86 03")  # emissivity 0.0001
    assert device.hear(frame("01 01 00 00 00 01"), 1.0) == frame("01 81 01")  # it has no coils
    assert device.hear(frame("02 03 00 00 00 01"), 1.0) == b""  # somebody else's
    assert device.hear(frame("00 06 00 17 27 10"), 1.0) == b""  # a broadcast is obeyed in silence


def test_the_volatile_emissivity_is_lost_with_the_power_and_the_stored_one_is_not():
    device = powered(CalexMiniusb(Still()))
    device.hear(codec.set_emissivity(0.98), 0.0)
    device.hear(modbus_rtu.write_register(1, codec.EMISSIVITY_STORED, 9700), 0.0)
    assert device.wear == 1
    device.power_up(10.0)
    assert device.hear(codec.read_emissivity(), 10.0) == frame("FF 03 02 25 E4")  # 9700


def test_a_lower_emissivity_makes_the_same_face_look_warmer():
    device = powered(CalexMiniusb(Still(34.0, 25.0)))
    device.hear(codec.set_emissivity(0.95), 0.0)
    told_by = modbus_rtu.reply(device.hear(codec.read_measurement(), 1.0))
    assert told_by.registers[1] == pytest.approx(345, abs=2)


def test_an_overheated_sensor_says_so():
    (reading, *_) = Together(CalexMiniusb(Still(36.5, 65.0)), codec.SPEC).samples(0.5, SpotReading)
    assert SampleFlag.ERROR | SampleFlag.OVERHEATED in reading.flags


def test_a_held_peak_of_somebody_else_does_not_reach_the_gate():
    source = Still(39.5, 25.0)
    device = powered(CalexMiniusb(source))
    device.hear(modbus_rtu.write_register(1, 0x08, 1), 0.0)  # peak hold, left on by somebody
    together = Together(device, codec.SPEC)
    together.run(1.0)
    source.seen_c = 36.5
    assert together.samples(0.5, SpotReading)[-1].object_c == 36.5


def test_a_sensor_that_lost_power_is_noticed_by_its_emissivity():
    device = CalexMiniusb(Still())
    together = Together(device, codec.SPEC)
    together.run(1.0)
    device.power_up(1.0)
    replies = told(together.run(4.0))
    assert ("emissivity", "0.9500") in replies


def test_no_answer_is_a_timeout_and_costs_nothing_but_its_reading():
    faults = LineFaults.parse(["silence:1.0@1-2"])
    events = Together(CalexMiniusb(Still()), codec.SPEC, faults=faults).run(3.0)
    timeouts = [event for event in events if isinstance(event, DecodeFault) and event.kind is FaultKind.TIMEOUT]
    assert len(timeouts) == pytest.approx(10, abs=2)
    assert len([event for event in events if isinstance(event, SpotReading)]) > 14


def test_the_handshake_knows_the_sensor_from_its_big_brother():
    ours = powered(CalexMiniusb(Still()))
    assert codec.SPEC.handshake.recognises(ours.hear(codec.SPEC.handshake.request, 0.0))
    assert not codec.SPEC.handshake.recognises(frame("FF 03 0A 00 15 00 00 00 01 E2 40 00 01"))  # type 21, PyroUSB


def test_pymodbus_reads_and_writes_the_simulated_sensor():
    with TcpPort(CalexMiniusb(Still(36.5, 27.3)), SystemClock()) as port:
        client = ModbusTcpClient("127.0.0.1", port=port.port, framer=FramerType.RTU, timeout=3, retries=0)
        assert client.connect()
        try:
            written = client.write_register(codec.EMISSIVITY, 10_000, device_id=codec.ANY_SENSOR)
            assert not written.isError()
            read = client.read_holding_registers(codec.FILTERED, count=4, device_id=codec.ANY_SENSOR)
            assert read.registers == [365, 365, 273, 0]
            assert (
                client.read_holding_registers(0x12, count=1, device_id=1).exception_code == modbus_rtu.ILLEGAL_ADDRESS
            )
        finally:
            client.close()


def test_replies_have_names():
    decoder = codec.SPEC.decoder("x")
    device = powered(CalexMiniusb(Still(), serial=77_001))
    (reply,) = decoder.feed(device.hear(codec.read_identity(), 0.0), SystemClock().now())
    assert isinstance(reply, DeviceReply)
    assert reply.value == "OS-MINIUSB / PyroMiniUSB, view 0, serial 77001, address 1"
