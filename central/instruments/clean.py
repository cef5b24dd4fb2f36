"""What a good check is, and when the last one was (`science.md` 2.5, 6)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from central.instruments.assessment import checks
from central.instruments.charts import READINGS, REPEATS
from central.instruments.life import Life
from contract.calibration import Certificate
from contract.messages import CheckResult

CLEAN_C: Final = 0.15
FIRST_CHECKS: Final = 5
"""How many passed checks bring a new instrument into service; they make its r0."""
TOGETHER: Final = timedelta(hours=1)
"""Three sets that lie no further apart are one check."""


def clean_sets(made: list[CheckResult]) -> list[CheckResult]:
    """Return the newest sets if they are a clean check: 3 x 10 readings, each |r| <= 0.15 °C; else nothing."""
    if not made:
        return []
    if made[-1].n >= REPEATS * READINGS:
        sets = made[-1:]
    else:
        sets = made[-REPEATS:]
        if len(sets) < REPEATS or sets[-1].at - sets[0].at > TOGETHER:
            return []
    good = all(check.passed and check.n >= READINGS and abs(check.residual_c) <= CLEAN_C for check in sets)
    return sets if good else []


def passed_check(connection: Connection, life: Life, now: datetime) -> list[CheckResult]:
    """Return the clean check made since the instrument came into its present state; empty if there is none."""
    return clean_sets(checks(connection, life, life.since, now + timedelta(seconds=1)))


def first_checks(connection: Connection, life: Life, certificate: Certificate, now: datetime) -> list[CheckResult]:
    """Return the passed checks that a new instrument has made under its certificate, since the last one that failed."""
    made = checks(connection, life, certificate.valid_from, now + timedelta(seconds=1))
    under = [check for check in made if check.certificate_id in {None, certificate.id}]
    failed = max((number for number, check in enumerate(under, 1) if not check.passed), default=0)
    return under[failed:]


def last_good(connection: Connection, life: Life, before: datetime) -> datetime | None:
    """Return when the instrument last kept a check, or was last released by a certificate, if either is known."""
    made = [
        check.at
        for check in checks(connection, life, None, before)
        if check.passed and abs(check.residual_c) <= CLEAN_C
    ]
    known = [*made[-1:], *([life.verified_at] if life.verified_at is not None else [])]
    return max(known, default=None)
