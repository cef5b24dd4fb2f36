"""The soak in short: eight instruments at full rate, a few seconds."""

from pathlib import Path

import pytest

from tests.drivers.soak import soak


def test_of_eight_instruments_at_full_rate_no_frame_is_lost_that_the_line_delivered(tmp_path: Path) -> None:
    outcome = soak(4.0, 1.0, tmp_path)
    if outcome.delay_s > 0.3:
        pytest.skip(f"this machine takes up to {outcome.delay_s:.1f} s to pass a byte through a terminal")
    assert len(outcome.units) == 8
    assert all(unit.whole for unit in outcome.units.values()), outcome
