"""When the strip says that a reference is in trouble."""

from datetime import UTC, datetime

import numpy as np
import pytest

from contract.vocabulary import Reason
from edge.events import Picture, ReferenceSeen, ReferenceState
from edge.health import reference_troubled

GOOD = ReferenceSeen(ReferenceState.LOCKED, (60, 50, 6), 36.0, 0.2)
UNSETTLED = ReferenceSeen(ReferenceState.SETTLING, (10, 50, 6), 36.0, 0.2, doubt=Reason.REFERENCE_NOT_SETTLED)
HIDDEN = ReferenceSeen(ReferenceState.HOLD, (10, 50, 6), 30.0, 0.2, doubt=Reason.REFERENCE_HOLD)


@pytest.mark.parametrize(
    ("first", "second", "troubled"),
    [
        (GOOD, None, False),
        (HIDDEN, None, True),
        (UNSETTLED, None, False),
        (GOOD, GOOD, False),
        (GOOD, HIDDEN, True),
        (UNSETTLED, GOOD, True),
    ],
)
def test_of_two_every_doubt_is_shown_because_no_reason_says_it(
    first: ReferenceSeen, second: ReferenceSeen | None, *, troubled: bool
) -> None:
    at, temps_c = datetime(2026, 1, 24, tzinfo=UTC), np.zeros((2, 2), np.float32)
    picture = Picture("camera", 1, at, 0, temps_c, (), first, True, (), second_reference=second)
    assert reference_troubled(picture) is troubled
