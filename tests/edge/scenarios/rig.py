"""A gate on the bench: the real lane looks through a simulated camera at a simulated scene, and the verdicts come out.

Only the wire is left out: frames go from the camera to the lane as samples. Frames in which nobody is in view are
taken once a second, so a morning costs seconds.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contract.calibration import Certificate, Conditions, Correction
from contract.ids import new_id
from drivers.devices.lepton_y16 import SPEC
from drivers.samples import SampleFlag, ThermalFrame
from edge.config import Gate, GateConfig, Instrument, ReferenceView, Rules
from edge.events import Air, PassageDecided, Picture
from edge.lane import Lane
from edge.measure.body import DEFAULT, Coefficients
from simulators.ambient import Climate
from simulators.camera import Camera
from simulators.geometry import LEPTON_35, Geometry
from simulators.plate import Plate
from simulators.scene import Place, Scene
from simulators.sensor_faults import SensorFaults

START = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)
MARK_M = 0.55
"""A Lepton's pixel is 3.7 mm there: the face maximum is measured."""
IDLE_S = 1.0
FIRST_S = 24.0
"""The first shutter correction is at 20 s."""
GAP_S = 7.0
ON_FOR_S = 7200.0


def certificate(correction=None, **changes):
    """Return a certificate that says the camera is right, or whatever is asked."""
    values = {
        "id": UUID(int=7),
        "instrument": "lane-1",
        "serial": "",
        "valid_from": START - timedelta(days=10),
        "valid_until": START + timedelta(days=170),
        "correction": correction or Correction(a_c=0.0, b=0.0, u_a_c=0.06, u_b=0.005),
        "range_low_c": 28.0,
        "range_high_c": 43.0,
        "conditions": Conditions(ambient_c=23.0),
        "procedure": "bench",
        "reference_standard": "bench",
        "made_by": "bench",
        "simulated": True,
    }
    return Certificate(**(values | changes)).sealed()


def geometry_spec(geometry):
    """Return the driver's description of such a camera."""
    return replace(
        SPEC,
        shape=(geometry.rows, geometry.cols),
        hfov_deg=geometry.hfov_deg,
        netd_c=geometry.netd_c,
        rate_hz=geometry.fps,
    )


@dataclass
class Rig:
    """One scene before one lane."""

    scene: Scene
    geometry: Geometry = LEPTON_35
    faults: tuple[str, ...] = ()
    rules: Rules = field(default_factory=Rules)
    sites: Coefficients = DEFAULT
    certificate: Certificate | None = field(default_factory=certificate)
    reference: bool = True
    on_for_s: float = ON_FOR_S
    air_error_c: float = 0.0
    fps: float = 7.0
    """Frames a second that the lane gets: fewer than the camera makes, to save time."""

    def __post_init__(self):
        plan = SensorFaults.parse(self.faults)
        self.camera = Camera(self.scene, self.geometry, seed=3, faults=plan, on_for_s=self.on_for_s)
        view = ReferenceView(set_c=36.0, emissivity=0.97, region=self.camera.lens.plate_region())
        second = self.camera.lens.second_plate_region()
        instrument = Instrument(
            id="lane-1",
            driver="lepton_y16",
            link="replay:///bench",
            distance_m=self.scene.place.mark_m,
            reference=view if self.reference and self.scene.plate else None,
            second_reference=view.model_copy(update={"region": second}) if second else None,
        )
        config = GateConfig(
            gate=Gate(id="bench", name_zh="台架", name_en="Bench", simulated=True),
            instruments=(instrument,),
            rules=self.rules,
            sites=self.sites,
        )
        self.lane = Lane(instrument, geometry_spec(self.geometry), config, self.certificate, new_id)
        self.pictures, self.decided, self._seq = [], [], 0
        self._t_s = 21.0 if self.scene.passages(0, 21) == () else 0.0

    def play(self, until_s):
        """Let time pass; return the verdicts that fell, oldest first."""
        before = len(self.decided)
        while self._t_s < until_s:
            busy = bool(self.scene.visible(self._t_s)) or bool(self.scene.visible(self._t_s - 1.5))
            self.frame(self._t_s)
            self._t_s += 1 / self.fps if busy or self._t_s < 2 else IDLE_S
        return self.decided[before:]

    def jump(self, t_s):
        """Let time pass unseen: the camera is looked at again from `t_s` on."""
        self._t_s = t_s

    def frame(self, t_s, temps_c=None):
        """Show the lane one frame of a moment, or another picture in its place."""
        shutter, since_s = self.camera.shutter(t_s)
        picture = self.camera.frame(t_s) if temps_c is None else temps_c
        picture.setflags(write=False)
        sample = ThermalFrame(
            instrument="lane-1",
            seq=self._seq,
            at=START + timedelta(seconds=t_s),
            mono_ns=round(t_s * 1e9),
            temps_c=picture,
            sensor_c=self.camera.sensor_c(t_s),
            flags=SampleFlag.SHUTTER if shutter else SampleFlag.NONE,
            since_shutter_s=0.0 if shutter else since_s,
            uptime_s=t_s + self.on_for_s,
        )
        self._seq += 1
        events = self.lane.feed(sample, self.air(t_s))
        self.decided += [event for event in events if isinstance(event, PassageDecided)]
        self.pictures += [event for event in events if isinstance(event, Picture)]
        return events

    def air(self, t_s):
        """Return what the gate's ambient sensor says."""
        air = self.scene.air
        return Air(air.ambient_c(t_s) + self.air_error_c, 0.5, air.humidity_pct(t_s), air.outdoor_c(t_s))


STEADY = Climate(hall_c=23.0, outdoor_mean_c=23.0, outdoor_amplitude_c=0.0, coupling=0.0, weather=0.0)
COLD_OUT = replace(STEADY, hall_c=20.5, outdoor_mean_c=-3.0)


def stage(entries, *, climate=STEADY, mark_m=MARK_M, plate=True, second_plate=None, first_s=FIRST_S, gap_s=GAP_S):
    """Return a scene of named people before a plate, one every `gap_s` seconds and away from the shutter's times."""
    entries = [replace(entry, at_s=first_s + gap_s * i) for i, entry in enumerate(entries)]
    place = Place(mark_m=mark_m, climate=climate)
    first = Plate.beside(mark_m) if plate else None
    return Scene.script(entries, place=place, plate=first, second_plate=second_plate)


def opposite_plate(mark_m=MARK_M):
    """Return a second plate, on the other side of the head."""
    first = Plate.beside(mark_m, seed=1)
    first.x_mm = -first.x_mm
    return first


def kinds(decided):
    """Return the verdicts in order."""
    return [event.verdict.kind for event in decided]


def reasons(decided):
    """Return all reasons given."""
    return {reason for event in decided for reason in event.verdict.reasons}
