"""The host's side of question and answer: one question at a time, and what becomes of one that nobody answered."""

from contract.clock import Instant
from drivers.samples import DecodeFault, FaultKind


class Exchange:
    """Remembers whether a question is open: a codec asks through it, and closes it with the answer."""

    def __init__(self) -> None:
        self._open = False
        self._overdue = False

    @property
    def is_open(self) -> bool:
        """Whether an answer is awaited."""
        return self._open

    def ask(self, request: bytes) -> bytes:
        """Return the request to send; a question that is still open is given up. b"" asks nothing."""
        self._overdue |= self._open
        self._open = bool(request)
        return request

    def close(self) -> None:
        """Note that the answer has come."""
        self._open = False

    def tell_overdue(self, at: Instant) -> list[DecodeFault]:
        """Return the TIMEOUT with which the `feed` after a question that was given up begins."""
        if not self._overdue:
            return []
        self._overdue = False
        return [DecodeFault(FaultKind.TIMEOUT, 0, at.at, at.mono_ns, "no answer to the last question")]
