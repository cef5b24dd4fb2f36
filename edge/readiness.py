"""May this instrument decide anything now? Fail closed: each doubt has its reason, and a reason stops the verdicts.

Two kinds of reasons. Lasting ones (no certificate, instrument out, reference lost …) will not go away while a person
waits: whoever stands there gets NO_RESULT at once. Passing ones (shutter, reference hidden, a repeated frame) are over
in seconds, and the person is simply measured a moment later.
"""

from collections import deque
from typing import Final

import numpy as np

from contract.calibration import Certificate, refusal
from contract.vocabulary import InstrumentState, Reason
from drivers.codec import DriverSpec
from drivers.samples import Applied, DecodeFault, Mode, SampleFlag, SpotReading, ThermalFrame
from edge.config import Instrument, Surroundings
from edge.events import Air

SHUTTER_HOLD_S: Final = 2.0
"""After a shutter correction nothing is decided for this long (`science.md` 2.6)."""
SILENT_SHUTTER_S: Final = 0.7
"""A gap this long in the frames of a camera that says nothing of its shutter is taken for one."""
STUCK_FRAMES: Final = 3
FAULTS: Final = 3
FAULTS_OVER_S: Final = 3.0
"""So many broken frames within so many seconds, and the line is not to be trusted."""
SCENE_TOO_HOT_C: Final = 45.0
"""A picture whose middle is hotter than this is the sun on the sensor, not a gate."""
GLARE_C: Final = 100.0
GLARE_SHARE: Final = 0.02
"""More of the picture hotter than any cup or lamp is the sun on the lens."""
DRIFT_OVER_S: Final = 300.0
WARM_C_PER_H: Final = 0.3
"""A camera whose offset moves less than this is warm, however short it has been on (`science.md` 2.6)."""

PASSING: Final = frozenset({Reason.SHUTTER, Reason.REFERENCE_HOLD, Reason.STALE_FRAME})

MEASURING: Final = frozenset({InstrumentState.IN_SERVICE, InstrumentState.WATCH, InstrumentState.SUSPECT})

_OF_FLAG: Final = (
    (SampleFlag.NOT_RADIOMETRIC, Reason.OPAQUE_OUTPUT),
    (SampleFlag.EMISSIVITY_UNKNOWN, Reason.OPAQUE_OUTPUT),
    (SampleFlag.ERROR, Reason.INSTRUMENT_OUT),
    (SampleFlag.OVERHEATED, Reason.SENSOR_HEATED),
)


class Readiness:
    """What speaks against deciding with one instrument."""

    def __init__(self, instrument: Instrument, spec: DriverSpec, surroundings: Surroundings) -> None:
        self._instrument = instrument
        self._spec = spec
        self._surroundings = surroundings
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._shutter_s: float | None = None
        self._since_shutter_s: float | None = None
        self._same = 0
        self._before: ThermalFrame | None = None
        self._faults: deque[float] = deque(maxlen=FAULTS)
        self.shutter = False
        """Whether a shutter correction lies between the last two frames."""

    def fault(self, fault: DecodeFault) -> None:
        """Take note that bytes could not be read."""
        self._faults.append(fault.mono_ns / 1e9)

    def note(self, sample: ThermalFrame | SpotReading, t_s: float) -> None:
        """Take note of a sample before it is asked about."""
        self._first_s = t_s if self._first_s is None else self._first_s
        if isinstance(sample, ThermalFrame):
            self._note_shutter(sample, t_s)
            before, self._before = self._before, sample
            same = before is not None and np.array_equal(sample.temps_c, before.temps_c, equal_nan=True)
            self._same = self._same + 1 if same or SampleFlag.REPEATED in sample.flags else 1
        self._last_s = t_s

    def reasons(
        self,
        sample: ThermalFrame | SpotReading,
        t_s: float,
        air: Air,
        certificate: Certificate | None,
        state: InstrumentState,
    ) -> list[Reason]:
        """Return what speaks against deciding on this sample, the reference aside."""
        instrument = self._instrument
        found = [Reason.INSTRUMENT_OUT] if state not in MEASURING else []
        doubt = refusal(certificate, instrument.id, instrument.serial, sample.at)
        found += [doubt] if doubt else []
        found += [reason for flag, reason in _OF_FLAG if flag in sample.flags]
        opaque = isinstance(sample, SpotReading) and sample.mode is Mode.BODY
        if not self._spec.screens or opaque or Applied.BODY in sample.applied:
            found.append(Reason.OPAQUE_OUTPUT)
        if isinstance(sample, ThermalFrame):
            found += self._of_picture(sample, t_s)
        if len(self._faults) == FAULTS and t_s - self._faults[0] <= FAULTS_OVER_S:
            found.append(Reason.DECODE_FAULTS)
        found += self._of_air(air)
        return list(dict.fromkeys(found))

    def warm(self, sample: ThermalFrame | SpotReading, t_s: float, drift_c_per_h: float | None) -> bool:
        """Say whether the instrument has been on for long enough, or is so steady that it must have been."""
        on_s = t_s - (self._first_s if self._first_s is not None else t_s)
        if isinstance(sample, ThermalFrame) and sample.uptime_s is not None:
            on_s = sample.uptime_s
        if on_s >= self._instrument.warm_up_s:
            return True
        return drift_c_per_h is not None and abs(drift_c_per_h) < WARM_C_PER_H

    def _of_picture(self, frame: ThermalFrame, t_s: float) -> list[Reason]:
        found = []
        if SampleFlag.SHUTTER in frame.flags or (
            self._shutter_s is not None and t_s - self._shutter_s < SHUTTER_HOLD_S
        ):
            found.append(Reason.SHUTTER)
        if self._same >= STUCK_FRAMES:
            found.append(Reason.STALE_FRAME)
        sample_c = frame.temps_c[::4, ::4]
        if float(np.median(sample_c)) > SCENE_TOO_HOT_C or np.mean(sample_c > GLARE_C) > GLARE_SHARE:
            found.append(Reason.SENSOR_HEATED)
        return found

    def _of_air(self, air: Air) -> list[Reason]:
        if air.ambient_c is None or not np.isfinite(air.ambient_c):
            return [Reason.AMBIENT_MISSING]
        low_c, high_c = self._surroundings.hard_low_c, self._surroundings.hard_high_c
        return [] if low_c <= air.ambient_c <= high_c else [Reason.ENVIRONMENT_OUT_OF_RANGE]

    def _note_shutter(self, frame: ThermalFrame, t_s: float) -> None:
        told_s, before_s = frame.since_shutter_s, self._since_shutter_s
        gap_s = 0.0 if self._last_s is None else t_s - self._last_s
        if told_s is not None:
            self.shutter = before_s is not None and told_s < before_s
            self._shutter_s = t_s - told_s
        else:
            usual_s = 1 / self._spec.rate_hz if self._spec.rate_hz else 0.0
            self.shutter = gap_s >= max(SILENT_SHUTTER_S, 3 * usual_s) or SampleFlag.SHUTTER in frame.flags
            self._shutter_s = t_s if self.shutter else self._shutter_s
        self._since_shutter_s = told_s
