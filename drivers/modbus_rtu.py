"""Modbus RTU without I/O, for both roles: what is said by pymodbus's messages, what is heard by our own scanner.

The contents of each message are pymodbus's PDU classes; this is the only file of the house that knows them. Finding
the frame is not theirs: an RTU frame has no start mark, and pymodbus's framer throws the whole buffer away when one CRC
fails, so that a reply behind a relay's power-up greeting would be lost, and lost uncounted. A host knows what may come:
unit, function and byte count of the reply to what it asked are the sync pattern of `drivers.scanner`.

Sources: "MODBUS over Serial Line" V1.02 (2.3 framing, 2.5.1.2 CRC), "MODBUS Application Protocol" V1.1b3 (6 functions,
7 exceptions).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU, ReadCoilsRequest, ReadHoldingRegistersRequest
from pymodbus.pdu.bit_message import (
    ReadCoilsResponse,
    WriteMultipleCoilsRequest,
    WriteMultipleCoilsResponse,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadInputRegistersRequest,
    ReadInputRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest,
)

from drivers.checksums import crc16_modbus
from drivers.scanner import FrameFormat, fixed

BROADCAST: Final = 0
"""Every device obeys, none answers."""

READ_COILS: Final = 1
READ_HOLDING: Final = 3
READ_INPUT: Final = 4
WRITE_COIL: Final = 5
WRITE_REGISTER: Final = 6
WRITE_COILS: Final = 15
WRITE_REGISTERS: Final = 16

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3

_REFUSED: Final = 0x80
_LONGEST: Final = 256
"""Bytes of the longest RTU frame."""

_REPLIES: Final = DecodePDU(is_server=False)
_REQUESTS: Final = DecodePDU(is_server=True)


@dataclass(frozen=True, slots=True)
class Message:
    """One frame whose CRC was right: a request, or the reply to one."""

    unit: int
    function: int
    """For a refusal, the function that was refused."""
    address: int
    """First coil or register; 0 in the reply to a read, which does not say it."""
    count: int
    registers: tuple[int, ...]
    """Unsigned 16-bit values."""
    bits: tuple[bool, ...]
    """Coils; a reply fills them up to whole bytes."""
    exception: int | None
    """The code with which the device refuses, or None."""
    frame: bytes


def signed(register: int) -> int:
    """Return the two's complement number that an unsigned 16-bit register stands for."""
    return register - 0x1_0000 if register & 0x8000 else register


def _frame(unit: int, pdu: ModbusPDU) -> bytes:
    body = bytes((unit, pdu.function_code)) + pdu.encode()
    return body + crc16_modbus(body).to_bytes(2, "little")


def sound(frame: bytes) -> bool:
    """Say whether the CRC of a whole frame is right."""
    return crc16_modbus(frame[:-2]) == int.from_bytes(frame[-2:], "little")


# --- what the host says: each raises ValueError for an address or a count that Modbus does not have


def read_coils(unit: int, address: int, count: int) -> bytes:
    """Ask for coils (function 01)."""
    return _frame(unit, ReadCoilsRequest(address=address, count=count))


def read_holding(unit: int, address: int, count: int) -> bytes:
    """Ask for holding registers (function 03)."""
    return _frame(unit, ReadHoldingRegistersRequest(address=address, count=count))


def read_input(unit: int, address: int, count: int) -> bytes:
    """Ask for input registers (function 04)."""
    return _frame(unit, ReadInputRegistersRequest(address=address, count=count))


def write_coil(unit: int, address: int, *, on: bool) -> bytes:
    """Switch one coil (function 05)."""
    return _frame(unit, WriteSingleCoilRequest(address=address, bits=[on]))


def write_register(unit: int, address: int, value: int) -> bytes:
    """Set one holding register (function 06) to a value from -32768 to 65535."""
    return _frame(unit, WriteSingleRegisterRequest(address=address, registers=[value & 0xFFFF]))


def write_coils(unit: int, address: int, bits: Sequence[bool]) -> bytes:
    """Switch several coils at once (function 15)."""
    return _frame(unit, WriteMultipleCoilsRequest(address=address, bits=list(bits)))


def write_registers(unit: int, address: int, values: Iterable[int]) -> bytes:
    """Set several holding registers at once (function 16)."""
    registers = [value & 0xFFFF for value in values]
    return _frame(unit, WriteMultipleRegistersRequest(address=address, registers=registers))


# --- what the device says


def registers_reply(request: Message, values: Iterable[int]) -> bytes:
    """Answer READ_HOLDING or READ_INPUT with values from -32768 to 65535."""
    kind = ReadHoldingRegistersResponse if request.function == READ_HOLDING else ReadInputRegistersResponse
    return _frame(request.unit, kind(registers=[value & 0xFFFF for value in values]))


def coils_reply(request: Message, bits: Sequence[bool]) -> bytes:
    """Answer READ_COILS."""
    return _frame(request.unit, ReadCoilsResponse(bits=list(bits)))


def written_reply(request: Message) -> bytes:
    """Confirm a write: one coil or register is echoed, several are confirmed by address and count."""
    if request.function == WRITE_COILS:
        return _frame(request.unit, WriteMultipleCoilsResponse(address=request.address, count=request.count))
    if request.function == WRITE_REGISTERS:
        return _frame(request.unit, WriteMultipleRegistersResponse(address=request.address, count=request.count))
    return request.frame


def refusal(request: Message, code: int) -> bytes:
    """Refuse a request with an exception code."""
    return _frame(request.unit, ExceptionResponse(request.function, code))


# --- what is heard


def read_reply(unit: int, function: int, payload: int) -> tuple[FrameFormat, FrameFormat]:
    """Return the formats of the reply to a read: `payload` bytes of values, or a refusal."""
    return fixed(bytes((unit, function, payload)), payload + 5, sound), _refusal_format(unit, function)


def write_reply(unit: int, function: int) -> tuple[FrameFormat, FrameFormat]:
    """Return the formats of the reply to a write: its confirmation, or a refusal."""
    return fixed(bytes((unit, function)), 8, sound), _refusal_format(unit, function)


def _refusal_format(unit: int, function: int) -> FrameFormat:
    return fixed(bytes((unit, function | _REFUSED)), 5, sound)


def requests(unit: int) -> tuple[FrameFormat, ...]:
    """Return the formats of the requests that a device of that unit (or BROADCAST) may hear."""
    short = (READ_COILS, READ_HOLDING, READ_INPUT, WRITE_COIL, WRITE_REGISTER)
    return (
        *(fixed(bytes((unit, function)), 8, sound) for function in short),
        *(
            FrameFormat(bytes((unit, function)), 7, _LONGEST, lambda header: 9 + header[6], sound)
            for function in (WRITE_COILS, WRITE_REGISTERS)
        ),
    )


def reply(frame: bytes) -> Message | None:
    """Return what a reply with the right CRC says; None if its contents contradict its function."""
    return _message(frame, _REPLIES)


def request(frame: bytes) -> Message | None:
    """Return what a request with the right CRC says; None if its contents contradict its function."""
    return _message(frame, _REQUESTS)


def _message(frame: bytes, contents: DecodePDU) -> Message | None:
    pdu = contents.decode(frame[1:-2])
    if pdu is None:
        return None
    refused = isinstance(pdu, ExceptionResponse)
    return Message(
        unit=frame[0],
        function=frame[1] & ~_REFUSED,
        address=pdu.address,
        count=pdu.count,
        registers=tuple(pdu.registers),
        bits=tuple(pdu.bits),
        exception=pdu.exception_code if refused else None,
        frame=frame,
    )
