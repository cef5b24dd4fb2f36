"""Check values against worked examples and against pymodbus."""

from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer.rtu import FramerRTU

from drivers.checksums import crc16_modbus, sum8, sum16, word_sum16, xor8


def test_published_check_values() -> None:
    assert crc16_modbus(b"123456789") == 0x4B37
    assert sum8(bytes.fromhex("A5 45 5F")) == 0x49
    assert sum16(b"0008WREG") == 0x01FD
    assert xor8(bytes.fromhex("84 03 B6")) == 0x31
    assert word_sum16(bytes.fromhex("5A5A 0206") + bytes.fromhex("420E") * 768 + bytes.fromhex("CE09")) == 0x302A


@given(st.binary(max_size=300))
def test_the_crc_is_pymodbus_own(data: bytes) -> None:
    assert crc16_modbus(data).to_bytes(2, "little") == FramerRTU.compute_CRC(data).to_bytes(2, "big")


@given(st.binary(max_size=300))
def test_a_word_sum_is_the_sum_of_its_words(data: bytes) -> None:
    padded = data + b"\0" * (len(data) % 2)
    words = [int.from_bytes(padded[index : index + 2], "little") for index in range(0, len(padded), 2)]
    assert word_sum16(data) == sum(words) % 65536
