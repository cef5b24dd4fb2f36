"""What every device with a line rate has in common: it is as slow as its line, and garbage at any other rate."""

import pytest

from drivers.registry import spec
from drivers.samples import DecodeFault
from simulators.catalogue import DEVICES, Unit, model
from simulators.line import BITS_PER_BYTE
from simulators.scene import Place
from simulators.scenes import SCENES, Stage
from tests.simulators.devices.together import STEP_S, Together

SECONDS = 4.0
LUMP_S = 0.02
"""What an adapter hands on at once, and the step of the test."""


def built(name):
    entry = model(name)
    return entry.build(SCENES["empty"](Stage(3, Place(mark_m=entry.mark_m))), Unit(seed=3))


SERIAL = sorted(name for name in DEVICES if built(name).baud is not None)


class Tapped(Together):
    """Notes how many bytes have reached the host, and when."""

    def run(self, seconds):
        arrived = []
        due = self.line.due
        self.line.due = lambda baud, t_s: arrived.append((t_s, due(baud, t_s))) or arrived[-1][1]
        events = super().run(seconds)
        self.line.due = due
        return events, arrived


@pytest.mark.parametrize("name", SERIAL)
def test_it_is_as_slow_as_its_line(name):
    joined = Tapped(built(name), spec(name))
    events, arrived = joined.run(SECONDS)
    bytes_per_s = joined.device.baud / BITS_PER_BYTE
    heard = 0
    for t_s, data in arrived:
        heard += len(data)
        assert heard <= bytes_per_s * (t_s + LUMP_S) + 8, f"{heard} bytes after {t_s:.3f} s"
    assert heard
    assert any(not isinstance(event, DecodeFault) for event in events)


@pytest.mark.parametrize("name", SERIAL)
@pytest.mark.parametrize("factor", [1 / 12, 1 / 2, 2, 12])
def test_at_another_rate_nothing_is_understood(name, factor):
    """Neither the host by the device nor the device by the host; `STEP_S` apart, so that noise is cut anywhere."""
    device = built(name)
    joined = Together(device, spec(name), baud=round(device.baud * factor))
    events = joined.run(SECONDS)
    assert [event for event in events if not isinstance(event, DecodeFault)] == []
    assert joined.t_s == pytest.approx(SECONDS, abs=2 * STEP_S)
