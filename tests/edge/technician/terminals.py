"""The technician's terminal."""

import sys
from pathlib import Path

import anyio


class Terminal:
    """The technician's terminal: each command a process of its own."""

    def __init__(self, toml: Path, port: int | None) -> None:
        self._toml, self._port = toml, port
        self.said = ""

    async def run(self, verb: str, *arguments: str) -> int:
        where = [str(self._toml), *arguments, "--port", str(self._port)]
        done = await anyio.run_process([sys.executable, "-m", "edge", verb, *where], check=False)
        self.said += done.stdout.decode() + done.stderr.decode()
        return done.returncode
