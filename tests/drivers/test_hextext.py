"""Hex text as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.hextext import NotHex, parse, spell


@pytest.mark.parametrize(
    "text",
    [
        "5A5A0206",
        "5a 5a 02 06",
        "5A5A-0206",
        "0x5A, 0x5A, 0x02, 0x06",
        "5A:5A # head\n02 06 ; length",
        "[5A|5A]\n{02 06}",
    ],
)
def test_every_way_of_writing_is_read(text: str) -> None:
    assert parse(text) == (b"\x5a\x5a\x02\x06", False)


def test_half_a_byte_is_told() -> None:
    assert parse("5A 5") == (b"\x5a", True)


def test_what_is_no_hex_is_refused_with_its_line() -> None:
    with pytest.raises(NotHex, match="line 2: 'h'"):
        parse("5A\n5A hello")


@given(st.binary(max_size=100))
def test_what_is_spelt_is_read(data: bytes) -> None:
    assert parse(spell(data)) == (data, False)
