"""Finding commands in what a simulated device hears: bytes come cut anywhere, and the host may talk nonsense."""

from collections.abc import Callable, Iterator

LONGEST_BYTES = 512
"""More than this without a command is noise; a real module's buffer is smaller."""


class CommandBuffer:
    """Collects bytes and gives out the commands that pass the device's own check.

    `length` is told what begins with `sync` and answers how long the command is, 0 while it cannot know, -1 for no
    command; `check` is told a whole command. What fails is skipped by one byte, silently, as modules do.
    """

    def __init__(self, sync: bytes, length: Callable[[bytes], int], check: Callable[[bytes], bool]) -> None:
        self._sync = sync
        self._length = length
        self._check = check
        self._buffer = bytearray()

    def clear(self) -> None:
        """Forget a begun command, as switching off does."""
        self._buffer.clear()

    def take(self, data: bytes) -> Iterator[bytes]:
        """Take bytes; yield the commands they complete."""
        self._buffer += data
        del self._buffer[:-LONGEST_BYTES]
        while (start := self._buffer.find(self._sync)) >= 0:
            del self._buffer[:start]
            length = self._length(bytes(self._buffer))
            if length == 0 or length > len(self._buffer):
                return
            command = bytes(self._buffer[: max(length, 1)])
            if length > 0 and self._check(command):
                del self._buffer[:length]
                yield command
            else:
                del self._buffer[:1]
        keep = len(self._sync) - 1
        del self._buffer[: len(self._buffer) - keep]


class LineBuffer:
    """Collects bytes and gives out lines of text, ended by CR, LF or both."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def clear(self) -> None:
        """Forget a begun line, as switching off does."""
        self._buffer.clear()

    def take(self, data: bytes) -> Iterator[str]:
        """Take bytes; yield the lines they complete, without their end; empty lines are left out."""
        self._buffer += data.replace(b"\n", b"\r")
        *lines, rest = bytes(self._buffer).split(b"\r")
        self._buffer[:] = rest[-LONGEST_BYTES:]
        for line in lines:
            if text := line.decode("ascii", errors="replace").strip():
                yield text
