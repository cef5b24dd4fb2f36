"""Fixtures that every test may use: the leak guard, a clock that is told the time, the real data, a real browser."""

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from contract import logs
from contract.clock import Instant
from tests.patience import PATIENCE_MS, PATIENCE_S

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

# no deadline: how fast a machine is today proves nothing. The same examples at each run, so that a red one is the work
# of a change; `make properties` looks for new ones.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with a slow test first, so that no process is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, at: datetime = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)) -> None:
        self._instant = Instant(at, 1_000_000_000)

    def now(self) -> Instant:
        return self._instant

    def advance(self, seconds: float) -> Instant:
        self._instant = self._instant.later(seconds)
        return self._instant

    def set(self, at: datetime) -> None:
        """Let the wall clock jump, as when somebody sets it; the monotonic one does not."""
        self._instant = Instant(at, self._instant.mono_ns)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data made by others, or a skip that says that it is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data (../shared/data beside the project) is not here")
    return SHARED_DATA


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread running: every task has an owner."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + PATIENCE_S
    left: set[threading.Thread] = set()
    while True:
        left = {
            thread
            for thread in set(threading.enumerate()) - before
            if thread.is_alive() and not thread.name.startswith(("AnyIO worker", "asyncio_", "ThreadPoolExecutor"))
        }
        if not left or time.monotonic() > deadline:
            break
        next(iter(left)).join(0.05)
    if left:
        pytest.fail(f"threads left behind: {sorted(thread.name for thread in left)}")


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Log as the programs do, whatever the test before set up; structlog's coloured tracebacks take seconds each."""
    logs.set_up("debug")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a real Chromium, or a skip that says how to get one."""
    for name in CHROMIUM_NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip("no Chromium here; on Debian: apt-get install chromium fonts-noto-cjk")


@pytest.fixture(scope="module")
def browser(chromium: str) -> "Iterator[Browser]":
    """A real browser for one module: while Playwright's loop runs on this thread no asynchronous test can."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)  # a bound on hanging; how fast a page is, `make bench` tells
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots and reports of this run are kept; not committed."""
    folder = REPOSITORY / "build" / "artefacts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
