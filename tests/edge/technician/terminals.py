"""The technician's terminal."""

import sys
from pathlib import Path

import anyio


class Terminal:
    """The technician's terminal: each command a process of its own."""

    def __init__(self, toml: Path, port: int | None) -> None:
        self._toml, self._port = toml, port
        self.said = ""

    async def run(self, verb: str, *arguments: str, typed: str = "") -> int:
        """Give a command; `typed` is all that the technician will answer."""
        where = [str(self._toml), *arguments, "--port", str(self._port)]
        done = await anyio.run_process([sys.executable, "-m", "edge", verb, *where], input=typed.encode(), check=False)
        self.said += done.stdout.decode() + done.stderr.decode()
        return done.returncode
