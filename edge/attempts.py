"""People before one instrument: whose frames are whose, when a verdict is due, and that it is one a passage.

Theory. A person who comes into view is an attempt. Valid frames are kept apart by the site they were taken at, because
sites differ by tenths. A verdict falls as soon as one site has enough frames, while the person still stands there; or
when the person goes, if there is a value or if the person has tried: stood at the mark for a second without one. Then
the reason that spoiled most frames is the verdict's. A shutter that begins brings the verdict forward if there are
five frames; nothing is decided until it has settled, and who goes meanwhile gets the verdict then. Lasting doubts about
the instrument do not let anybody wait: the verdict then falls after that second. Things that are no people leave no
passage. Nobody stands under another's verdict: who has had one is watched on, and a face whose temperature says that
it is another starts a new passage.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contract.vocabulary import Reason, Site, VerdictKind
from edge.measure.continuity import Continuity
from edge.measure.person import BEST, Person
from edge.measure.skin import Skin

TRIED_S: Final = 1.0
"""Standing at the mark for this long is trying."""
REMEMBERED: Final = 256
"""Passages whose number of attempts is known here; the ledger knows them all."""
NOT_TRYING: Final = frozenset({Reason.TOO_FAR, Reason.HOT_OBJECT, Reason.NOT_A_FACE})
"""Frames spoiled by these are not of somebody who stands at the mark to be measured."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One valid frame of one person."""

    at: datetime
    skin: Skin
    offset_c: float | None
    crop_c: NDArray[np.float32] | None


@dataclass(slots=True)
class Attempt:
    """One person, from coming into view to leaving it."""

    number: int
    passage: UUID | None = None
    """Given when the verdict falls."""
    attempt: int = 1
    frames: dict[Site, Person[Sight]] = field(default_factory=dict)
    spoiled: Counter[Reason] = field(default_factory=Counter)
    covers: Counter[Reason] = field(default_factory=Counter)
    tries_s: float = 0.0
    """How long the person has stood at the mark."""
    last_s: float | None = None
    crop_c: NDArray[np.float32] | None = None
    verdict: VerdictKind | None = None
    look: Continuity | None = None
    """What the person looked like when the verdict fell; None without a value."""

    @property
    def valid(self) -> int:
        """Valid frames of the site that has most."""
        return max(map(len, self.frames.values()), default=0)

    @property
    def tried(self) -> bool:
        """Whether the person has stood at the mark for long enough to expect a verdict."""
        return self.tries_s >= TRIED_S

    @property
    def enough(self) -> bool:
        """Whether a site has enough frames to decide now."""
        return any(person.enough for person in self.frames.values())

    @property
    def ready(self) -> bool:
        """Whether there is enough to decide if nothing better will come."""
        return any(person.possible and len(person) >= BEST for person in self.frames.values())

    def take(self, t_s: float, sight: Sight, covers: Collection[Reason]) -> None:
        """Let a valid frame enter."""
        person = self.frames.setdefault(sight.skin.site, Person(lambda sight: sight.skin.skin_c))
        person.take(t_s, sight)
        self.covers.update(covers)
        self._stands(t_s, standing=True)

    def spoil(self, t_s: float, reason: Reason, crop_c: NDArray[np.float32] | None) -> None:
        """Let a frame enter that could not be measured."""
        self.spoiled[reason] += 1
        self.crop_c = crop_c if crop_c is not None else self.crop_c
        self._stands(t_s, standing=reason not in NOT_TRYING)

    def best(self) -> Person[Sight] | None:
        """Return the frames of the site that has enough of them, or else of the one that can give a value."""
        able = [person for person in self.frames.values() if person.possible]
        return max(able, key=lambda person: (person.enough, len(person)), default=None)

    def reasons(self) -> tuple[Reason, ...]:
        """Return what spoiled most frames; TOO_FEW_FRAMES if nothing did."""
        standing = Counter({reason: count for reason, count in self.spoiled.items() if reason not in NOT_TRYING})
        return tuple(reason for reason, _ in standing.most_common(1)) or (Reason.TOO_FEW_FRAMES,)

    def worn(self) -> tuple[Reason, ...]:
        """Return what covered the face, or had warmed one side of it, on most valid frames."""
        frames = sum(map(len, self.frames.values()))
        kinds = (Reason.GLASSES, Reason.MASK, Reason.SUN_WARMED)
        return tuple(reason for reason in kinds if self.covers[reason] > frames / 2)

    def settle(self, verdict: VerdictKind, site: Site | None, skin_c: float | None) -> None:
        """Keep the verdict, and what was measured of whom it is."""
        self.verdict = verdict
        self.look = Continuity(site, skin_c) if site is not None and skin_c is not None else None

    def renew(self) -> None:
        """Forget the frames, as after a change of certificate, or for another attempt of the same person."""
        self.frames.clear()
        self.spoiled.clear()
        self.covers.clear()
        self.tries_s, self.last_s = 0.0, None

    def _stands(self, t_s: float, *, standing: bool) -> None:
        if standing and self.last_s is not None:
            self.tries_s += min(t_s - self.last_s, TRIED_S / 2)
        self.last_s = t_s if standing else None


class Attempts:
    """Everybody before one instrument."""

    def __init__(self, ids: Callable[[datetime], UUID]) -> None:
        self._ids = ids
        self._present: dict[int, Attempt] = {}
        self._numbers: OrderedDict[UUID, int] = OrderedDict()
        self._again: UUID | None = None

    def of(self, number: int) -> Attempt:
        """Return the attempt of a person by the number that the tracker gave."""
        return self._present.setdefault(number, Attempt(number))

    @property
    def settled(self) -> frozenset[int]:
        """The numbers of those present who have had their verdict."""
        return frozenset(number for number, attempt in self._present.items() if attempt.verdict is not None)

    def another(self, before: Attempt) -> Attempt:
        """Return the attempt of somebody who has stepped into the place of one who has had a verdict."""
        self._present[before.number] = Attempt(before.number)
        return self._present[before.number]

    def leave(self, number: int) -> Attempt | None:
        """Return the attempt of somebody who has gone, and forget it."""
        return self._present.pop(number, None)

    def renew(self) -> None:
        """Start everybody's frames anew: they were made under other conditions."""
        for attempt in self._present.values():
            if attempt.verdict is None:
                attempt.renew()

    def remeasure(self, passage: UUID) -> None:
        """Let the next verdict be another attempt of `passage`: of its person if still in view, else of the next."""
        self._again = passage
        for attempt in self._present.values():
            if attempt.passage == passage:
                attempt.renew()
                attempt.verdict = None

    def name(self, attempt: Attempt, at: datetime) -> tuple[UUID, int]:
        """Return the passage and the number of an attempt whose verdict falls now."""
        again = self._again
        held = any(other.passage == again for other in self._present.values() if other is not attempt)
        if again is not None and attempt.passage in (None, again) and not held:
            attempt.passage, self._again = again, None
        passage = attempt.passage = attempt.passage or self._ids(at)
        attempt.attempt = self._numbers.get(passage, 0) + 1
        self._numbers[passage] = attempt.attempt
        self._numbers.move_to_end(passage)
        while len(self._numbers) > REMEMBERED:
            self._numbers.popitem(last=False)
        return passage, attempt.attempt
