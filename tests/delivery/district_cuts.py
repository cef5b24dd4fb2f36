"""Minutes of the demonstration with the network between gates and broker cut twice; then everything is counted.

    python -m tests.delivery.district_cuts --minutes 10

Real processes: central with its broker, three gates on simulated instruments, and between them a proxy whose line is
cut at a third and at two thirds of the time, for half a minute each. At the end every alert in the gates' stores must
stand in central's store once, in the order of time.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from contract.clock import SystemClock
from simulators.children import Child, end_all
from simulators.district import Options, gates_of
from simulators.gate_files import write
from tests.delivery.proxy import Proxy
from tests.e2e.demonstration import free_ports

CUT_S = 30.0
DRAIN_S = 30.0


def rows(path: Path, query: str) -> list[tuple]:
    """What a store holds."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def run(minutes: float, seed: int, var: Path) -> int:
    """Run, cut, count; return the exit code."""
    (var / "gates" / "dev").mkdir(parents=True)
    (var / "log").mkdir()
    ports = free_ports(5)
    options = Options(seed, var, ports[0], ports[1])
    clock = SystemClock()
    epoch = clock.now()
    with ExitStack() as stack:
        line = Proxy(ports[4])
        stack.callback(line.stop)
        gates = gates_of(options, var / "gates", f"mqtt://127.0.0.1:{line.port}")
        for gate in gates:
            for port in gate.ports(seed, clock, epoch):
                stack.enter_context(port)
        duty = ["central", "run", "--var", str(var), "--port", str(ports[0]), "--mqtt-port", str(ports[4]), "--demo"]
        commands = {"central": duty} | {g.file.id: ["edge", "run", str(write(g.file, epoch.at))] for g in gates}
        children = [Child(name, c, var / "log" / f"{name}.log", os.getpid()) for name, c in commands.items()]
        try:
            third = minutes * 20.0
            for number in (1, 2):
                time.sleep(third)
                print(f"cut {number} for {CUT_S:.0f} s", flush=True)
                line.cut()
                time.sleep(CUT_S)
                line.mend()
            time.sleep(max(DRAIN_S, third - 2 * CUT_S))
        finally:
            killed = end_all(children)
    stores = [gate.file.folder / f"{gate.file.id}.sqlite" for gate in gates]
    return count(stores, var / "central.sqlite", killed)


def count(stores: list[Path], central: Path, killed: list[str]) -> int:
    """Hold the gates' alerts against central's; print and judge."""
    raised = [row for store in stores for row in rows(store, "SELECT id, raised_at FROM alerts")]
    waiting = sum(rows(store, "SELECT count(*) FROM outbox WHERE topic LIKE '%/up/alert'")[0][0] for store in stores)
    stored = rows(central, "SELECT id, raised_at FROM alerts ORDER BY raised_at, id")
    here, there = {str(id_).replace("-", "") for id_, _ in raised}, [str(id_).replace("-", "") for id_, _ in stored]
    lost, doubled = here - set(there), len(there) - len(set(there))
    print(f"alerts raised {len(raised)}, at central {len(there)}, lost {len(lost)}, doubled {doubled}")
    print(f"still unsent when stopped {waiting}; children that had to be killed: {killed or 'none'}")
    return 0 if not lost and not doubled and not killed and raised else 1


def main() -> None:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(run(options.minutes, options.seed, Path(folder)))


if __name__ == "__main__":
    main()
