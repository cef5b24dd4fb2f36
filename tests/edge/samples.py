"""Samples, certificates and configurations for the tests of the lane; time in seconds from START."""

from datetime import UTC, datetime, timedelta

import numpy as np

from contract.calibration import Certificate, Conditions, Correction
from contract.ids import new_id
from drivers.samples import DecodeFault, FaultKind, SpotReading, ThermalFrame
from edge.config import Gate, GateConfig, Instrument
from edge.events import Air

START = datetime(2026, 1, 24, 8, 0, tzinfo=UTC)
AIR = Air(23.0, 0.5, 50.0)
SERIAL = "S1"


def at(t_s):
    return START + timedelta(seconds=t_s)


def mono_ns(t_s):
    return round(t_s * 1e9)


def frame(t_s, temps_c=None, **how):
    """Return a frame; a plain wall that differs from the last one, if none is given."""
    if temps_c is None:
        temps_c = np.full((120, 160), 23.0 + 0.001 * (t_s % 1), np.float32)
    temps_c.setflags(write=False)
    return ThermalFrame("one", int(t_s * 10), at(t_s), mono_ns(t_s), temps_c, **how)


def spot(t_s, object_c, **how):
    return SpotReading("one", int(t_s * 10), at(t_s), mono_ns(t_s), object_c, **how)


def fault(t_s):
    return DecodeFault(FaultKind.CHECKSUM, 12, at(t_s), mono_ns(t_s))


def certificate(**changes):
    values = {
        "id": new_id(START),
        "instrument": "one",
        "serial": SERIAL,
        "valid_from": START - timedelta(days=1),
        "valid_until": START + timedelta(days=100),
        "correction": Correction(a_c=0.0, b=0.0, u_a_c=0.06, u_b=0.005),
        "range_low_c": 28.0,
        "range_high_c": 43.0,
        "conditions": Conditions(ambient_c=23.0),
        "procedure": "test",
        "reference_standard": "test",
        "made_by": "test",
    }
    return Certificate(**(values | changes)).sealed()


def instrument(driver="lepton_y16", **settings):
    given = {"id": "one", "driver": driver, "link": "replay:///x", "serial": SERIAL, "warm_up_s": 0.0}
    return Instrument(**(given | settings))


def config(*instruments, **sections):
    gate = Gate(id="gate", name_zh="门", name_en="Gate", simulated=True)
    return GateConfig(gate=gate, instruments=instruments, **sections)
