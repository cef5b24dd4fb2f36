"""The soak in short: eight instruments at full rate, a few seconds."""

from pathlib import Path

from tests.drivers.soak import soak


def test_eight_instruments_at_full_rate_lose_nothing(tmp_path: Path) -> None:
    outcome = soak(4.0, 3.0, tmp_path)
    assert len(outcome.samples) == 8
    assert all(outcome.samples.values()), outcome.samples
    assert outcome.on_time
    assert not any(outcome.faults[unit] for unit in outcome.on_time), outcome
    assert not any(outcome.lost_bytes[unit] for unit in outcome.on_time), outcome
