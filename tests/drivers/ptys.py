"""A serial line without hardware: the test holds the device's end of a real pseudo-terminal."""

import os
import tty
from pathlib import Path


class Device:
    """The device's end; the host opens `path`, a stable name that may be plugged and unplugged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master = self.slave = -1
        self.plug()

    def plug(self) -> None:
        """Plug in: a new pseudo-terminal, perhaps of another number, behind the same name."""
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.symlink_to(os.ttyname(self.slave))
        fresh.replace(self.path)

    def unplug(self) -> None:
        self.path.unlink()
        self.close()

    def close(self) -> None:
        for end in (self.master, self.slave):
            if end >= 0:
                os.close(end)
        self.master = self.slave = -1

    def say(self, data: bytes) -> None:
        os.write(self.master, data)

    def hear(self, count: int) -> bytes:
        """Wait for so many bytes of the host."""
        heard = b""
        while len(heard) < count:
            heard += os.read(self.master, count - len(heard))
        return heard
