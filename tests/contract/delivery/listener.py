"""The other end of a bus in tests: keeps what it hears and lets a test wait for it."""

import threading
import time
from collections.abc import Callable
from typing import Any, Self

from contract.delivery.bus import Bus
from tests.patience import PATIENCE_S


class Listener:
    """A bus that subscribes at each connection and remembers everything."""

    def __init__(self, url: str, topic_filter: str, *, qos: int = 1, on_message: Any = None, **options: Any) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.ups = self.downs = 0
        self._changed = threading.Condition()
        self._filter, self._qos = topic_filter, qos
        self._then: Callable[[str, bytes], None] | None = on_message
        self.bus = Bus(url, "listener", on_message=self._hear, on_up=self._up, on_down=self._down, **options)

    def __enter__(self) -> Self:
        self.bus.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bus.stop()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something heard, or a change of the line, makes the condition true."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S), f"heard {self.heard[-3:]}, ups {self.ups}"

    def until_up(self, times: int = 1) -> "Listener":
        """Wait for a connection on which the subscription is granted: until then others' messages pass by."""
        deadline = time.monotonic() + PATIENCE_S
        while not (self.ups >= times and self.bus.is_up and self.bus.subscriptions) and time.monotonic() < deadline:
            time.sleep(0.005)
        assert self.ups >= times, self.bus.last_error
        return self

    def until_heard(self, count: int) -> list[bytes]:
        self.until(lambda: len(self.heard) >= count)
        return [payload for _, payload in self.heard]

    def _hear(self, topic: str, payload: bytes) -> None:
        if self._then is not None:
            self._then(topic, payload)
        with self._changed:
            self.heard.append((topic, payload))
            self._changed.notify_all()

    def _up(self) -> None:
        self.bus.subscribe(self._filter, self._qos)
        with self._changed:
            self.ups += 1
            self._changed.notify_all()

    def _down(self) -> None:
        with self._changed:
            self.downs += 1
            self._changed.notify_all()
