"""What the bench keeps: runs and checks survive a killed process, and r0 is folded from the checks themselves."""

import subprocess
import sys
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from edge.store import Store
from edge.technician import journal
from edge.technician.check import Outcome
from edge.technician.journal import CheckSet
from edge.technician.run import Run
from tests.edge.technician.plans import AT, RUN, next_event, started

ROOT = Path(__file__).parents[3]
EVENTS = 2 + 2 * 8 + 1
"""Started, sixteen points, adjusted, finished."""


def test_a_process_killed_between_events_loses_none_and_the_next_one_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "gate.sqlite"
    kept = 0
    while kept < EVENTS:
        command = [sys.executable, "-m", "tests.edge.technician.run_process", str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for _ in range(4):
                if process.stdout.readline() != "kept\n":
                    break
                kept += 1
                process.stdin.write("\n")
                process.stdin.flush()
                if kept == EVENTS:
                    break
            process.kill()
        store = Store.open(path)
        with store.reading() as connection:
            events = journal.events_of(connection, RUN)
            unfinished = journal.open_run(connection, "camera")
        store.close()
        # the kill may fall after the commit of one more event and before the word of it
        assert kept <= len(events) <= kept + 1
        kept = len(events)
        assert (unfinished is None) == (kept == EVENTS)
    assert Run(events).conforms


def test_events_of_a_run_are_rows_that_nobody_may_write_twice(store: Store) -> None:
    run = Run([first := started()])
    store.write(lambda connection: journal.keep_event(connection, run, first))
    event = next_event(run, 0.0, 1)
    store.write(lambda connection: journal.keep_event(connection, run, event))
    with store.reading() as connection:
        assert journal.events_of(connection, RUN) == [first, event]
        assert journal.open_run(connection, "another") is None


def a_set(number: int, minutes: int, error_c: float, outcome: Outcome, certificate: UUID | None) -> CheckSet:
    return CheckSet(
        check=UUID(int=minutes),
        number=number,
        instrument="camera",
        at=AT + timedelta(minutes=minutes, seconds=number),
        by="li",
        certificate=certificate,
        reference_c=36.0,
        mean_c=36.0 + error_c,
        sd_c=0.02,
        n=10,
        error_c=error_c,
        residual_c=error_c,
        outcome=outcome,
    )


def test_the_baseline_is_the_mean_of_the_first_five_passed_checks_under_one_certificate(store: Store) -> None:
    certificate, other, minute = UUID(int=77), UUID(int=78), count(1)
    sets = [a_set(0, next(minute), error, Outcome.PASSED, certificate) for error in (0.1, 0.2, 0.1, 0.2)]
    failed = next(minute)
    sets += [a_set(0, failed, 0.9, Outcome.REPEAT, certificate)]
    sets += [a_set(number, failed, 0.9, Outcome.OUT, certificate) for number in (1, 2, 3)]
    sets += [a_set(0, next(minute), error, Outcome.PASSED, certificate) for error in (0.15, 0.24)]
    sets += [a_set(0, next(minute), 0.0, Outcome.PASSED, other)]
    for one in sets:
        store.write(partial(journal.keep_set, one=one))
    with store.reading() as connection:
        checks = journal.checks_of(connection, "camera", certificate)
        assert [check[-1].outcome for check in checks].count(Outcome.OUT) == 1
        learned = journal.baseline(checks)
        assert learned.r0_c == pytest.approx(0.15)
        assert learned.checks == 5
        assert journal.baseline(journal.checks_of(connection, "camera", None)).checks == 0
        assert journal.last_passed(connection, "camera") == sets[-1].at


def test_checks_are_asked_for_from_the_first_time_that_anybody_looks(store: Store) -> None:
    later = AT + timedelta(days=3)
    assert store.write(lambda connection: journal.watch(connection, "camera", AT)) == AT
    assert store.write(lambda connection: journal.watch(connection, "camera", later)) == AT
