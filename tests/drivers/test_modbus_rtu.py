"""Modbus RTU: printed frames, every function both ways, pymodbus's framer and its live server as second opinions."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerRTU, FramerType
from pymodbus.pdu import DecodePDU
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers import modbus_rtu
from drivers.modbus_rtu import Message
from drivers.scanner import FrameScanner
from tests.simulators.devices.together import START

units = st.integers(1, 255)
addresses = st.integers(0, 0xFFFF)
values = st.integers(-0x8000, 0xFFFF)


def test_printed_frames_are_built_exactly(shared_data):
    vectors = json.loads((shared_data / "device_captures" / "documented_vectors.json").read_text())
    ours = {
        modbus_rtu.write_coil(1, 0, on=True),
        modbus_rtu.write_coil(1, 0, on=False),
        modbus_rtu.write_coil(1, 1, on=True),
        modbus_rtu.write_coil(0xFF, 0, on=True),
        modbus_rtu.write_coil(0xFF, 0, on=False),
        modbus_rtu.read_holding(0, 0, 1),
        modbus_rtu.read_input(1, 1, 1),
        modbus_rtu.read_input(1, 2, 1),
    }
    printed = {
        bytes.fromhex(item["hex"])
        for device in ("waveshare_modbus_relay", "lctech_modbus_relay", "xy_md02")
        for item in vectors[device]["frames"]
        if item["dir"] == "h2d"
    }
    assert ours == printed
    for device in ("waveshare_modbus_relay", "lctech_modbus_relay", "xy_md02"):
        for item in vectors[device]["frames"]:
            assert modbus_rtu.sound(bytes.fromhex(item["hex"])) is (item["chk"] == "ok")


@given(unit=units, address=addresses, count=st.integers(1, 125))
def test_reads_agree_with_pymodbus(unit, address, count):
    for frame in (
        modbus_rtu.read_coils(unit, address, count),
        modbus_rtu.read_holding(unit, address, count),
        modbus_rtu.read_input(unit, address, count),
    ):
        used, pdu = FramerRTU(DecodePDU(is_server=True)).handleFrame(frame, 0, 0)
        assert (used, pdu.dev_id, pdu.address, pdu.count) == (len(frame), unit, address, count)
        told = modbus_rtu.request(frame)
        assert (told.unit, told.function, told.address, told.count) == (unit, frame[1], address, count)


@given(unit=units, address=addresses, value=values, many=st.lists(values, min_size=1, max_size=20), on=st.booleans())
def test_writes_agree_with_pymodbus(unit, address, value, many, on):
    framer = FramerRTU(DecodePDU(is_server=True))
    _, one = framer.handleFrame(modbus_rtu.write_register(unit, address, value), 0, 0)
    assert (one.dev_id, one.address, list(one.registers)) == (unit, address, [value & 0xFFFF])
    _, several = framer.handleFrame(modbus_rtu.write_registers(unit, address, many), 0, 0)
    assert list(several.registers) == [item & 0xFFFF for item in many]
    _, coil = framer.handleFrame(modbus_rtu.write_coil(unit, address, on=on), 0, 0)
    assert list(coil.bits) == [on]


@given(unit=units, many=st.lists(values, min_size=1, max_size=20))
def test_answers_are_read_as_they_were_meant(unit, many):
    asked = modbus_rtu.request(modbus_rtu.read_holding(unit, 0, len(many)))
    answer = modbus_rtu.reply(modbus_rtu.registers_reply(asked, many))
    assert answer.registers == tuple(item & 0xFFFF for item in many)
    assert [modbus_rtu.signed(item) & 0xFFFF for item in answer.registers] == list(answer.registers)
    refused = modbus_rtu.reply(modbus_rtu.refusal(asked, modbus_rtu.ILLEGAL_VALUE))
    assert (refused.function, refused.exception) == (modbus_rtu.READ_HOLDING, modbus_rtu.ILLEGAL_VALUE)


def test_several_coils_and_their_confirmation():
    asked = modbus_rtu.request(modbus_rtu.write_coils(1, 2, [True, False, True]))
    assert asked.bits[:3] == (True, False, True)
    told = modbus_rtu.reply(modbus_rtu.written_reply(asked))
    assert (told.address, told.count) == (2, 3)


@pytest.mark.parametrize(
    "build",
    [
        lambda: modbus_rtu.read_holding(1, 0, 126),
        lambda: modbus_rtu.read_coils(1, 0, 0),
        lambda: modbus_rtu.read_input(1, 70_000, 1),
    ],
)
def test_what_modbus_does_not_have_is_refused(build):
    with pytest.raises(ValueError, match="<="):
        build()


@given(st.binary(max_size=40))
def test_no_bytes_raise(data):
    for read in (modbus_rtu.reply, modbus_rtu.request):
        body = data + modbus_rtu.crc16_modbus(data).to_bytes(2, "little")
        if len(data) >= 2:
            assert read(body) is None or isinstance(read(body), Message)


def test_a_reply_behind_garbage_that_looks_like_its_beginning_is_found():
    scanner = FrameScanner(*modbus_rtu.read_reply(1, modbus_rtu.READ_INPUT, 4))
    reply = bytes.fromhex("01 04 04 01 31 02 22 2A CE")
    found = scanner.feed(b"\x01\x04\x04\x01" + reply, START)
    assert reply in found


def test_our_host_talks_to_a_live_pymodbus_server():
    async def converse():
        data = [SimData(0, values=[305, 546, 0xFF33, 7], datatype=DataType.REGISTERS)]
        server = ModbusTcpServer(SimDevice(id=1, simdata=data), framer=FramerType.RTU, address=("127.0.0.1", 0))
        assert await server.listen()
        port = server.transport.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        scanner = FrameScanner(
            *modbus_rtu.read_reply(1, modbus_rtu.READ_HOLDING, 6),
            *modbus_rtu.write_reply(1, modbus_rtu.WRITE_REGISTER),
        )
        told = []
        for request in (modbus_rtu.read_holding(1, 0, 3), modbus_rtu.write_register(1, 3, 99)):
            writer.write(request)
            await writer.drain()
            found = []
            while not found:
                found = scanner.feed(await reader.read(100), START)
            told += [modbus_rtu.reply(frame) for frame in found]
        writer.close()
        await writer.wait_closed()
        await server.shutdown()
        return told

    read, written = asyncio.run(converse())
    assert [modbus_rtu.signed(item) for item in read.registers] == [305, 546, -205]
    assert (written.address, written.registers) == (3, (99,))
