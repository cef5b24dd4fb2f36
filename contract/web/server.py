"""Serve a web application inside the caller's task group; the process owns the signals.

Open event streams are closed first, so that the server has nothing to wait for and a Ctrl-C ends in a fraction of a
second instead of at the end of its patience.
"""

import errno
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import anyio
import uvicorn

from contract.web.feed import Feed

UNREAD_LIMIT_MS: Final = 10_000
"""A browser that accepts no byte for so long is dropped by the kernel (TCP_USER_TIMEOUT): nothing else ends it."""
PATIENCE_S: Final = 1
"""How long a stop waits for requests under way."""


class PortTaken(Exception):
    """The address cannot be listened on; the text says which and what to do."""


class ServerFailed(Exception):
    """The application did not start; the log says why."""


class ServerTls(NamedTuple):
    """Certificate and key of a web server, PEM files."""

    certificate: Path
    key: Path


class _Server(uvicorn.Server):
    """uvicorn that leaves the signals to the process and says when it listens, or that it never will."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = anyio.Event()
        self.failed = False

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            self.failed = self.should_exit = True
        finally:
            self.settled.set()


async def serve(
    app: Any,
    host: str,
    port: int,
    *,
    stop: anyio.Event,
    on_started: Callable[[int], None] = lambda _port: None,
    feeds: Iterable[Feed] = (),
    tls: ServerTls | None = None,
) -> None:
    """Serve `app` until `stop` is set, then close the feeds, finish what is under way and return.

    `on_started` is given the port, which for port 0 the system chose. Raises PortTaken or ServerFailed.
    """
    with listen(host, port) as listener:
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=PATIENCE_S,
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
        server = _Server(config)

        async def run() -> None:
            with anyio.CancelScope(shield=True):  # should_exit ends it, so that it can finish its answers
                await server.serve(sockets=[listener])
            stop.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            try:
                await server.settled.wait()
                if not server.failed:
                    on_started(listener.getsockname()[1])
                    await stop.wait()
            finally:
                for feed in feeds:
                    feed.close()
                server.should_exit = True
    if server.failed:
        raise ServerFailed("the web application did not start; the log says why")


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises PortTaken with a sentence that says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_LIMIT_MS)
        listener.bind((host, port))
        listener.listen(2048)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise PortTaken(_sentence(host, port, error)) from error
    return listener


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is taken: stop the program that uses it, or set another port"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} needs more rights: set a port above 1023"
    return f"cannot listen on {host}:{port}: {error.strerror or error}"
