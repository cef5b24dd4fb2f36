"""A real Chromium before a real gate process."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from central.broker import Broker
from tests.edge.rig import DutyRoom, Forehead, thermometer, with_certificate
from tests.edge.test_main import write

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WAIT_MS = 15_000


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield browser
        browser.close()


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


@dataclass
class Scene:
    """Everything that a browser test plays with."""

    process: Process
    forehead: Forehead
    duty_room: DutyRoom
    file: Path


@pytest.fixture
def scene(settings: dict[str, Any], tmp_path: Path, broker: Broker) -> Iterator[Scene]:
    """A gate with one thermometer, certified, connected to central."""
    settings["mqtt"] = {"url": broker.url}
    path = write(tmp_path / "gate.toml", with_certificate(settings, tmp_path))
    with ExitStack() as stack:
        forehead, _ = stack.enter_context(thermometer(tmp_path / "gun"))
        duty_room = stack.enter_context(DutyRoom(broker.url))
        process = stack.enter_context(gate_process(path))
        yield Scene(process, forehead, duty_room, path)


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
        page.set_default_timeout(WAIT_MS)
        page.on("console", hear)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url)
        return page

    yield make
    for context in contexts:
        context.close()
    assert said == []
