"""A whole gate on real parts: a simulated thermometer on a real pseudo-terminal, the real broker, its real screens.

Only central is played by the test: it hears what the gate sends, acknowledges it when told to, and sends orders.
"""

import html
import json
import queue
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID

import anyio
import httpx
import pytest
from anyio.abc import TaskStatus

from contract import topics
from contract.clock import SystemClock
from contract.delivery.bus import Bus
from contract.delivery.letters import Letters
from contract.ids import new_id
from contract.messages import Body, Presence, decode
from contract.topics import Direction, Kind
from edge.config import GateConfig
from edge.gate import run
from simulators.devices.gy_614v import Gy614v
from simulators.ports import PtyPort
from tests.edge.conftest import GATE, a_certificate
from tests.patience import PATIENCE_S

AIR_C = 22.0
HEALTHY_C = 33.6
"""A forehead whose body is about 36.5 °C in air of 22 °C."""
FEVERISH_C = 36.4
"""About 39.9 °C: far beyond every doubt of a single-point thermometer."""
LIMITS = httpx.Limits(keepalive_expiry=2.0)
"""Below the 5 s after which the server closes an idle connection, or a request may meet its end."""

T = TypeVar("T", bound=Body)


class Forehead:
    """What the thermometer sees, as the test says."""

    def __init__(self) -> None:
        self.value_c = AIR_C

    def object_c(self, t_s: float) -> float:
        return self.value_c + 0.02 * (round(t_s * 10) % 3)

    def sensor_c(self, t_s: float) -> float:
        return AIR_C


@contextmanager
def thermometer(path: Path) -> Iterator[tuple[Forehead, PtyPort]]:
    """A GY-614V on a pseudo-terminal at `path`."""
    forehead = Forehead()
    with PtyPort(Gy614v(forehead), path, SystemClock()) as port:
        yield forehead, port


class DutyRoom:
    """Central, as the gate hears it."""

    def __init__(self, url: str) -> None:
        self.acknowledges = True
        self.heard: dict[Kind, queue.Queue[tuple[UUID, Body]]] = {kind: queue.Queue() for kind in Kind}
        self.presence: queue.Queue[Presence] = queue.Queue()
        self._letters = Letters(Direction.DOWN, SystemClock())
        self._up: queue.Queue[None] = queue.Queue()
        self._bus = Bus(url, "central", on_message=self._hear, on_up=self._greet)

    def __enter__(self) -> Self:
        self._bus.start()
        self._up.get(timeout=PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._bus.stop()

    async def expect(self, kind: Kind, body: type[T]) -> tuple[UUID, T]:
        """Return the next message of a kind and its id."""
        message, found = await anyio.to_thread.run_sync(self.heard[kind].get, True, PATIENCE_S)
        assert isinstance(found, body)
        return message, found

    async def expect_presence(self) -> Presence:
        return await anyio.to_thread.run_sync(self.presence.get, True, PATIENCE_S)

    def send(self, body: Body, *, times: int = 1) -> UUID:
        """Send an order down, perhaps more than once; return its message id."""
        letter = self._letters.letter(GATE, body)
        for _ in range(times):
            assert self._bus.publish(letter.topic, letter.payload)
        return letter.message_id

    def send_raw(self, kind: Kind, payload: bytes) -> None:
        assert self._bus.publish(str(topics.Topic(GATE, Direction.DOWN, kind)), payload)

    def _greet(self) -> None:
        self._bus.subscribe(topics.up_filter())
        self._bus.subscribe(topics.presence_filter())
        self._up.put(None)

    def _hear(self, topic: str, payload: bytes) -> None:
        if topics.presence_gate(topic) == GATE:
            self.presence.put(Presence.model_validate_json(payload))
            return
        where = topics.parse(topic)
        assert where is not None
        envelope, body = decode(payload, where)
        if self.acknowledges and where.kind is not Kind.ACK:
            self._bus.publish(*self._letters.receipt(GATE, [envelope.message_id]), qos=0)
        self.heard[where.kind].put((envelope.message_id, body))


class Screens:
    """A running gate's screens over HTTP: every event of the feed from the moment the gate was up."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self._events: list[tuple[str, dict[str, Any]]] = []
        self._seen = 0
        self._news = anyio.Event()

    async def listen(self, *, task_status: TaskStatus[None]) -> None:
        """Keep the feed's events until it ends; started once the first has come."""
        name = ""
        async with self.client.stream("GET", "/feed") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self._add(name, json.loads(line.removeprefix("data: ")))
                    if len(self._events) == 1:
                        await self._add_state()
                        task_status.started()

    async def _add_state(self) -> None:
        """Put what happened before the first event into its place: the state that the page starts with."""
        page = await self.page("/")
        (start,) = re.findall(r'<template id="start">(.*?)</template>', page, re.DOTALL)
        for lane in json.loads(html.unescape(start))["lanes"]:
            self._add("lane", {"lane": lane["id"], **{key: lane[key] for key in ("screening", "reasons", "instead")}})

    def _add(self, name: str, data: dict[str, Any]) -> None:
        self._events.append((name, data))
        self._news.set()
        self._news = anyio.Event()

    async def wait_for(self, name: str, **wanted: Any) -> dict[str, Any]:
        """Return the next event of this name that carries what is wanted, after those returned before."""
        with anyio.move_on_after(PATIENCE_S):
            while True:
                while self._seen < len(self._events):
                    found, data = self._events[self._seen]
                    self._seen += 1
                    if found == name and all(data.get(key) == value for key, value in wanted.items()):
                        return data
                await self._news.wait()
        came = [{key: data.get(key) for key in wanted} for found, data in self._events if found == name]
        pytest.fail(f"no {name} with {wanted} in {PATIENCE_S:g} s; of this name came {came}")

    async def until_strip_says(self, *wanted: str) -> None:
        """Wait until the strip of health shows all of these words."""
        with anyio.fail_after(PATIENCE_S):
            while True:
                page = await self.page("/fragments/strip", "en")
                if all(words in page for words in wanted):
                    return
                await self.wait_for("strip")

    async def post(self, path: str, *, key: UUID | None = None, **body: Any) -> httpx.Response:
        at = SystemClock().now().at
        headers = {"idempotency-key": str(key or new_id(at))}
        return await self.client.post(path, json={"by": "王芳", **body}, headers=headers)

    async def page(self, path: str, language: str = "zh") -> str:
        answer = await self.client.get(path, params={"lang": language})
        assert answer.status_code == 200, answer.text
        return answer.text


@asynccontextmanager
async def running(config: GateConfig) -> AsyncIterator[Screens]:
    """Run a gate in this process until the block ends."""
    stop, started = anyio.Event(), anyio.Event()
    ports: list[int] = []

    def say(port: int) -> None:
        ports.append(port)
        started.set()

    async with httpx.AsyncClient(timeout=PATIENCE_S, limits=LIMITS) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: run(config, SystemClock(), stop=stop, on_started=say))
        try:
            with anyio.fail_after(PATIENCE_S):
                await started.wait()
            client.base_url = httpx.URL(f"http://127.0.0.1:{ports[0]}")
            screens = Screens(client)
            await tasks.start(lambda *, task_status: screens.listen(task_status=task_status))
            yield screens
        finally:
            stop.set()


def with_certificate(settings: dict[str, Any], folder: Path, **changes: Any) -> dict[str, Any]:
    """Give the thermometer of the settings a valid certificate."""
    certificate = a_certificate(SystemClock().now().at, **changes)
    path = folder / "gun.certificate.json"
    path.write_text(certificate.model_dump_json(), encoding="utf-8")
    settings["instruments"][0]["certificate"] = str(path)
    return settings
