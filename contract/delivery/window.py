"""What is under way: published, not yet acknowledged. Pure bookkeeping of the sender's, in memory only.

Theory. Each lane (alerts; everything else) has a window of its own, so that measurements that nobody acknowledges never
keep an alert waiting. A message is due again after a patience that grows with each sending. Three things are read from
the answers, for each end apart (an end is whoever the topics' first levels name; a gate has one, central has many):

- an answer to anything says that the end listens, so what it should have answered by now is due at once;
- a message that is late again and again while its end answers others is one that the end cannot take: it is put off,
  so that a hundred of its kind cannot fill the window;
- an end that has answered nothing after three sendings is quiet: one message goes on as a probe, the others wait in the
  outbox, so that gates that are switched off do not keep the window from those that are on. What is made after it fell
  quiet is still tried three times: the end may be back before the probe.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from contract.clock import Instant
from contract.delivery.outbox import OutboxMessage, Priority

LANES: Final = ((Priority.ALERT,), (Priority.RECORD, Priority.MEASUREMENT))
ALERT_RETRY_S: Final = (2.0, 8.0)
"""First and longest time between two sendings of the same alert."""
OTHER_RETRY_S: Final = (10.0, 60.0)
QUIET_AFTER: Final = 3
"""Sendings without an answer."""
IGNORED_LIMIT: Final = 5


def end_of(topic: str) -> str:
    """Return who a message is for or from: all levels of its topic but the last two.

    >>> end_of("root/dock-2/down/decision")
    'root/dock-2'
    """
    return topic.rsplit("/", 2)[0]


@dataclass(frozen=True, slots=True)
class Sent:
    """One message under way; times are monotonic nanoseconds."""

    end: str
    priority: int
    tries: int
    late_ns: int
    """By now an end that listens would have answered."""
    due_ns: int
    """Send again whatever the end says."""
    ignored: int = 0
    """How often it was late although its end answered others."""


class Window:
    """What one sender has under way."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._sent: dict[UUID, Sent] = {}
        self._quiet: dict[str, datetime] = {}
        self._probes: dict[str, UUID] = {}

    def __len__(self) -> int:
        return len(self._sent)

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._sent)

    @property
    def quiet(self) -> dict[str, datetime]:
        """The ends that are quiet, with the moment at which they fell so."""
        return dict(self._quiet)

    def room(self, lane: Collection[int]) -> int:
        """Return how many more messages of a lane may be sent."""
        return self._size - sum(sent.priority in lane for sent in self._sent.values())

    def renew(self, end: str | None = None) -> None:
        """Forget what was sent to an end, or to all: the line or the end is back, and everything is due."""
        self._sent = {one: sent for one, sent in self._sent.items() if end not in (None, sent.end)}
        for quiet in tuple(self._quiet):
            if end in (None, quiet):
                self._lift(quiet)

    def answer(self, ids: Collection[UUID], now_ns: int) -> None:
        """Take out what has been acknowledged, and let its ends have what else they should have answered by now."""
        answering = {sent.end for one in ids if (sent := self._sent.pop(one, None)) is not None}
        for end in answering:
            self._lift(end)
        for one, sent in self._sent.items():
            if sent.end in answering and sent.late_ns <= now_ns:
                self._sent[one] = replace(sent, tries=0, due_ns=now_ns, ignored=sent.ignored + 1)

    def take_due(self, now: Instant) -> dict[UUID, Sent]:
        """Take out and return what is to be sent again; of a quiet end only the probe."""
        due = {one: sent for one, sent in self._sent.items() if sent.due_ns <= now.mono_ns}
        for one, sent in due.items():
            if sent.tries >= QUIET_AFTER:
                self._hush(one, sent, now)
        self._sent = {one: sent for one, sent in self._sent.items() if one not in due}
        return {one: sent for one, sent in due.items() if sent.tries < QUIET_AFTER or self._probes[sent.end] == one}

    def note(self, message: OutboxMessage, before: Sent | None, now: Instant) -> None:
        """Write down that a message has been published; `before` is what `take_due` gave of it."""
        tries, ignored = (before.tries, before.ignored) if before else (0, 0)
        first_s, longest_s = ALERT_RETRY_S if message.priority == Priority.ALERT else OTHER_RETRY_S
        self._sent[message.message_id] = Sent(
            end=end_of(message.topic),
            priority=message.priority,
            tries=tries + 1,
            late_ns=now.later(first_s).mono_ns,
            due_ns=now.later(min(first_s * 2**tries, longest_s)).mono_ns,
            ignored=ignored,
        )

    def settle(self) -> None:
        """Let go of quiet ends whose probe is gone (withdrawn or thinned out of the outbox): they start anew."""
        for end, probe in tuple(self._probes.items()):
            if probe not in self._sent:
                self._lift(end)

    def next_due_ns(self, otherwise_ns: int) -> int:
        """Return when the next message is due again."""
        return min((sent.due_ns for sent in self._sent.values()), default=otherwise_ns)

    def _hush(self, one: UUID, sent: Sent, now: Instant) -> None:
        self._quiet[sent.end] = now.at
        probe = self._probes.get(sent.end)
        held = self._sent.get(probe) if probe is not None else None
        if held is None or sent.priority < held.priority:
            self._probes[sent.end] = one

    def _lift(self, end: str) -> None:
        self._quiet.pop(end, None)
        self._probes.pop(end, None)
