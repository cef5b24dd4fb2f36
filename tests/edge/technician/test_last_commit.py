"""The plug pulled inside the transaction that ends a calibration: all of it stands, or nothing does."""

import subprocess
import sys
from functools import partial
from pathlib import Path

from edge import recall
from edge.store import Store
from edge.technician import journal
from edge.technician.run import Finish, Run
from tests.edge.technician.plans import RUN, next_event, started

ROOT = Path(__file__).parents[3]


def test_a_kill_inside_the_last_commit_leaves_no_half_certificate_in_force(tmp_path: Path) -> None:
    path = tmp_path / "gate.sqlite"
    store = Store.open(path)
    run = Run([first := started()])
    store.write(lambda connection: journal.keep_event(connection, run, first))
    number = 1
    while not isinstance(run.next_step(), Finish):
        event = next_event(run, 0.42, number)
        run.apply(event)
        store.write(partial(journal.keep_event, run=run, event=event))
        number += 1
    store.close()

    command = [sys.executable, "-m", "tests.edge.technician.last_commit", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside\n"
        process.kill()

    store = Store.open(path)
    with store.reading() as connection:
        unfinished = journal.open_run(connection, "camera")
        assert unfinished is not None
        assert isinstance(unfinished.next_step(), Finish)
        assert len(journal.events_of(connection, RUN)) == number
        assert recall.certificates_of(connection, "camera") == []
        assert list(recall.states(connection)) == []
    store.close()
