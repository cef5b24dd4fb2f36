"""A real Chromium before a real gate process."""

import asyncio
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from central.broker import Broker
from contract.clock import SystemClock
from edge.config import GateConfig
from edge.gate import run
from tests.edge.rig import DutyRoom, Forehead, thermometer, with_certificate
from tests.edge.test_main import write
from tests.patience import PATIENCE_MS, PATIENCE_S


@dataclass
class Process:
    """A gate as a process of its own."""

    program: subprocess.Popen[str]
    address: str


@contextmanager
def gate_process(path: Path) -> Iterator[Process]:
    command = [sys.executable, "-m", "edge", "--log-level", "warning", "run", str(path)]
    with (path.parent / "gate.log").open("a") as log:
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert program.stdout is not None
    try:
        address = program.stdout.readline().strip()
        assert address.startswith("http://"), (path.parent / "gate.log").read_text()
        yield Process(program, address)
    finally:
        program.kill()
        program.wait()
        program.stdout.close()


@contextmanager
def gate_thread(config: GateConfig) -> Iterator[str]:
    """A gate on a thread of this process, which starts at once; its address."""
    addresses: queue.Queue[str] = queue.Queue()
    stop: queue.Queue[Callable[[], None]] = queue.Queue()

    async def work() -> None:
        loop, ended = asyncio.get_running_loop(), anyio.Event()
        stop.put(lambda: loop.call_soon_threadsafe(ended.set))
        await run(
            config,
            SystemClock(),
            stop=ended,
            on_started=lambda port: addresses.put(f"http://127.0.0.1:{port}"),
        )

    thread = threading.Thread(target=anyio.run, args=(work,), name="gate")
    thread.start()
    try:
        yield addresses.get(timeout=PATIENCE_S)
    finally:
        stop.get(timeout=PATIENCE_S)()
        thread.join(PATIENCE_S)


@dataclass
class Scene:
    """Everything that a browser test plays with."""

    address: str
    forehead: Forehead
    duty_room: DutyRoom


@pytest.fixture
def scene(settings: dict[str, Any], tmp_path: Path, broker: Broker) -> Iterator[Scene]:
    """A gate with one thermometer, certified, connected to central."""
    settings["mqtt"] = {"url": broker.url}
    config = GateConfig.model_validate(with_certificate(settings, tmp_path))
    with ExitStack() as stack:
        forehead, _ = stack.enter_context(thermometer(tmp_path / "gun"))
        duty_room = stack.enter_context(DutyRoom(broker.url))
        yield Scene(stack.enter_context(gate_thread(config)), forehead, duty_room)


@pytest.fixture
def alone(settings: dict[str, Any], tmp_path: Path) -> Iterator[tuple[Path, Forehead]]:
    """The file of a gate that is to run as a process of its own, without central, and what its thermometer sees."""
    path = write(tmp_path / "gate.toml", with_certificate(settings, tmp_path))
    with thermometer(tmp_path / "gun") as (forehead, _):
        yield path, forehead


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open a page in a fresh browser profile; a script error or a forbidden load fails the test."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # a gate that is away, and a form that is refused with a sentence, are not the page's faults
        if message.type == "error" and "ERR_" not in message.text and "status of 422" not in message.text:
            said.append(message.text)

    def make(url: str, width: int = 1280, height: int = 800) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", hear)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url)
        return page

    yield make
    for context in contexts:
        context.close()
    assert said == []
