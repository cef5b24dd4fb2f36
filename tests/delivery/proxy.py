"""A TCP line that can be cut, mended or left dead: what stands between a gate and the broker."""

import selectors
import socket
import threading
from contextlib import suppress
from typing import Final

PIECE: Final = 65536


class Proxy:
    """Forwards one port to another, on a thread of its own."""

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._peers: dict[socket.socket, socket.socket] = {}
        self._lock = threading.Lock()
        self._cut = False
        self._dead = False
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Close every connection and every new one at once, as when a router goes away."""
        with self._lock:
            self._cut = True
            for side in list(self._peers):
                self._drop(side)

    def die(self) -> None:
        """Carry no more bytes but close nothing, as when a cable is pulled."""
        with self._lock:
            self._dead = True

    def mend(self) -> None:
        """Work again; a line that was dead goes on where it stopped."""
        with self._lock:
            self._cut = self._dead = False

    def stop(self) -> None:
        self._stopping = True
        self._thread.join()
        for side in (*self._peers, self._listener):
            side.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select(0.02):
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif not self._dead and isinstance(key.fileobj, socket.socket):
                        self._carry(key.fileobj)
            if self._dead:
                threading.Event().wait(0.02)  # the sockets stay readable: do not spin

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        if self._cut:
            near.close()
            return
        try:
            far = socket.create_connection(self._target, timeout=1)
        except OSError:
            near.close()
            return
        for side, other in ((near, far), (far, near)):
            self._peers[side] = other
            self._selector.register(side, selectors.EVENT_READ)

    def _carry(self, side: socket.socket) -> None:
        other = self._peers.get(side)
        if other is None:
            return
        try:
            piece = side.recv(PIECE)
            other.sendall(piece)
        except OSError:
            piece = b""
        if not piece:
            self._drop(side)

    def _drop(self, side: socket.socket) -> None:
        for end in (side, self._peers.get(side, side)):
            if self._peers.pop(end, None) is not None:
                self._selector.unregister(end)
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
