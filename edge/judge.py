"""When a verdict falls, and what it is made of: people's attempts on one side, the station's rule on the other."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import pstdev
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contract.calibration import Certificate
from contract.messages import Measurement, Verdict
from contract.vocabulary import InstrumentState, Reason
from drivers.samples import SampleFlag, SpotReading, ThermalFrame
from edge.attempts import Attempt, Attempts, Sight
from edge.blackbody import References
from edge.config import GateConfig, Rules
from edge.decide.station import PersonValue, Station, Whose
from edge.events import Air, PassageDecided
from edge.measure.faces import Box
from edge.readiness import PASSING
from edge.watch import Scene, Sighted

Frame = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One sample and all that is known at its time."""

    sample: ThermalFrame | SpotReading
    air: Air
    scene: Scene
    reasons: tuple[Reason, ...]
    """What speaks against deciding now."""
    certificate: Certificate | None
    state: InstrumentState
    references: References | None

    @property
    def lasting(self) -> tuple[Reason, ...]:
        """Those that will not go away while a person waits."""
        return tuple(reason for reason in self.reasons if reason not in PASSING)

    @property
    def correcting(self) -> bool:
        """Whether a shutter correction has begun that the frames taken before have not yet felt."""
        return SampleFlag.SHUTTER in self.sample.flags


class Judge:
    """Turns what is seen of people into verdicts, one a passage."""

    def __init__(self, instrument: str, config: GateConfig, ids: Callable[[datetime], UUID]) -> None:
        self._instrument = instrument
        self._radiometry = config.radiometry
        self._station = Station(instrument, config)
        self._attempts = Attempts(ids)
        self._ids = ids
        self._leaving: list[Attempt] = []

    @property
    def hot_c(self) -> float:
        """Above this it is an object, not skin."""
        return self._station.hot_c

    def obey(self, rules: Rules) -> None:
        """Decide by these rules from now on."""
        self._station.obey(rules)

    def renew(self) -> None:
        """Start the frames of everybody without a verdict anew."""
        self._attempts.renew()

    def remeasure(self, passage: UUID) -> None:
        """Let the next verdict be another attempt of `passage`."""
        self._attempts.remeasure(passage)

    def attempt(self, number: int) -> Attempt:
        """Return what is known of the person whom the watch calls `number`."""
        return self._attempts.of(number)

    @property
    def settled(self) -> frozenset[int]:
        """The numbers of those in view who have had their verdict."""
        return self._attempts.settled

    def decide(self, moment: Moment, sighted: Sequence[Sighted], gone: Sequence[int]) -> list[PassageDecided]:
        """Take who is seen and who has gone; return the verdicts that fall now."""
        decided = []
        for seen in sighted:
            attempt = self._attempts.of(seen.number)
            if attempt.verdict is not None and _is_another(attempt, seen, moment):
                attempt = self._attempts.another(attempt)
            if attempt.verdict is None:
                _note(attempt, seen, moment)
                decided += self._while_standing(attempt, moment)
        self._leaving += [left for number in gone if (left := self._attempts.leave(number)) is not None]
        if Reason.SHUTTER not in moment.reasons:
            decided += [verdict for left in self._leaving for verdict in self._at_leaving(left, moment)]
            self._leaving = []
        return decided

    def _while_standing(self, attempt: Attempt, moment: Moment) -> list[PassageDecided]:
        if moment.lasting:
            return [self._refused(attempt, moment, moment.lasting)] if attempt.tried else []
        now = (attempt.enough and not moment.reasons) or (attempt.ready and moment.correcting)
        return [self._measured(attempt, moment)] if now else []

    def _at_leaving(self, attempt: Attempt, moment: Moment) -> list[PassageDecided]:
        if attempt.verdict is not None:
            return []
        if attempt.best() is not None and not moment.lasting:
            return [self._measured(attempt, moment)]
        return [self._refused(attempt, moment, moment.lasting or attempt.reasons())] if attempt.tried else []

    def _measured(self, attempt: Attempt, moment: Moment) -> PassageDecided:
        frames = attempt.best()
        middle = frames.result() if frames is not None else None
        if frames is None or middle is None or moment.certificate is None:
            return self._refused(attempt, moment, (Reason.INCOMPLETE,))
        best, references = frames.best(), moment.references
        last = max(best, key=lambda sight: sight.at)
        value = PersonValue(
            skin=middle.skin,
            air=moment.air,
            frames_used=len(best),
            spread_c=pstdev(sight.skin.skin_c for sight in best),
            reference_c=references.apparent_c if references else None,
            reference_u_c=references.u_c if references else 0.0,
            filter_u_c=references.filter_u_c if references else 0.0,
            offset_c=middle.offset_c,
            reflected_c=self._radiometry.reflected_c,
        )
        assumed = (Reason.REFERENCE_ASSUMED,) if references and references.assumed else ()
        at = moment.sample.at
        passage, number = self._attempts.name(attempt, at)
        measurement, verdict = self._station.measure(
            Whose(passage, number, last.at),
            self._ids(at),
            value,
            moment.certificate,
            qualifiers=(*attempt.worn(), *assumed),
            strict=moment.state is InstrumentState.SUSPECT,
        )
        return self._said(attempt, moment, measurement, verdict, last.crop_c)

    def _refused(self, attempt: Attempt, moment: Moment, reasons: Collection[Reason]) -> PassageDecided:
        at = moment.sample.at
        passage, number = self._attempts.name(attempt, at)
        measurement, verdict = self._station.refuse(Whose(passage, number, at), self._ids(at), reasons, moment.air)
        return self._said(attempt, moment, measurement, verdict, attempt.crop_c)

    def _said(
        self, attempt: Attempt, moment: Moment, measurement: Measurement, verdict: Verdict, crop_c: Frame | None
    ) -> PassageDecided:
        attempt.settle(verdict.kind, measurement.site, measurement.skin_c)
        return PassageDecided(
            passage=measurement.passage,
            instrument=self._instrument,
            track=attempt.number,
            measurement=measurement,
            verdict=verdict,
            decided_by_mono_ns=moment.sample.mono_ns,
            crop_c=crop_c,
        )


def _note(attempt: Attempt, seen: Sighted, moment: Moment) -> None:
    """Let what this sample shows of a person enter."""
    scene, crop_c = moment.scene, _crop(moment.scene.picture_c, seen.box)
    if seen.skin is not None:
        attempt.take(scene.t_s, Sight(moment.sample.at, seen.skin, scene.offset_c, crop_c), seen.covers)
    else:
        attempt.spoil(scene.t_s, seen.refused or Reason.INCOMPLETE, crop_c)


def _is_another(attempt: Attempt, seen: Sighted, moment: Moment) -> bool:
    """Say whether somebody else has taken the place of a person who has had a verdict."""
    if attempt.look is None or seen.skin is None:
        return False
    return attempt.look.denies(moment.scene.t_s, seen.skin.site, seen.skin.skin_c)


def _crop(picture_c: Frame, box: Box) -> Frame | None:
    """Return the person's box out of the picture, or None for instruments without one."""
    rows, columns = picture_c.shape
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    x1, y1 = min(columns, int(box[2]) + 1), min(rows, int(box[3]) + 1)
    if rows * columns == 1 or x1 <= x0 or y1 <= y0:
        return None
    crop_c = picture_c[y0:y1, x0:x1].copy()
    crop_c.flags.writeable = False
    return crop_c
