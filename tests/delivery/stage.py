"""The stage of the crash tests: a gate, a line, a broker and a duty room, each of which may be killed at any moment."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sqlalchemy import func, select

from central.broker import Broker
from tests.delivery import duty_room, gate
from tests.delivery.proxy import Proxy

REPOSITORY: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Account:
    """What was made, what came, and how it came."""

    made: int
    received: int
    lost: int
    twice: int
    left_in_outbox: int
    in_order: bool
    repeated: int
    """Sent again and known by its id: the price of losing nothing."""

    def is_good(self) -> bool:
        return not (self.lost or self.twice or self.left_in_outbox) and self.in_order and self.made == self.received


class Stage:
    """Real processes over one folder."""

    def __init__(self, folder: Path, rows: int, interval_s: float = 0.01) -> None:
        self.rows = rows
        self._interval_s = interval_s
        self._gate_file, self._duty_file = folder / "gate.sqlite", folder / "duty_room.sqlite"
        self.broker = Broker(folder / "broker", port=0)
        self.line: Proxy
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        gate.open_database(str(self._gate_file)).dispose()
        duty_room.open_database(str(self._duty_file)).dispose()
        self.broker.start()
        self.line = Proxy(self.broker.port)
        self.start("duty_room")
        self.start("gate")
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self.line.stop()
        self.broker.stop()

    def start(self, name: str) -> None:
        arguments = {
            "gate": [
                str(self._gate_file),
                f"mqtt://127.0.0.1:{self.line.port}",
                f"--rows={self.rows}",
                f"--interval-s={self._interval_s}",
            ],
            "duty_room": [str(self._duty_file), self.broker.url],
        }[name]
        self._processes[name] = subprocess.Popen(
            [sys.executable, "-m", f"tests.delivery.{name}", *arguments],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, name: str) -> None:
        """End a part as a power cut would."""
        if name == "broker":
            if (pid := self.broker.pid) is not None:
                os.kill(pid, signal.SIGKILL)
            return
        self._processes[name].kill()
        self._processes[name].wait()

    def until_made(self, count: int, patience_s: float = 20.0) -> None:
        """Wait until the gate has committed so many rows."""
        self._until(lambda: self._made() >= count, patience_s)

    def until_finished(self, patience_s: float = 30.0) -> None:
        """Wait until the gate has made everything, been told that it was committed, and ended."""
        self._until(lambda: self._processes["gate"].poll() == 0, patience_s)

    def account(self) -> Account:
        engine = gate.open_database(str(self._gate_file))
        with engine.connect() as connection:
            made = {row.message_id: row.n for row in connection.execute(select(gate.made))}
            left = connection.execute(select(func.count()).select_from(gate.outbox_rows)).scalar_one()
        engine.dispose()
        engine = duty_room.open_database(str(self._duty_file))
        with engine.connect() as connection:
            rows = connection.execute(select(duty_room.received).order_by(duty_room.received.c.sent_us)).all()
            repeated = connection.execute(select(func.count()).select_from(duty_room.repeated)).scalar_one()
        engine.dispose()
        numbers = [row.n for row in rows]
        return Account(
            made=len(made),
            received=len(rows),
            lost=len(made.keys() - {row.message_id for row in rows}),
            twice=len(numbers) - len(set(numbers)),
            left_in_outbox=left,
            in_order=numbers == sorted(numbers),
            repeated=repeated,
        )

    def _made(self) -> int:
        engine = gate.open_database(str(self._gate_file))
        with engine.connect() as connection:
            count = connection.execute(select(func.count()).select_from(gate.made)).scalar_one()
        engine.dispose()
        return int(count)

    @staticmethod
    def _until(condition, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.02)
