"""From the last byte of the frame that decides to the kiosk's event and to the board's, through real processes.

Central with its broker, and one gate with a 160x120 camera on a pseudo-terminal before which febrile people pass. This
process listens to both screens' event streams as a browser does. The kiosk's event carries the time since the frame's
last byte; the board's is that plus the time between the two events as they arrive here.
"""

import dataclasses
import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil

from contract.clock import SystemClock
from simulators.children import Child, end_all
from simulators.district import Options, SimulatedGate, gates_of
from simulators.gate_files import write
from simulators.scene import Enter, Scene
from tests.benchmarks.timing import percentiles
from tests.e2e.demonstration import free_ports

QUIET_S = 30.0
"""Nobody comes at first: the idle gate is measured then."""
SETTLE_S = 12.0


def events(url: str, cookies: httpx.Cookies, stop: threading.Event) -> Iterator[tuple[float, str, dict]]:
    """Yield (monotonic seconds, event, data) of a screen's stream until `stop`."""
    import json

    with (
        httpx.Client(cookies=cookies, timeout=10.0) as client,
        client.stream("GET", url, headers={"accept": "text/event-stream"}) as answer,
    ):
        answer.raise_for_status()
        name = ""
        for line in answer.iter_lines():
            if stop.is_set():
                return
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:") and name in {"verdict", "alert"}:
                yield time.monotonic(), name, json.loads(line[5:])


@dataclasses.dataclass
class Heard:
    """When each alert was on each screen."""

    kiosk: dict[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    """Alert: (arrival s, ms since the last byte)."""
    board: dict[str, float] = dataclasses.field(default_factory=dict)

    def listen_kiosk(self, url: str, stop: threading.Event) -> None:
        for at_s, _, data in events(url, httpx.Cookies(), stop):
            if data.get("alert"):
                self.kiosk.setdefault(data["alert"], (at_s, data["took_us"] / 1000))

    def listen_board(self, url: str, cookies: httpx.Cookies, stop: threading.Event) -> None:
        for at_s, name, data in events(url, cookies, stop):
            if name == "alert" and data["event"] == "raise":
                self.board.setdefault(data["alert"], at_s)


def station(options: Options, folder: Path, mqtt_url: str, passages: int) -> SimulatedGate:
    """The demonstration's railway station, with febrile people only."""
    gate = gates_of(options, folder, mqtt_url)[0]
    people = [Enter(f"fever-{n}", 39.0, at_s=QUIET_S if n == 0 else None) for n in range(passages)]
    scene = Scene.script(people, seed=options.seed, place=gate.scene.place, plate=gate.scene.plate)
    return dataclasses.replace(gate, scene=scene)


def log_in(central: str, log: Path) -> httpx.Cookies:
    """Log in as the demonstration's officer, once central has printed the account."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = re.search(r"account officer password (\S+)", log.read_text() if log.exists() else "")
        if found:
            try:
                answer = httpx.post(f"{central}/api/v1/session", json={"name": "officer", "password": found[1]})
            except httpx.ConnectError:
                pass
            else:
                answer.raise_for_status()
                return answer.cookies
        time.sleep(0.1)
    raise RuntimeError(f"central did not start: {log.read_text()}")


def use_of(process: psutil.Process, seconds: float) -> tuple[float, float]:
    """Return CPU % of one core over some seconds, and MB resident."""
    process.cpu_percent()
    time.sleep(seconds)
    return process.cpu_percent(), process.memory_info().rss / 1e6


def run(passages: int = 30) -> dict[str, object]:
    """Measure; print what each screen waited for, and what the gate uses idle and at 9 frames a second."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        var = Path(name)
        (var / "gates" / "dev").mkdir(parents=True)
        (var / "log").mkdir()
        ports = free_ports(5)
        options = Options(7, var, ports[0], ports[1])
        gate = station(options, var / "gates", f"mqtt://127.0.0.1:{ports[4]}", passages)
        clock = SystemClock()
        epoch = clock.now()
        for port in gate.ports(options.seed, clock, epoch):
            stack.enter_context(port)
        duty = ["central", "run", "--var", str(var), "--port", str(ports[0]), "--mqtt-port", str(ports[4]), "--demo"]
        edge = ["edge", "run", str(write(gate.file, epoch.at))]
        log = var / "log"
        children = [Child(c[0], c, log / f"{c[0]}.log", os.getpid()) for c in (duty, edge)]
        stop, heard = threading.Event(), Heard()
        try:
            board, kiosk = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
            cookies = log_in(board, log / "central.log")
            listeners = [
                threading.Thread(target=heard.listen_kiosk, args=(f"{kiosk}/feed", stop)),
                threading.Thread(target=heard.listen_board, args=(f"{board}/stream", cookies, stop)),
            ]
            for listener in listeners:
                listener.start()
            gate_process = next(
                p for p in psutil.Process().children(recursive=True) if "edge" in p.cmdline() or "edge" in p.name()
            )
            time.sleep(max(0.0, SETTLE_S - clock.now().seconds_since(epoch)))
            idle = use_of(gate_process, QUIET_S - SETTLE_S - 2)
            time.sleep(4)
            busy = use_of(gate_process, 15)
            until = time.monotonic() + 12 * passages
            while len(heard.board) < passages and time.monotonic() < until:
                time.sleep(0.2)
            steps = httpx.get(f"{kiosk}/metrics").text
        finally:
            stop.set()
            killed = end_all(children)
            for listener in listeners:
                listener.join(5)
    return report(heard, idle, busy, steps, killed)


def report(heard: Heard, idle: tuple, busy: tuple, steps: str, killed: list[str]) -> dict[str, object]:
    """Print and return the figures."""
    both = heard.kiosk.keys() & heard.board.keys()
    kiosk_ms = [heard.kiosk[alert][1] for alert in both]
    board_ms = [heard.kiosk[a][1] + 1000 * (heard.board[a] - heard.kiosk[a][0]) for a in both]
    print(f"\nfrom the last byte of the deciding frame, ms ({len(heard.kiosk)} at the gate, {len(both)} on the board)")
    print(f"  to the kiosk's event   {percentiles(kiosk_ms)}")
    print(f"  to the board's event   {percentiles(board_ms)}")
    print("mean time of each step at the gate, ms")
    for step, total, count in step_means(steps):
        print(f"  {step:14} {1000 * total / count:8.2f}   (n {count:.0f})")
    print(f"gate, idle:            {idle[0]:5.1f} % of a core, {idle[1]:.0f} MB")
    print(f"gate, 9 frames/s, people: {busy[0]:5.1f} % of a core, {busy[1]:.0f} MB")
    return {"kiosk_ms": kiosk_ms, "board_ms": board_ms, "idle": idle, "busy": busy, "killed": killed}


def step_means(metrics: str) -> Iterator[tuple[str, float, float]]:
    """Yield (step, seconds in all, count) of the gate's histogram."""
    sums = dict(re.findall(r'step_seconds_sum\{.*?step="([^"]+)".*?\} (\S+)', metrics))
    counts = dict(re.findall(r'step_seconds_count\{.*?step="([^"]+)".*?\} (\S+)', metrics))
    for step, total in sums.items():
        yield step, float(total), max(1.0, float(counts[step]))
