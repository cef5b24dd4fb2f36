"""The SenXor: pysenxor-lite, the maker's own library, as the other party and as judge of our bytes."""

import logging

import numpy as np
import pytest
from senxor.core import Senxor as Library
from senxor.interface.serial_port.parser import SenxorAckDecoder, SenxorAckParser, SenxorCmdEncoder
from senxor.interface.tcpip_serial.core import TCPIPInterface, TCPIPPort
from senxor.proc import parse_header, process_senxor_data

from contract.clock import SystemClock
from drivers.devices import senxor as codec
from drivers.samples import Applied, DecodeFault, FaultKind, SampleFlag, ThermalFrame
from simulators.devices.senxor import Senxor
from simulators.line_faults import LineFaults
from simulators.ports import TcpPort
from tests.simulators.devices.together import START, Still, Together, picture, told

SHAPES = [(62, 80), (120, 160), (50, 50)]
IMAGES = [(shape, header) for shape in SHAPES for header in (True, False) if header or shape != (50, 50)]
"""pysenxor-lite 3.1.6 cuts a 50x50 image without header at impossible places, so it cannot judge that one."""
PARSER = SenxorAckParser(logging.getLogger("senxor-test"))


def powered(device):
    device.power_up(0.0)
    return device


def judged(message):
    """What the maker's parser makes of one message: command and content."""
    command, content, length = PARSER.parse_ack(bytearray(message))
    assert length == len(message)
    return command, content


# --- the maker's parser judges our bytes ------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "header"), IMAGES)
def test_our_images_are_read_by_the_makers_parser(shape, header):
    scene = picture(*shape)
    command, content = judged(codec.encode_frame(scene, 31.25, 4711, header=header))
    assert command == "GFRA"
    head, data = SenxorAckDecoder._parse_ack_gfra(content)
    assert np.allclose(process_senxor_data(bytes(data), adc=False, dk=False), scene, atol=0.051)
    if not header:
        assert head is None
        return
    told_by = parse_header(np.frombuffer(bytes(head), np.uint16))
    assert told_by.frame_counter == 4711
    assert told_by.die_temp == pytest.approx(31.25, abs=0.01)
    assert told_by.maxVal == pytest.approx(float(scene.max()), abs=0.06)
    assert told_by.minVal == pytest.approx(float(scene.min()), abs=0.06)


@pytest.mark.parametrize(("shape", "header"), IMAGES)
def test_our_decoder_reads_what_the_makers_parser_reads(shape, header):
    message = codec.encode_frame(picture(*shape), 31.25, 7, header=header)
    (frame,) = codec.SPEC.decoder("x").feed(message, START)
    _, data = SenxorAckDecoder._parse_ack_gfra(judged(message)[1])
    deci_kelvin = process_senxor_data(bytes(data), adc=False, dk=True)  # its Celsius is rounded to 0.1
    assert np.allclose(frame.temps_c, deci_kelvin / 10 - 273.15, atol=1e-4)
    assert frame.device_counter == (7 if header else None)
    assert (frame.sensor_c is None) is not header


def test_our_commands_are_the_makers():
    assert codec.read_register(0xCA) == SenxorCmdEncoder.encode_ack_rreg(0xCA)
    assert codec.write_register(0xB1, 3) == SenxorCmdEncoder.encode_ack_wreg(0xB1, 3)
    assert codec.read_registers([0xCA, 0xB1]) == SenxorCmdEncoder.encode_ack_rrse([0xCA, 0xB1])


def test_our_replies_are_read_by_the_makers_parser():
    assert SenxorAckDecoder._parse_ack_rreg(judged(codec.encode_register(0x5F))[1]) == 0x5F
    assert SenxorAckDecoder._parse_ack_rrse(judged(codec.encode_registers({0xCA: 1, 0xB1: 2}))[1]) == {0xCA: 1, 0xB1: 2}
    assert judged(codec.encode_written()) == ("WREG", b"")
    assert judged(codec.encode_no_module())[0] == "SERR"


def test_the_makers_library_runs_the_simulated_module():
    """Open, registers, stream, emissivity, one image, stop: all by pysenxor-lite over a real socket."""
    scene = picture(62, 80)
    with TcpPort(Senxor(Still(sensor_c=31.25, picture=scene)), SystemClock()) as port:
        library = Library(TCPIPInterface(TCPIPPort("127.0.0.1", port.port)))
        try:
            assert library.get_shape() == (62, 80)
            assert library.get_module_type() == "MI0802-M5S"
            library.write_reg(codec.EMISSIVITY, 100)
            assert library.read_reg(codec.EMISSIVITY) == 100
            assert library.read_regs([codec.EMISSIVITY, codec.MODULE_TYPE]) == {codec.EMISSIVITY: 100, 0xBB: 19}
            library.start_stream()
            header, frame = library.read()
            assert frame.shape == (62, 80)
            assert np.allclose(frame, scene, atol=0.051)
            assert parse_header(header).die_temp == pytest.approx(31.25, abs=0.01)
            library.stop_stream()
        finally:
            library.close()


# --- our driver and our simulator -------------------------------------------------------------------------------------


def test_the_gate_starts_the_stream_and_knows_what_was_applied():
    scene = picture(62, 80)
    events = Together(Senxor(Still(sensor_c=31.25, picture=scene)), codec.SPEC).run(5.0)
    assert not [event for event in events if isinstance(event, DecodeFault)]
    frames = [event for event in events if isinstance(event, ThermalFrame)]
    assert len(frames) == pytest.approx(41, abs=3)  # 25 a second divided by 3
    assert np.allclose(frames[-1].temps_c, scene, atol=0.051)
    assert SampleFlag.EMISSIVITY_UNKNOWN in frames[0].flags or frames[0].applied is Applied.EMISSIVITY
    assert (frames[-1].applied, frames[-1].emissivity, frames[-1].flags) == (Applied.EMISSIVITY, 1.0, SampleFlag.NONE)
    assert [name for name, _ in told(events)][:4] == ["written"] * 4
    counters = [frame.device_counter for frame in frames]
    assert counters == list(range(counters[0], counters[0] + len(counters)))


def test_a_bridge_that_sends_no_check_value_is_read_and_flagged():
    events = Together(Senxor(Still(picture=picture(62, 80)), checked=False), codec.SPEC).run(2.0)
    frames = [event for event in events if isinstance(event, ThermalFrame)]
    assert frames
    assert all(SampleFlag.UNCHECKED in frame.flags for frame in frames)


def test_without_a_sensor_module_the_board_says_so():
    events = Together(Senxor(Still(picture=picture(62, 80)), module=False), codec.SPEC).run(1.0)
    assert "no module" in [name for name, _ in told(events)]
    assert not [event for event in events if isinstance(event, ThermalFrame)]


def test_raw_counts_are_never_temperatures_once_the_mode_is_known():
    together = Together(Senxor(Still(picture=picture(62, 80))), codec.SPEC)
    together.run(1.0)
    together.send(codec.write_register(codec.FRAME_MODE, codec.CONTINUOUS | codec.ADC))
    frames = [event for event in together.run(8.0) if isinstance(event, ThermalFrame)]
    assert SampleFlag.NOT_RADIOMETRIC in frames[-1].flags


def test_offset_emissivity_and_single_images():
    scene = picture(62, 80)
    device = powered(Senxor(Still(sensor_c=25.0, picture=scene)))
    device.hear(codec.set_emissivity(1.0) + codec.set_offset(-0.5) + codec.write_register(0xB1, codec.ONE_IMAGE), 0.0)
    (frame,) = codec.SPEC.decoder("x").feed(device.speak(0.1)[0], START)
    assert np.allclose(frame.temps_c, scene - 0.5, atol=0.06)
    assert device.speak(10.0)[0] == b""  # it was asked for one


def test_registers_that_cannot_be_written_keep_their_value_and_volatile_ones_lose_it():
    device = powered(Senxor(Still(picture=picture(62, 80))))
    device.hear(codec.write_register(codec.MODULE_TYPE, 0) + codec.set_emissivity(0.5), 0.0)
    assert device.hear(codec.read_register(codec.MODULE_TYPE), 0.0) == codec.encode_register(19)
    device.power_up(5.0)
    assert device.hear(codec.read_register(codec.EMISSIVITY), 5.1) == codec.encode_register(95)
    assert device.hear(codec.read_register(codec.STATUS), 5.1) == codec.encode_register(codec.BOOTING)
    assert device.hear(codec.read_register(codec.STATUS), 6.0) == codec.encode_register(0)


def test_a_repeated_picture_is_flagged():
    decoder = codec.SPEC.decoder("x")
    message = codec.encode_frame(picture(62, 80), 30.0, 5)
    first, second = (decoder.feed(message, START)[0] for _ in range(2))
    assert SampleFlag.REPEATED not in first.flags
    assert SampleFlag.REPEATED in second.flags


def test_a_dead_pixel_is_no_value():
    scene = picture(62, 80)
    scene[10, 10] = -273.15
    (frame,) = codec.SPEC.decoder("x").feed(codec.encode_frame(scene, 30.0), START)
    assert np.isnan(frame.temps_c[10, 10])
    assert SampleFlag.BAD_PIXELS in frame.flags


def test_a_module_that_does_not_answer_a_register_is_told():
    decoder = codec.SPEC.decoder("x")
    decoder.poll()
    decoder.poll()
    (event,) = decoder.feed(b"", START)
    assert event.kind is FaultKind.TIMEOUT


def test_a_bad_line_costs_images_and_shows_no_damaged_one():
    scene = picture(62, 80)
    faults = LineFaults.parse(["flip:0.2", "cut:0.2", "garbage:0.2"], seed=4)
    events = Together(Senxor(Still(sensor_c=31.25, picture=scene)), codec.SPEC, faults=faults).run(20.0)
    frames = [event for event in events if isinstance(event, ThermalFrame)]
    assert len(frames) > 60
    assert all(np.allclose(frame.temps_c, scene, atol=0.3) for frame in frames)
