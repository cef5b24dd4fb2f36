"""The gate's own process killed during a calibration: what was measured is there, and the next one goes on."""

import json
import urllib.request
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from edge.store import Store
from edge.technician import journal
from edge.technician.run import Phase, PointMeasured, Run, Started
from tests.edge.kiosk.conftest import Process, gate_process
from tests.edge.rig import WAIT_S
from tests.edge.technician.morning import bench, bench_settings
from tests.edge.test_main import write


def begin(gate: Process) -> None:
    body = {"by": "li", "profile": "china", "reference_u_c": 0.05, "resolution_c": 0.01}
    headers = {"content-type": "application/json", "idempotency-key": str(uuid4())}
    path = f"{gate.address}/technician/instruments/camera/calibration"
    request = urllib.request.Request(path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
        assert answer.status == 200


def until_points(gate: Process, wanted: int) -> None:
    """Wait until the bench shows so many points; each event of the feed is a reason to look."""
    with urllib.request.urlopen(f"{gate.address}/feed", timeout=60) as feed:
        for line in feed:
            if line.startswith(b"data: ") and b'"points"' in line:
                view = json.loads(line.removeprefix(b"data: "))
                assert not view["refused"], view
                if len(view["points"]) >= wanted:
                    return
    raise AssertionError("the feed has ended")


@pytest.mark.timeout(150)
def test_a_killed_gate_goes_on_with_the_calibration_where_it_was(settings: dict[str, Any], tmp_path: Path) -> None:
    found = bench_settings(settings, tmp_path, pace=60.0)
    camera, *others = found["instruments"]
    reference = camera.pop("reference")
    path = write(tmp_path / "gate.toml", {**found, "instruments": [*others, camera]})
    with path.open("a", encoding="utf-8") as file:
        file.write("[instruments.reference]\n")
        file.writelines(f"{key} = {json.dumps(value)}\n" for key, value in reference.items())
    with bench(tmp_path):
        measured = 0
        for wanted in (1, 2):
            with gate_process(path) as gate:
                begin(gate)
                until_points(gate, wanted)
                gate.program.kill()
                gate.program.wait()
            store = Store.open(tmp_path / "gate.sqlite")
            with store.reading() as connection:
                run = journal.open_run(connection, "camera")
                assert run is not None
                events = journal.events_of(connection, run.started.run)
                waiting = connection.exec_driver_sql("SELECT count(*) FROM certificates").scalar_one()
            store.close()
            assert isinstance(events[0], Started)
            assert sum(isinstance(event, PointMeasured) for event in events) == len(events) - 1 >= wanted
            assert len(Run(events).points(Phase.AS_FOUND)) >= wanted > measured
            assert waiting == 0
            measured = wanted
