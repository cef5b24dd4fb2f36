import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import httpx
import pytest
from fastapi import FastAPI, Request, Response

from contract.clock import SystemClock
from contract.web import server
from contract.web.feed import Feed
from contract.web.server import PortTaken, ServerFailed, ServerTls, serve
from tests.contract.delivery.authority import Authority
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


def application(feed: Feed) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def hello() -> str:
        return "hello"

    @app.get("/events")
    async def events(request: Request) -> Response:
        return feed.response(request)

    return app


@asynccontextmanager
async def served(feed: Feed) -> AsyncIterator[tuple[str, anyio.Event]]:
    stop, started = anyio.Event(), anyio.Event()
    ports: list[int] = []

    def on_started(port: int) -> None:
        ports.append(port)
        started.set()

    async with anyio.create_task_group() as tasks:

        async def run() -> None:
            await serve(application(feed), "127.0.0.1", 0, stop=stop, on_started=on_started, feeds=[feed])

        tasks.start_soon(run)
        with anyio.fail_after(PATIENCE_S):
            await started.wait()
        yield f"http://127.0.0.1:{ports[0]}", stop
        stop.set()


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # a kernel buffer has no event to wait for
            await anyio.sleep(0.01)


async def test_it_stops_at_once_although_browsers_listen():
    feed = Feed(SystemClock())
    endings: list[float] = []

    async def listen(url: str) -> None:
        async with httpx.AsyncClient() as client, client.stream("GET", f"{url}/events") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            async for _ in response.aiter_bytes():
                pass
        endings.append(time.monotonic())

    async with anyio.create_task_group() as tasks:
        async with served(feed) as (url, stop):
            for _ in range(20):
                tasks.start_soon(listen, url)
            await until(lambda: feed.listeners == 20)
            stopped = time.monotonic()
            stop.set()
        assert time.monotonic() - stopped < 0.5
    assert len(endings) == 20


async def test_a_browser_resumes_by_header_and_first_by_query():
    feed = Feed(SystemClock())
    before = feed.last_id
    feed.publish("alert", "one")
    feed.publish("alert", "two")
    async with served(feed) as (url, _), httpx.AsyncClient() as client:
        for query, header, expected in (
            (f"?last_id={before}", None, ["one", "two"]),
            (f"?last_id={before}", str(before + 1), ["two"]),
            ("", None, []),
            ("?last_id=x", None, []),
        ):
            headers = {"last-event-id": header} if header else {}
            async with client.stream("GET", f"{url}/events{query}", headers=headers) as response:
                text = await anext(response.aiter_text())
            assert [word for word in ("one", "two") if f"data: {word}\n" in text] == expected


async def test_it_serves_https(tmp_path):
    authority = Authority(tmp_path)
    stop, ports = anyio.Event(), []
    started = anyio.Event()

    def on_started(port: int) -> None:
        ports.append(port)
        started.set()

    async with anyio.create_task_group() as tasks:

        async def run() -> None:
            app, tls = application(Feed(SystemClock())), ServerTls(*authority.issue("broker"))
            await serve(app, "127.0.0.1", 0, stop=stop, on_started=on_started, tls=tls)

        tasks.start_soon(run)
        with anyio.fail_after(PATIENCE_S):
            await started.wait()
        async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=authority.ca)) as client:
            assert (await client.get(f"https://127.0.0.1:{ports[0]}/")).json() == "hello"
        stop.set()


async def test_a_taken_port_is_said_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} on 127.0.0.1 is taken: .*set another port"):
            await serve(FastAPI(), "127.0.0.1", port, stop=anyio.Event())


async def test_an_address_of_another_machine_is_said_in_one_sentence():
    with pytest.raises(PortTaken, match=r"cannot listen on 192\.0\.2\.1:8100"):
        await serve(FastAPI(), "192.0.2.1", 8100, stop=anyio.Event())


async def test_an_application_that_does_not_start_is_told_and_leaves_no_port():
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        raise RuntimeError("no database")
        yield

    with pytest.raises(ServerFailed):
        await serve(FastAPI(lifespan=lifespan), "127.0.0.1", 0, stop=anyio.Event())


async def test_the_application_is_told_of_its_end():
    seen: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        seen.append("start")
        yield
        seen.append("end")

    stop = anyio.Event()
    await serve(FastAPI(lifespan=lifespan), "127.0.0.1", 0, stop=stop, on_started=lambda _: stop.set())
    assert seen == ["start", "end"]


async def test_cancelling_the_owner_ends_the_server_too():
    feed = Feed(SystemClock())
    with anyio.fail_after(PATIENCE_S):
        async with anyio.create_task_group() as tasks:
            started = anyio.Event()
            ports: list[int] = []

            async def run() -> None:
                await serve(
                    application(feed),
                    "127.0.0.1",
                    0,
                    stop=anyio.Event(),
                    on_started=lambda port: (ports.append(port), started.set())[1],
                    feeds=[feed],
                )

            tasks.start_soon(run)
            await started.wait()
            tasks.cancel_scope.cancel()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]), timeout=1)


async def test_a_browser_that_reads_nothing_is_cut_and_then_dropped_by_the_kernel(monkeypatch):
    monkeypatch.setattr(server, "UNREAD_LIMIT_MS", 300)
    feed = Feed(SystemClock(), backlog=20)
    async with served(feed) as (url, _):
        port = int(url.rpartition(":")[2])
        with socket.socket() as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stuck.connect(("127.0.0.1", port))
            stuck.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            await until(lambda: feed.listeners == 1)
            while feed.listeners:
                feed.publish("alert", "x" * 50_000)
                await anyio.lowlevel.checkpoint()
            assert feed.cut == 1
            await until(lambda: is_forgotten(stuck))


def is_forgotten(stuck: socket.socket) -> bool:
    """Whether the other end answers a byte with a reset: it no longer knows the connection."""
    try:
        stuck.send(b"x")
    except OSError:
        return True
    return False
