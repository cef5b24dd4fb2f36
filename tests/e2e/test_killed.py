"""The plug pulled at every step of a calibration, through a real gate: nothing measured is lost, nothing half in force.

As found, while the adjustment is asked for, as left, while it is signed, inside the transaction that ends it, and while
the certificate is on its way to central.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from central.broker import Broker
from contract.messages import CertificateBody
from contract.signing import new_key
from contract.topics import Kind
from edge import recall
from edge.store import Store
from edge.technician import journal
from edge.technician.run import Finish, Phase, PointMeasured, Run
from tests.central.room import until
from tests.e2e.bench import PATIENCE_S, command, gate_program, gate_toml, plugged
from tests.edge.conftest import GATE, broker
from tests.edge.rig import DutyRoom
from tests.edge.technician.morning import hurry

pytestmark = pytest.mark.slow

POINTS = 4
"""Of each phase of the rehearsal."""

__all__ = ["broker"]


def post(gate: str, path: str, **body: object) -> None:
    answer = httpx.post(f"{gate}/technician/{path}", json=body, headers={"idempotency-key": str(uuid4())})
    assert answer.status_code == 200, answer.text


def calibrate(gate: str) -> None:
    """Begin or go on, and adjust when asked to; nobody waits for the end."""
    post(gate, "instruments/gun/calibration", by="li", profile="rehearsal", reference_u_c=0.05, resolution_c=0.02)


def bench(gate: str, ready: Callable[[dict[str, Any]], object]) -> None:
    """Wait until the bench stands so."""
    until(lambda: ready(httpx.get(f"{gate}/technician/state").json()["bench"]), PATIENCE_S)


def pull(program: subprocess.Popen[str]) -> None:
    program.kill()
    program.wait()


class Kept:
    """What is found in the gate's store after a kill."""

    def __init__(self, folder: Path, run: UUID | None = None) -> None:
        store = Store.open(folder / "gate.sqlite")
        with store.reading() as connection:
            unfinished = journal.open_run(connection, "gun")
            self.open = unfinished if isinstance(unfinished, Run) else None
            name = run or (self.open.started.run if self.open else None)
            self.events = [] if name is None else journal.events_of(connection, name)
            self.certificates = recall.certificates_of(connection, "gun")
        store.close()
        self.points = [event.point for event in self.events if isinstance(event, PointMeasured)]


def of(phase: Phase, view: dict[str, Any]) -> int:
    return sum(point["phase"] == phase for point in view["points"])


def test_the_plug_is_pulled_at_every_step_of_a_calibration(
    tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)  # here only so that the rehearsal's profile is known to whoever reads the journal
    toml = gate_toml(tmp_path, broker.url, new_key(tmp_path / "bench.pem"), GATE)
    with plugged(tmp_path) as spot, DutyRoom(broker.url) as room:
        room.acknowledges = False
        spot.at_plate, spot.error_c = True, 0.5
        with gate_program(toml) as (program, gate):
            calibrate(gate)
            bench(gate, lambda view: of(Phase.AS_FOUND, view) >= 2)
            pull(program)
        found = Kept(tmp_path)
        assert len(found.points) >= 2

        with gate_program(toml) as (program, gate):
            calibrate(gate)
            bench(gate, lambda view: view["stage"] == "adjust")
            pull(program)
        asked = Kept(tmp_path)
        assert asked.points[: len(found.points)] == found.points
        assert len(asked.points) == POINTS

        with gate_program(toml) as (program, gate):
            calibrate(gate)
            bench(gate, lambda view: view["stage"] == "adjust")
            post(gate, "adjust", changed=True)
            bench(gate, lambda view: of(Phase.AS_LEFT, view) >= 1)
            pull(program)
        left = Kept(tmp_path)
        assert left.points[:POINTS] == asked.points
        assert len(left.points) > POINTS

        for where in ("signing", "storing"):
            mark = tmp_path / where
            with gate_program(toml, HALT_AT=where, HALT_MARK=str(mark)) as (program, gate):
                calibrate(gate)
                until(mark.exists, PATIENCE_S)
                pull(program)
            ended = Kept(tmp_path)
            assert ended.open is not None
            assert isinstance(ended.open.next_step(), Finish)
            assert ended.points[: len(left.points)] == left.points
            assert (len(ended.points), ended.certificates) == (2 * POINTS, [])
        assert room.heard[Kind.CERTIFICATE].empty()

        with gate_program(toml) as (program, gate):
            given = command(toml, gate, "calibrate", "--profile", "rehearsal")
            said, _ = given.communicate(timeout=PATIENCE_S)
            assert (given.returncode, "calibration of gun: PASSED" in said) == (0, True), said
            message, sent = room.heard[Kind.CERTIFICATE].get(timeout=PATIENCE_S)
            pull(program)
        room.acknowledges = True
        with gate_program(toml) as (_, gate):
            assert room.heard[Kind.CERTIFICATE].get(timeout=PATIENCE_S) == (message, sent)  # the same one again
            assert isinstance(sent, CertificateBody)
            duties = httpx.get(f"{gate}/technician/state").json()["duties"]
            assert duties[0]["certificate"] == str(sent.certificate.id)
        last = Kept(tmp_path, ended.open.started.run)
        assert last.open is None
        assert last.points == ended.points
        assert last.certificates == [sent.certificate]
        assert sent.certificate.as_found == tuple(last.points[:POINTS])
        assert sent.certificate.as_left == tuple(last.points[POINTS:])
