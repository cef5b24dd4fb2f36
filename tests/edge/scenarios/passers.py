"""Passers by the hundred before the real station: what the lane does once it has a person's skin temperature."""

from datetime import timedelta

from contract.ids import new_id
from contract.vocabulary import Site
from edge.config import Gate, GateConfig, Instrument
from edge.decide.station import PersonValue, Station, Whose
from edge.events import Air
from edge.measure.body import SITES
from edge.measure.skin import Skin
from tests.edge.scenarios.rig import START, certificate

AIR = Air(23.0, 0.5, 50.0, 20.0)


class Passers:
    """One station that starts in the morning."""

    def __init__(self, site=Site.CANTHUS):
        instrument = Instrument(id="lane-1", driver="lepton_y16", link="replay:///bench")
        gate = Gate(id="bench", name_zh="台架", name_en="Bench", simulated=True)
        self.station = Station("lane-1", GateConfig(gate=gate, instruments=(instrument,)))
        self.baseline_c = 0.0
        self._site = site
        self._at = START
        self._certificate = certificate()

    def go(self, bodies_c, every_s):
        """Let people of these body temperatures pass one after the other; return the verdicts."""
        return [self._one(float(body_c), every_s) for body_c in bodies_c]

    def _one(self, body_c, every_s):
        self._at += timedelta(seconds=every_s)
        k = SITES[self._site].k
        skin_c = (body_c + k * AIR.ambient_c) / (1 + k)
        value = PersonValue(
            skin=Skin(self._site, skin_c, skin_c, (), 0.0),
            air=AIR,
            frames_used=5,
            spread_c=0.1,
            reference_c=36.0,
            reference_u_c=0.1,
            filter_u_c=0.02,
            offset_c=0.0,
            reflected_c=None,
        )
        whose = Whose(new_id(self._at), 1, self._at)
        measurement, verdict = self.station.measure(whose, new_id(self._at), value, self._certificate)
        self.baseline_c = measurement.baseline_c
        return verdict
