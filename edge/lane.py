"""One screening instrument with everything that turns its samples into verdicts.

Pure in its arguments: samples and surroundings go in, pictures and verdicts come out. The steps follow `science.md`
2.6: chain (device, certificate, window, air) -> reference -> emissivity -> spot -> frame value -> person -> body ->
baseline -> decision. Each is a module of its own; here they only meet. Used by one thread.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
import structlog
from numpy.typing import NDArray

from contract.calibration import Certificate
from contract.vocabulary import InstrumentState, Reason
from drivers.codec import DriverSpec
from drivers.samples import DecodeFault, ReferenceReading, SpotReading, ThermalFrame
from edge.blackbody import References
from edge.config import GateConfig, Instrument, Rules
from edge.events import Air, FaceSeen, LaneEvent, PassageDecided, Picture, ReferenceSeen, ReferenceState
from edge.judge import Judge, Moment
from edge.measure.chain import NO_AIR_C, Chains
from edge.measure.skin import Surface
from edge.measure.view import View, view
from edge.readiness import DRIFT_OVER_S, Readiness
from edge.vitals import Vitals
from edge.watch import FaceWatch, MarkWatch, PointWatch, Scene, Sighted

NO_REFERENCE: Final = (ReferenceSeen(ReferenceState.ABSENT, None, None, None),)
NETD_C: Final = 0.1
"""Noise of a camera whose driver tells none."""

log = structlog.get_logger()

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
        self._canthus_weight = config.sites.combined.canthus_weight
        self._certificate = certificate
        self._state = InstrumentState.IN_SERVICE
        self._held: Reason | None = None
        self._chains = Chains(config.radiometry, instrument.distance_m)
        self._readiness = Readiness(instrument, spec, config.surroundings)
        self._judge = Judge(instrument.id, config, ids)
        self._view: View | None = None
        self._watch: FaceWatch | MarkWatch | PointWatch = PointWatch()
        self._references: References | None = None
        self._told: dict[str, ReferenceReading] = {}
        self._vitals = Vitals(spec.netd_c or NETD_C)
        self._costs: list[tuple[str, int]] = []
        self._clock_ns = 0

    # -- orders ------------------------------------------------------------------------------------------------------

    def obey(self, rules: Rules) -> None:
        """Decide by these rules from now on."""
        self._judge.obey(rules)

    def certify(self, certificate: Certificate | None) -> None:
        """Correct by this certificate from now on; frames made with the one before count for nobody."""
        self._certificate = certificate
        self._judge.renew()
        if self._references is not None:
            self._references.forget()

    def state(self, instrument_state: InstrumentState) -> None:
        """Obey the instrument's lifecycle: only some states measure, and a suspect instrument is strict."""
        self._state = instrument_state
        self._judge.renew()

    def hold(self, reason: Reason | None) -> None:
        """Decide nothing for a reason that lies outside the samples, or go on again (None)."""
        self._held = reason
        self._judge.renew()

    def reference_reading(self, reading: ReferenceReading) -> None:
        """Take what a blackbody in view says of itself."""
        self._told[reading.instrument] = reading
        if self._references is not None:
            self._references.told(reading)

    def remeasure(self, passage: UUID) -> None:
        """Let the next verdict be another attempt of `passage`."""
        self._judge.remeasure(passage)

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
        scene, references, reasons = self._see(sample, air, t_s)
        self._spent("reference")
        sighted, gone = self._watch.measure(scene)
        self._spent("sites")
        moment = Moment(sample, air, scene, reasons, self._certificate, self._state, self._references)
        decided = self._judge.decide(moment, sighted, gone)
        self._examine(sample, t_s, scene.offset_c, decided, sighted)
        self._watch.settle(self._judge.settled)
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
            reference=references[0],
            second_reference=references[1] if len(references) > 1 else None,
            screening=not reasons,
            reasons=reasons,
            health=self._vitals.flags,
            costs_us=tuple(self._costs),
        )
        return [*decided, picture]

    def _examine(
        self,
        sample: Sample,
        t_s: float,
        offset_c: float | None,
        decided: Sequence[PassageDecided],
        sighted: Sequence[Sighted],
    ) -> None:
        """Let the sample tell of the instrument's own health."""
        picture = isinstance(sample, ThermalFrame)
        if isinstance(sample, ThermalFrame):
            self._vitals.see(sample, t_s, offset_c, shutter=self._readiness.shutter)
        boxes = {seen.number: seen.box for seen in sighted}
        for one in decided:
            said = one.measurement
            lost = Reason.BASELINE_OUT_OF_MODEL in said.flags
            self._vitals.person(None if picture else said.indicated_c, out_of_model=lost)
            if said.body_c is not None and self._view is not None and one.track in boxes:
                left, _, right, _ = boxes[one.track]
                self._vitals.place((left + right) / 2 / self._view.columns - 0.5, said.body_c)

    def _see(self, sample: Sample, air: Air, t_s: float) -> tuple[Scene, tuple[ReferenceSeen, ...], tuple[Reason, ...]]:
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
        if self._held is not None:
            reasons.insert(0, self._held)
        references: tuple[ReferenceSeen, ...] = NO_REFERENCE
        if self._references is not None:
            shutter = self._readiness.shutter
            references, doubt = self._references.see(target_c, sample.at, t_s, reflected_c, people, shutter=shutter)
            reasons += [doubt] if doubt else []
        offset_c = references[0].offset_c
        drift_c_per_h = self._references.drift_c_per_h(DRIFT_OVER_S) if self._references else None
        if not self._readiness.warm(sample, t_s, drift_c_per_h):
            reasons.append(Reason.WARM_UP)
        if offset_c is not None:
            target_c -= np.float32(offset_c)
        scene = Scene(
            t_s=t_s,
            raw_c=raw_c,
            picture_c=target_c,
            chain=chain,
            offset_c=offset_c,
            surface=Surface(
                emissivity=self._radiometry.emissivity,
                reflected_c=reflected_c,
                ambient_c=ambient_c,
                mm_per_px=self._view.mm_per_px if self._view else None,
                canthus_weight=self._canthus_weight,
            ),
            hot_c=self._judge.hot_c,
            blocked=reasons[0] if reasons else None,
        )
        return scene, references, tuple(reasons)

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
        if views := self._instrument.references:
            self._references = References(views, self._spec.netd_c or NETD_C, (placed.rows, placed.columns))
            for region in self._references.outside:
                log.error(
                    "reference region outside the picture: correct instruments.reference.region",
                    instrument=self._instrument.id,
                    region=region,
                    columns=placed.columns,
                    rows=placed.rows,
                )
            for reading in self._told.values():
                self._references.told(reading)

    def _face(self, seen: Sighted) -> FaceSeen:
        attempt = self._judge.attempt(seen.number)
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
