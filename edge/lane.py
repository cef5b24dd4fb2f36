"""One screening instrument with everything that turns its samples into verdicts.

Pure in its arguments: samples and surroundings go in, pictures and verdicts come out. The steps follow `science.md`
2.6: chain (device, certificate, window, air) -> reference -> emissivity -> spot -> frame value -> person -> body ->
baseline -> decision. Each is a module of its own; here they only meet. Used by one thread.
"""

import time
from collections.abc import Callable, Collection
from datetime import datetime
from statistics import pstdev
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from contract.calibration import Certificate
from contract.messages import Measurement, Verdict
from contract.vocabulary import InstrumentState, Reason
from drivers.codec import DriverSpec
from drivers.samples import DecodeFault, ReferenceReading, SpotReading, ThermalFrame
from edge.attempts import Attempt, Attempts, Sight
from edge.blackbody import Blackbody
from edge.config import GateConfig, Instrument, Rules
from edge.decide.station import PersonValue, Station, Whose
from edge.events import Air, FaceSeen, LaneEvent, PassageDecided, Picture, ReferenceSeen, ReferenceState
from edge.measure.chain import NO_AIR_C, Chains
from edge.measure.faces import Box
from edge.measure.skin import Surface
from edge.measure.view import View, view
from edge.readiness import DRIFT_OVER_S, PASSING, Readiness
from edge.watch import FaceWatch, MarkWatch, PointWatch, Scene, Sighted

NO_REFERENCE: Final = ReferenceSeen(ReferenceState.ABSENT, None, None, None)
NETD_C: Final = 0.1
"""Noise of a camera whose driver tells none."""

Frame = NDArray[np.float32]
Sample = ThermalFrame | SpotReading


class Lane:
    """One screening instrument."""

    def __init__(
        self,
        instrument: Instrument,
        spec: DriverSpec,
        config: GateConfig,
        certificate: Certificate | None,
        ids: Callable[[datetime], UUID],
    ) -> None:
        self._instrument = instrument
        self._spec = spec
        self._radiometry = config.radiometry
        self._certificate = certificate
        self._state = InstrumentState.IN_SERVICE
        self._ids = ids
        self._chains = Chains(config.radiometry, instrument.distance_m)
        self._readiness = Readiness(instrument, spec, config.surroundings)
        self._station = Station(instrument.id, config)
        self._attempts = Attempts(ids)
        self._view: View | None = None
        self._watch: FaceWatch | MarkWatch | PointWatch = PointWatch()
        self._blackbody: Blackbody | None = None
        self._told: ReferenceReading | None = None
        self._costs: list[tuple[str, int]] = []
        self._clock_ns = 0

    # -- orders ------------------------------------------------------------------------------------------------------

    def obey(self, rules: Rules) -> None:
        """Decide by these rules from now on."""
        self._station.obey(rules)

    def certify(self, certificate: Certificate | None) -> None:
        """Correct by this certificate from now on; frames made with the one before count for nobody."""
        self._certificate = certificate
        self._attempts.renew()
        if self._blackbody is not None:
            self._blackbody.forget()

    def state(self, instrument_state: InstrumentState) -> None:
        """Obey the instrument's lifecycle: only some states measure, and a suspect instrument is strict."""
        self._state = instrument_state
        self._attempts.renew()

    def reference_reading(self, reading: ReferenceReading) -> None:
        """Take what the blackbody in view says of itself."""
        self._told = reading
        if self._blackbody is not None:
            self._blackbody.told(reading)

    def remeasure(self, passage: UUID) -> None:
        """Let the next verdict be another attempt of `passage`."""
        self._attempts.remeasure(passage)

    # -- samples -----------------------------------------------------------------------------------------------------

    def feed(self, sample: Sample | DecodeFault, air: Air) -> list[LaneEvent]:
        """Take a sample in the surroundings of its moment; return the verdicts that fall now, then the picture.

        Raises GeometryMissing if neither driver nor configuration tells the camera's field of view.
        """
        if isinstance(sample, DecodeFault):
            self._readiness.fault(sample)
            return []
        self._costs, self._clock_ns = [], time.perf_counter_ns()
        t_s = sample.mono_ns / 1e9
        self._readiness.note(sample, t_s)
        scene, reference, reasons = self._see(sample, air, t_s)
        self._spent("reference")
        sighted, gone = self._watch.measure(scene)
        self._spent("sites")
        decided = self._judge(sample, air, scene, (sighted, gone), reasons)
        self._spent("decision")
        scene.picture_c.flags.writeable = False
        faces = tuple(self._face(seen) for seen in sighted)
        picture = Picture(
            instrument=self._instrument.id,
            seq=sample.seq,
            at=sample.at,
            mono_ns=sample.mono_ns,
            temps_c=scene.picture_c,
            faces=faces,
            reference=reference,
            screening=not reasons,
            reasons=reasons,
            costs_us=tuple(self._costs),
        )
        return [*decided, picture]

    def _see(self, sample: Sample, air: Air, t_s: float) -> tuple[Scene, ReferenceSeen, tuple[Reason, ...]]:
        """Take the steps that a whole sample shares."""
        correction = self._certificate.correction if self._certificate else None
        chain = self._chains.of(sample, air, correction)
        ambient_c = NO_AIR_C if air.ambient_c is None else air.ambient_c
        reflected_c = ambient_c if self._radiometry.reflected_c is None else self._radiometry.reflected_c
        raw_c = self._upright(sample)
        target_c = chain.frame(raw_c)
        self._spent("radiometry")
        people = self._watch.look(target_c, t_s)
        self._spent("faces")
        reasons = self._readiness.reasons(sample, t_s, air, self._certificate, self._state)
        reference = NO_REFERENCE
        if self._blackbody is not None:
            shutter = self._readiness.shutter
            reference, doubt = self._blackbody.see(target_c, sample.at, t_s, reflected_c, people, shutter=shutter)
            reasons += [doubt] if doubt else []
        drift_c_per_h = self._blackbody.drift_c_per_h(DRIFT_OVER_S) if self._blackbody else None
        if not self._readiness.warm(sample, t_s, drift_c_per_h):
            reasons.append(Reason.WARM_UP)
        if reference.offset_c is not None:
            target_c -= np.float32(reference.offset_c)
        scene = Scene(
            t_s=t_s,
            raw_c=raw_c,
            picture_c=target_c,
            chain=chain,
            offset_c=reference.offset_c,
            surface=Surface(
                emissivity=self._radiometry.emissivity,
                reflected_c=reflected_c,
                ambient_c=ambient_c,
                mm_per_px=self._view.mm_per_px if self._view else None,
            ),
            hot_c=self._station.hot_c,
            blocked=reasons[0] if reasons else None,
        )
        return scene, reference, tuple(reasons)

    def _upright(self, sample: Sample) -> Frame:
        if isinstance(sample, SpotReading):
            return np.full((1, 1), sample.object_c, np.float32)
        if self._view is None:
            rows, columns = sample.temps_c.shape
            self._place_camera((rows, columns))
        assert self._view is not None  # noqa: S101  # for the type checker
        return self._view.upright(sample.temps_c)

    def _place_camera(self, shape: tuple[int, int]) -> None:
        """Take the geometry of the first frame."""
        placed = self._view = view(self._instrument, self._spec, shape)
        self._watch = (
            FaceWatch(placed, self._instrument.site) if placed.finds_faces else MarkWatch(placed, self._instrument)
        )
        if self._instrument.reference is not None:
            netd_c = self._spec.netd_c or NETD_C
            self._blackbody = Blackbody(self._instrument.reference, netd_c, (placed.rows, placed.columns))
            if self._told is not None:
                self._blackbody.told(self._told)

    # -- people ------------------------------------------------------------------------------------------------------

    def _judge(
        self,
        sample: Sample,
        air: Air,
        scene: Scene,
        people: tuple[list[Sighted], list[int]],
        reasons: tuple[Reason, ...],
    ) -> list[PassageDecided]:
        decided = []
        lasting = tuple(reason for reason in reasons if reason not in PASSING)
        for seen in people[0]:
            attempt = self._attempts.of(seen.number)
            if attempt.verdict is not None:
                continue
            crop_c = _crop(scene.picture_c, seen.box)
            if seen.skin is not None:
                attempt.take(scene.t_s, Sight(sample.at, seen.skin, scene.offset_c, crop_c), seen.covers)
            else:
                attempt.spoil(scene.t_s, seen.refused or Reason.INCOMPLETE, crop_c)
            if attempt.enough and not lasting:
                decided.append(self._measured(attempt, sample, air))
            elif lasting and attempt.tried:
                decided.append(self._refused(attempt, sample, air, lasting))
        for number in people[1]:
            left = self._attempts.leave(number)
            if left is None or left.verdict is not None:
                continue
            if left.best() is not None and not lasting:
                decided.append(self._measured(left, sample, air))
            elif left.tried:
                decided.append(self._refused(left, sample, air, lasting or left.reasons()))
        return decided

    def _measured(self, attempt: Attempt, sample: Sample, air: Air) -> PassageDecided:
        frames = attempt.best()
        middle = frames.result() if frames is not None else None
        if frames is None or middle is None or self._certificate is None:
            return self._refused(attempt, sample, air, (Reason.INCOMPLETE,))
        best = frames.best()
        last = max(best, key=lambda sight: sight.at)
        body = self._blackbody
        value = PersonValue(
            skin=middle.skin,
            air=air,
            frames_used=len(best),
            spread_c=pstdev(sight.skin.skin_c for sight in best),
            reference_c=body.apparent_c if body else None,
            reference_u_c=body.u_c if body else 0.0,
            filter_u_c=body.filter_u_c if body else 0.0,
            offset_c=middle.offset_c,
            reflected_c=self._radiometry.reflected_c,
        )
        qualifiers = (*attempt.worn(), *((Reason.REFERENCE_ASSUMED,) if body and body.assumed else ()))
        passage, number = self._attempts.name(attempt, sample.at)
        measurement, verdict = self._station.measure(
            Whose(passage, number, last.at),
            self._ids(sample.at),
            value,
            self._certificate,
            qualifiers=qualifiers,
            strict=self._state is InstrumentState.SUSPECT,
        )
        return self._decide(attempt, sample, measurement, verdict, last.crop_c)

    def _refused(self, attempt: Attempt, sample: Sample, air: Air, reasons: Collection[Reason]) -> PassageDecided:
        passage, number = self._attempts.name(attempt, sample.at)
        whose = Whose(passage, number, sample.at)
        measurement, verdict = self._station.refuse(whose, self._ids(sample.at), reasons, air)
        return self._decide(attempt, sample, measurement, verdict, attempt.crop_c)

    def _decide(
        self, attempt: Attempt, sample: Sample, measurement: Measurement, verdict: Verdict, crop_c: Frame | None
    ) -> PassageDecided:
        attempt.verdict = verdict.kind
        return PassageDecided(
            passage=measurement.passage,
            instrument=self._instrument.id,
            track=attempt.number,
            measurement=measurement,
            verdict=verdict,
            decided_by_mono_ns=sample.mono_ns,
            crop_c=crop_c,
        )

    def _face(self, seen: Sighted) -> FaceSeen:
        attempt = self._attempts.of(seen.number)
        return FaceSeen(
            track=seen.number,
            box=seen.box,
            score=seen.score,
            skin_c=seen.skin.skin_c if seen.skin else None,
            site=seen.skin.site if seen.skin else None,
            refused=seen.refused,
            frames_valid=attempt.valid,
            spot=seen.skin.spot if seen.skin else None,
            landmarks=seen.landmarks,
            verdict=attempt.verdict,
        )

    def _spent(self, step: str) -> None:
        now_ns = time.perf_counter_ns()
        self._costs.append((step, (now_ns - self._clock_ns) // 1000))
        self._clock_ns = now_ns


def _crop(picture_c: Frame, box: Box) -> Frame | None:
    """Return the person's box out of the picture, or None for instruments without one."""
    rows, columns = picture_c.shape
    if rows * columns == 1:
        return None
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    x1, y1 = min(columns, int(box[2]) + 1), min(rows, int(box[3]) + 1)
    crop_c = picture_c[y0:y1, x0:x1].copy()
    crop_c.flags.writeable = False
    return crop_c if crop_c.size else None
