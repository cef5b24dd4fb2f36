"""The demonstration as a person starts it: one command, its printed addresses and accounts, Ctrl-C."""

import re
import signal
import socket
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

GATES = ("wulong-station", "wulong-dock", "village-gate")
STOP_S = 20.0


def free_ports(n: int) -> list[int]:
    """A run of n neighbouring ports that nobody uses now."""
    for first in range(21000, 29000, 16):
        sockets = []
        try:
            for port in range(first, first + n):
                one = socket.socket()
                sockets.append(one)
                one.bind(("127.0.0.1", port))
        except OSError:
            continue
        else:
            return list(range(first, first + n))
        finally:
            for one in sockets:
                with closing(one):
                    pass
    raise RuntimeError("no free ports on this machine")


@dataclass
class Demonstration:
    """`guankou-sim district` in a process of its own."""

    var: Path
    seed: int = 2
    addresses: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        ports = free_ports(4)
        command = [Path(sys.executable).with_name("guankou-sim"), "district", "--var", str(self.var)]
        command += ["--seed", str(self.seed), "--central-port", str(ports[0]), "--base-port", str(ports[1])]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := re.match(r"(http://\S+)\s+(\S+)", line):
                self.addresses[found[2]] = found[1]
            if found := re.match(r"account (\S+) password (\S+)", line):
                self.passwords[found[1]] = found[2]
            if len(self.addresses) == len(GATES) + 1 and len(self.passwords) == 2:
                return self
        self.__exit__()
        raise AssertionError("the demonstration did not start:\n" + "".join(said))

    def stop(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit code and what was said since."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=STOP_S)
        return self.process.returncode, rest

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()
