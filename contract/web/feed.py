"""The numbered stream of server-sent events: each event is encoded once and the same bytes go to every listener.

Two sorts of news. `publish` numbers an event and keeps it a while, so that a listener who lost the line resumes by
`Last-Event-ID` without a gap and without a double. `show` is for what only matters now (the live picture): it has no
number, a newer one replaces an older one that has not left yet, and it never makes a listener slow.

Three events are the stream's own. `heartbeat` comes every `beat_s` whatever else happens, `reset` says that the events
a listener missed are no longer kept (load the page again), and the end of the stream says "come again by number".
Everything here runs on the event loop's thread.
"""

import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from itertools import islice
from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import StreamingResponse

from contract.clock import Clock

RETRY_MS: Final = 1000
"""How long a browser waits before it comes again."""

Data = str | Mapping[str, object]


def encode_event(event: str, data: Data, number: int | None = None) -> bytes:
    r"""Return one server-sent event (WHATWG HTML, "Server-sent events"); a mapping is sent as JSON.

    >>> encode_event("alert", {"n": 1}, 7)
    b'id: 7\nevent: alert\ndata: {"n":1}\n\n'
    """
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = "" if number is None else f"id: {number}\n"
    lines = "".join(f"data: {line}\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return f"{head}event: {event}\n{lines}\n".encode()


class _Listener:
    """What waits for one browser."""

    __slots__ = ("ended", "latest", "queue", "wake")

    def __init__(self) -> None:
        self.queue: deque[bytes] = deque()
        self.latest: dict[str, bytes] = {}
        self.ended = False
        self.wake = anyio.Event()

    def take(self) -> bytes:
        """Return everything that waits as one piece."""
        piece = b"".join((*self.queue, *self.latest.values()))
        self.queue.clear()
        self.latest.clear()
        self.wake = anyio.Event()
        return piece

    def end(self) -> None:
        self.ended = True
        self.wake.set()


class Feed:
    """One stream of events with any number of listeners."""

    def __init__(
        self,
        clock: Clock,
        *,
        beat_s: float = 2.0,
        history: int = 2000,
        backlog: int = 200,
        vitals: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        """Make a feed whose first number is the present time in milliseconds.

        So a process that starts again goes on above its old numbers, and a browser that comes back is told to reset.
        `vitals` is what each heartbeat carries beside the time and the last number.
        """
        self._clock = clock
        self._beat_s = beat_s
        self._backlog = backlog
        self._vitals = vitals
        self._last = round(clock.now().at.timestamp() * 1000)
        self._history: deque[bytes] = deque(maxlen=history)
        self._listeners: set[_Listener] = set()
        self._closed = False
        self.cut = 0
        """Listeners that were cut because they did not read."""

    @property
    def last_id(self) -> int:
        """Number of the newest event: a page made now opens the stream with `?last_id=` this, and misses nothing."""
        return self._last

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def publish(self, event: str, data: Data) -> int:
        """Number an event, hand it to every listener, keep it for those who come back; return its number."""
        self._last += 1
        piece = encode_event(event, data, self._last)
        self._history.append(piece)
        for listener in tuple(self._listeners):
            if len(listener.queue) >= self._backlog:
                self._cut(listener)
            else:
                listener.queue.append(piece)
                listener.wake.set()
        return self._last

    def show(self, event: str, data: Data) -> None:
        """Hand out what only matters now; whoever has not taken the one before gets only this one."""
        if not self._listeners:
            return
        piece = encode_event(event, data)
        for listener in self._listeners:
            listener.latest[event] = piece
            listener.wake.set()

    async def stream(self, last_id: int | None = None) -> AsyncIterator[bytes]:
        """Yield the events after `last_id` (None: from now on), then live, with heartbeats, until closed or cut."""
        if self._closed:
            return
        listener = _Listener()
        first = b"".join((f"retry: {RETRY_MS}\n\n".encode(), *self._since(last_id), self._beat()))
        self._listeners.add(listener)
        try:
            yield first
            due = anyio.current_time() + self._beat_s
            while not listener.ended:
                with anyio.move_on_at(due):
                    await listener.wake.wait()
                piece = listener.take()
                if anyio.current_time() >= due:
                    piece += self._beat()
                    due = anyio.current_time() + self._beat_s
                if piece:
                    yield piece
        finally:
            self._listeners.discard(listener)

    def response(self, request: Request) -> StreamingResponse:
        """Answer a browser: resumes by the `Last-Event-ID` header, or at first by the query `last_id`."""
        wish = request.headers.get("last-event-id") or request.query_params.get("last_id") or ""
        last_id = int(wish) if wish.isascii() and wish.isdecimal() else None
        return StreamingResponse(
            self.stream(last_id),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    def close(self) -> None:
        """End every stream after what already waits; later streams end at once."""
        self._closed = True
        for listener in self._listeners:
            listener.end()

    def _since(self, last_id: int | None) -> Iterator[bytes]:
        if last_id is None or last_id == self._last:
            return iter(())
        missed = self._last - last_id
        if not 0 < missed <= len(self._history):
            return iter((encode_event("reset", {"last_id": self._last}, self._last),))
        return islice(self._history, len(self._history) - missed, None)

    def _beat(self) -> bytes:
        now = self._clock.now().at.isoformat(timespec="milliseconds")
        return encode_event("heartbeat", {"at": now, "last_id": self._last, **self._vitals()})

    def _cut(self, listener: _Listener) -> None:
        self._listeners.discard(listener)
        listener.queue.clear()
        listener.latest.clear()
        listener.end()
        self.cut += 1
