"""A process that ends a calibration and halts inside its last transaction, with all but the last row written."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from contract.clock import SystemClock
from contract.ids import new_id
from contract.messages import CertificateBody, InstrumentStateBody
from contract.vocabulary import InstrumentState
from edge.store import Store
from edge.technician import journal
from edge.technician.run import Finished, Run
from edge.technician.session import Keep, Office
from tests.edge.conftest import a_certificate
from tests.edge.technician.plans import AT, RUN


class Halting:
    """An outbox at which the plug is pulled."""

    def add(self, connection: object, letter: object) -> None:
        print("inside", flush=True)
        sys.stdin.readline()


def main() -> None:
    store = Store.open(Path(sys.argv[1]))
    with store.reading() as connection:
        run = Run(journal.events_of(connection, RUN))
    clock: Any = SystemClock()
    uplink: Any = SimpleNamespace(letter=lambda body: body)
    office = Office(
        cast("Any", None),
        clock,
        cast("Any", None),
        store,
        cast("Any", Halting()),
        uplink,
        new_id,
        lambda: cast("Any", None),
    )
    made = a_certificate(AT, instrument="camera", serial="20233546")
    state = InstrumentStateBody(
        instrument="camera", state=InstrumentState.IN_SERVICE, reason="certificate", ordered_by="zhao", at=AT
    )
    end = Finished(at=AT, by="li")
    letters = (CertificateBody(certificate=made),)
    office.keep(Keep(lambda connection: journal.keep_event(connection, run, end), letters, made, state))


if __name__ == "__main__":
    main()
