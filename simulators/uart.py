"""What a UART reads from a line at another rate: not randomness, but the same edges sampled at other times."""

from typing import Final

TOLERANCE: Final = 0.03
"""Rates this close together still understand each other (half a bit over ten bits is five per cent)."""


def misread(data: bytes, sent_baud: int, read_baud: int) -> bytes:
    """Return what a receiver set to `read_baud` makes of bytes sent back to back at `sent_baud`, 8N1 on both sides.

    A receiver waits for a falling edge, looks at the middle of each of its own bit times, and takes eight of them as
    data. A missing stop bit is a framing error; the byte is delivered all the same, as serial drivers do by default.
    """
    if abs(read_baud - sent_baud) <= TOLERANCE * sent_baud:
        return data
    levels = bytearray()
    for byte in data:
        levels.append(0)
        levels.extend(byte >> bit & 1 for bit in range(8))
        levels.append(1)
    step = sent_baud / read_baud  # a receiver's bit time in the sender's bit times
    heard = bytearray()
    place = 0.0
    end = len(levels)
    while (start := levels.find(0, int(place))) >= 0:
        edge = max(place, float(start))
        value = 0
        for bit in range(8):
            at = int(edge + (1.5 + bit) * step)
            value |= (levels[at] if at < end else 1) << bit
        heard.append(value)
        place = edge + 9.5 * step
        if place < end and not levels[int(place)]:  # a framing error: wait for the line to rise
            risen = levels.find(1, int(place))
            place = float(risen if risen >= 0 else end)
    return bytes(heard)
