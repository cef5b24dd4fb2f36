"""A process that carries a calibration run on from wherever the store says it is, one committed event a line."""

import sys
from functools import partial
from pathlib import Path

from edge.store import Store
from edge.technician import journal
from edge.technician.run import Run
from tests.edge.technician.plans import RUN, next_event, started


def main() -> None:
    store = Store.open(Path(sys.argv[1]))
    with store.reading() as connection:
        events = journal.events_of(connection, RUN)
    if not events:
        run = Run([first := started()])
        store.write(lambda connection: journal.keep_event(connection, run, first))
        events = [first]
        print("kept", flush=True)
        sys.stdin.readline()
    run = Run(events)
    while run.finished is None:
        event = next_event(run, 0.42, len(events))
        run.apply(event)
        store.write(partial(journal.keep_event, run=run, event=event))
        events.append(event)
        print("kept", flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main()
