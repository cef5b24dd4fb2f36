"""The cameras that made the checkpoint recordings, as instruments of a gate (Lepton 3.5, a reference in view).

Nothing is known of the reference's real temperature, of the air or of a calibration: they are assumed here, in one
place, and the readings carry REFERENCE_ASSUMED. So the values say how warm a face is against that camera's own
reference; they are no measured temperatures.
"""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from contract.calibration import Certificate, Conditions, Correction
from contract.ids import new_id
from drivers.devices.lepton_y16 import SPEC
from edge.config import Gate, GateConfig, Instrument, ReferenceView
from edge.lane import Lane

REFERENCE_C = 35.8
"""What the operators of these cameras set their reference to (`operator_calibration_c`), where a table says nothing."""
AMBIENT_C = 22.0
DISTANCE_M = 0.57
"""That product wants heads at least 33 of the picture's 120 columns wide: with 57 degrees over 160 columns, here."""
CAMERA = "camera"
SERIAL = "unknown"
LONG_AGO, FAR_AHEAD = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class DataRefused(Exception):
    """The folder does not hold what it should; the text says what is missing."""


def instrument(reference_c: float = REFERENCE_C, link: str = "replay:///nowhere") -> Instrument:
    """Return the camera: mounted sideways, its reference found by itself, its temperature assumed."""
    return Instrument(
        id=CAMERA,
        driver=SPEC.name,
        link=link,
        serial=SERIAL,
        rotate_deg=90,
        distance_m=DISTANCE_M,
        reference=ReferenceView(set_c=reference_c, emissivity=1.0, u_c=0.5, assumed=True),
    )


def certificate() -> Certificate:
    """Return the certificate of a camera that nobody has calibrated: no correction, half a degree of doubt."""
    return Certificate(
        id=new_id(LONG_AGO),
        instrument=CAMERA,
        serial=SERIAL,
        valid_from=LONG_AGO,
        valid_until=FAR_AHEAD,
        correction=Correction(a_c=0.0, b=0.0, u_a_c=0.5, u_b=0.01),
        range_low_c=20.0,
        range_high_c=45.0,
        conditions=Conditions(ambient_c=AMBIENT_C),
        procedure="none: assumed for an evaluation of recordings",
        reference_standard="none",
        made_by="evaluation",
    ).sealed()


def lane(reference_c: float = REFERENCE_C) -> Lane:
    """Return the real pipeline for one such camera."""
    camera = instrument(reference_c)
    gate = Gate(id="recordings", name_zh="录像", name_en="Recordings")
    return Lane(camera, SPEC, GateConfig(gate=gate, instruments=(camera,)), certificate(), new_id)


def table(folder: Path) -> dict[str, Mapping[str, str]]:
    """Return the rows of recordings.csv by the recording's name. Raises DataRefused."""
    path = folder / "recordings.csv"
    if not path.is_file():
        raise DataRefused(f"{path} is missing: it says how many people tried in each recording")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if missing := {"blob", "people_scanned"} - set(reader.fieldnames or ()):
            raise DataRefused(f"{path} has no column {min(missing)!r}")
        rows = list(reader)
    return {Path(row.get("saved_file") or "").stem or row["blob"]: row for row in rows}
