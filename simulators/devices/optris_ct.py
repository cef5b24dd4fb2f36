"""An Optris CT or CS as its host meets it: an opcode in, a number out, nothing around either.

Bytes: `drivers.devices.optris_ct`. Behaviour: the manuals. A CT expects a check byte behind SET commands after every
power-on until AD (with its check byte) switches that off; a wrong one is not answered. An hs model answers target
temperatures in hundredths. Emissivity and transmission are kept when the power fails; nobody says otherwise. Not
simulated, because no manual that was read shows the answers: 09 (processor), 81 (analogue output), 10 and 90 (laser).
"""

from typing import Final

from drivers.checksums import xor8
from drivers.devices.optris_ct import (
    ANY_ADDRESS,
    CURRENT,
    EMISSIVITY,
    FIRMWARE,
    HEAD,
    SERIAL_NUMBER,
    SET_EMISSIVITY,
    SET_TRANSMISSION,
    TARGET,
    TRANSMISSION,
    encode_number,
    encode_share,
    encode_temperature,
)
from simulators.device import SpotSource
from simulators.radiation import device_indicates_c, radiance, temperature_c

BAUD_CT: Final = 115200
BAUD_CS: Final = 9600
TOGGLE_CHECKS: Final = 0xAD
FIRMWARE_VERSION: Final = 2064
WARMER_HEAD_C: Final = 1.5
LIMITS: Final = {SET_EMISSIVITY: (100, 1100), SET_TRANSMISSION: (100, 1100)}
READS: Final = (TARGET, HEAD, CURRENT, EMISSIVITY, TRANSMISSION, SERIAL_NUMBER, FIRMWARE)


class OptrisCt:
    """The device; see `device.SimulatedDevice`."""

    def __init__(
        self,
        source: SpotSource,
        *,
        is_ct: bool = True,
        hundredths: bool = False,
        address: int = 1,
        serial: int = 8_051_234,
    ) -> None:
        self._source = source
        self._is_ct = is_ct
        self._hundredths = hundredths
        self._address = address
        self._serial = serial
        self._shares = {SET_EMISSIVITY: 950, SET_TRANSMISSION: 1000}
        self._checks = is_ct
        self._begun = bytearray()

    @property
    def baud(self) -> int | None:
        """The line rate."""
        return BAUD_CT if self._is_ct else BAUD_CS

    def power_up(self, t_s: float) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Expect check bytes again."""
        self._begun.clear()
        self._checks = self._is_ct
        return b""

    def hear(self, data: bytes, t_s: float) -> bytes:
        """Answer each opcode as it comes; what is none is passed over."""
        answers = b""
        for byte in data:
            self._begun.append(byte)
            answers += self._step(t_s)
        return answers

    def speak(self, t_s: float) -> tuple[bytes, float]:
        """Say nothing unasked."""
        return b"", t_s + 60.0

    def _step(self, t_s: float) -> bytes:
        """Answer if what has been heard is a whole command."""
        command = bytes(self._begun)
        to_all = False
        if ANY_ADDRESS <= command[0] < ANY_ADDRESS + 16:
            address, command = command[0] - ANY_ADDRESS, command[1:]
            if not command:
                return b""
            to_all = address == 0
            if not to_all and address != self._address:
                self._begun.clear()
                return b""
        if len(command) < self._length(command[0]):
            return b""
        self._begun.clear()
        answer = self._obey(command, t_s)
        return b"" if to_all else answer

    def _length(self, opcode: int) -> int:
        if opcode in LIMITS:
            return 4 if self._checks else 3
        return 2 if opcode == TOGGLE_CHECKS and self._checks else 1

    def _obey(self, command: bytes, t_s: float) -> bytes:
        opcode = command[0]
        if opcode in READS:
            return self._read(opcode, t_s)
        checked = self._checks and opcode in (*LIMITS, TOGGLE_CHECKS)
        if checked and xor8(command[:-1]) != command[-1]:
            return b""
        if opcode == TOGGLE_CHECKS and self._is_ct:
            self._checks = not self._checks
            return b""
        if opcode not in LIMITS:
            return b""
        value, (low, high) = int.from_bytes(command[1:3], "big"), LIMITS[opcode]
        if low <= value <= high:
            self._shares[opcode] = value
        return encode_share(self._shares[opcode] / 1000)

    def _read(self, opcode: int, t_s: float) -> bytes:
        head_c = self._source.sensor_c(t_s) + WARMER_HEAD_C
        if opcode == HEAD:
            return encode_temperature(head_c)
        if opcode in (EMISSIVITY, TRANSMISSION):
            return encode_share(self._shares[opcode | 0x80] / 1000)
        if opcode in (SERIAL_NUMBER, FIRMWARE):
            return encode_number(opcode, self._serial if opcode == SERIAL_NUMBER else FIRMWARE_VERSION)
        target_c = self._indicated_c(t_s, head_c)
        if self._hundredths:
            return (round(target_c * 100) + 10_000).to_bytes(2, "big")
        return encode_temperature(target_c)

    def _indicated_c(self, t_s: float, head_c: float) -> float:
        transmission = self._shares[SET_TRANSMISSION] / 1000
        seen = radiance(self._source.object_c(t_s))
        before = (seen - (1 - transmission) * radiance(head_c)) / transmission
        return device_indicates_c(temperature_c(before), self._shares[SET_EMISSIVITY] / 1000, head_c)
