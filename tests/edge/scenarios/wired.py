"""A gate on the bench with its wire: a simulated device, its driver's decoder and the real lane, in virtual time."""

from dataclasses import dataclass, field
from datetime import timedelta

from contract.clock import Instant
from contract.ids import new_id
from drivers.registry import spec
from drivers.samples import DecodeFault, SpotReading, ThermalFrame
from edge.config import Gate, GateConfig, Instrument, ReferenceView
from edge.events import Air, PassageDecided
from edge.lane import Lane
from simulators.catalogue import Unit, model
from simulators.device import SimulatedDevice
from simulators.scene import Scene
from tests.edge.scenarios.rig import ON_FOR_S, START, certificate

IDLE_S = 1.0
BEFORE_S = 3.2
"""So long before somebody stands at the mark the frames come at their own rate: a gap may be taken for a shutter."""


@dataclass
class Wired:
    """One scene, one device, one lane. `device` None: the catalogue's own."""

    scene: Scene
    driver: str
    device: SimulatedDevice | None = None
    hfov_deg: float | None = None
    region: tuple[int, int, int] | None = None
    """Of the reference in view; None: there is none."""
    every_s: float = 0.16
    """Frames that come closer together are not looked at, to save time."""
    decided: list[PassageDecided] = field(default_factory=list)

    def __post_init__(self):
        self.spec = spec(self.driver)
        self.device = self.device or model(self.driver).build(self.scene, Unit(seed=3, on_for_s=ON_FOR_S))
        self.decoder = self.spec.decoder("lane-1")
        instrument = Instrument(
            id="lane-1",
            driver=self.driver,
            link="replay:///bench",
            distance_m=self.scene.place.mark_m,
            hfov_deg=self.hfov_deg,
            reference=ReferenceView(set_c=36.0, emissivity=0.97, region=self.region) if self.region else None,
            warm_up_s=0,
        )
        gate = Gate(id="bench", name_zh="台架", name_en="Bench", simulated=True)
        config = GateConfig(gate=gate, instruments=(instrument,))
        self.lane = Lane(instrument, self.spec, config, certificate(), new_id)
        self._t_s = self._polled_s = 0.0
        self._take(self.device.power_up(0.0))
        for command in self.spec.start:
            self._take(self.device.hear(command, 0.0))

    def play(self, until_s):
        """Let time pass; return the verdicts that fell, oldest first."""
        before = len(self.decided)
        while self._t_s < until_s:
            self._take(self.device.speak(self._t_s)[0])
            if self.spec.poll_interval_s and self._t_s - self._polled_s >= self.spec.poll_interval_s:
                self._polled_s = self._t_s
                self._take(self.device.hear(self.decoder.poll(), self._t_s))
            near = self.scene.passages(self._t_s - 1.5, self._t_s + BEFORE_S)
            self._t_s += self.every_s if near or self._t_s < 2 else IDLE_S
        return self.decided[before:]

    def _take(self, data):
        at = Instant(START + timedelta(seconds=self._t_s), round(self._t_s * 1e9))
        for event in self.decoder.feed(data, at):
            if isinstance(event, ThermalFrame | SpotReading | DecodeFault):
                told = self.lane.feed(event, self._air())
                self.decided += [one for one in told if isinstance(one, PassageDecided)]

    def _air(self):
        air = self.scene.air
        return Air(air.ambient_c(self._t_s), 0.5, air.humidity_pct(self._t_s), air.outdoor_c(self._t_s))
