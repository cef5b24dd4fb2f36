"""The processes of the demonstration: our own children, watched and ended together; no other is ever touched."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Final

STOP_S: Final = 2.5
"""How long children get to end by themselves."""

_LAUNCH: Final = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, 15, 0, 0, 0)\n"  # PR_SET_PDEATHSIG, SIGTERM: no orphans if the parent is killed
    "if os.getppid() == int(sys.argv[1]): os.execv(sys.executable, [sys.executable, '-m', *sys.argv[2:]])\n"
)


class Child:
    """One program of ours in a process of its own; what it says goes to a log file."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        parent_pid: int,
        echo: Callable[[str], None] | None = None,
    ) -> None:
        """Start `python -m command`. With `echo`, lines of its standard output are told as well as logged."""
        self.name = name
        self.log = log
        self._log = log.open("ab", buffering=0)
        self._process = subprocess.Popen(  # noqa: S603  # our own program, no shell
            [sys.executable, "-c", _LAUNCH, str(parent_pid), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if echo else self._log,
            stderr=self._log,
            start_new_session=True,  # a Ctrl-C at the terminal reaches the parent alone, which passes it on
        )
        self._echo = threading.Thread(target=self._repeat, args=(echo,), name=f"echo {name}") if echo else None
        if self._echo is not None:
            self._echo.start()

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def interrupt(self) -> None:
        """Ask it to end."""
        if self.code is None:
            self._process.send_signal(signal.SIGINT)

    def end(self, until: float) -> bool:
        """Wait until a moment of the monotonic clock, then kill it; say whether it ended by itself."""
        try:
            self._process.wait(max(0.0, until - monotonic()))
            willing = True
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            willing = False
        if self._echo is not None:
            self._echo.join()
        self._log.close()
        return willing

    def last_words(self) -> str:
        """Return the last line of its log, to say why it ended."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "it said nothing"

    def _repeat(self, echo: Callable[[str], None]) -> None:
        assert self._process.stdout is not None  # noqa: S101  # it was asked for
        with self._process.stdout as said:
            for line in said:
                self._log.write(line)
                echo(line.decode(errors="replace").rstrip())


def end_all(children: Sequence[Child]) -> list[str]:
    """End all children together; return the names of those that had to be killed."""
    for child in children:
        child.interrupt()
    until = monotonic() + STOP_S
    return [child.name for child in children if not child.end(until)]
