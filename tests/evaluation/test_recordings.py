"""The evaluation of checkpoint recordings: its sums, and what the gate does on the real ones."""

import dataclasses
import json

import numpy as np
import pytest

from tests.evaluation import faces, recordings
from tests.evaluation.checkpoint import DataRefused, lane, table

FOLDER = "checkpoint_recordings"
SHUTTER_HOLD_S = 2.0


def recorded(scanned, *after_s):
    readings = [{"after_s": one, "since_shutter_s": 30.0, "t_s": one, "skin_c": 35.0, "u_c": 0.5} for one in after_s]
    return {"recording": "x", "people_scanned": scanned, "readings": readings, "spoiled_frames": {}}


def test_people_without_a_reading_are_missed_and_readings_of_nobody_are_false():
    sums = recordings.figures(
        [recorded(2, 1.0), recorded(1, 1.5), recorded(0), recorded(0, 3.0), recorded(None), recorded(None, 9.0)]
    )
    assert (sums["tried"], sums["missed"], sums["not_tried"], sums["false_readings"]) == (3, 1, 2, 1)
    assert sums["median_s"] == 2.25
    assert sums["least_since_shutter_s"] == 30.0


def test_a_second_reading_of_one_person_makes_up_for_nobody():
    sums = recordings.figures([recorded(1, 1.0, 2.0), recorded(1)])
    assert (sums["missed"], sums["surplus"]) == (1, 1)


def test_without_readings_there_is_no_median():
    assert recordings.figures([recorded(1)])["median_s"] is None


def test_a_folder_without_its_table_is_refused_in_words(tmp_path, capsys):
    with pytest.raises(DataRefused, match=r"recordings\.csv"):
        table(tmp_path)
    assert recordings.main(["--data", str(tmp_path), "--json", str(tmp_path / "out.json")]) == 2
    assert "recordings.csv" in capsys.readouterr().err


def test_what_cannot_be_read_is_refused_in_words(tmp_path, capsys):
    arguments = ["--data", str(tmp_path), "--json", str(tmp_path / "out.json")]
    (tmp_path / "recordings.csv").write_text("blob,people\nx,1\n", encoding="utf-8")
    assert recordings.main(arguments) == 2
    assert "people_scanned" in capsys.readouterr().err
    (tmp_path / "recordings.csv").write_text("blob,people_scanned\nx,1\n", encoding="utf-8")
    (tmp_path / "x.cptv").write_bytes(b"nonsense")
    assert recordings.main(arguments) == 2
    assert "x.cptv" in capsys.readouterr().err
    np.savez(tmp_path / "labelled_frames.npz", frames=np.zeros((2, 120, 160), np.uint16))
    (tmp_path / "face_boxes_upright.csv").write_text("n,label,x0,y0,x1,y1\n7,face,1,2,3,4\n", encoding="utf-8")
    assert faces.main(arguments) == 2
    assert "line 2" in capsys.readouterr().err


def test_a_folder_without_labels_is_refused_in_words(tmp_path, capsys):
    assert faces.main(["--data", str(tmp_path), "--json", str(tmp_path / "out.json")]) == 2
    assert "labelled_frames.npz" in capsys.readouterr().err


@pytest.mark.slow
def test_everybody_who_tried_is_screened_and_nobody_else(shared_data, tmp_path):
    assert recordings.main(["--data", str(shared_data / FOLDER), "--json", str(tmp_path / "out.json")]) == 0
    sums = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert sums["tried"] >= 3
    assert sums["missed"] / sums["tried"] < 0.03
    assert sums["false_readings"] / sums["not_tried"] < 0.01
    assert sums["surplus"] == 0
    assert sums["median_s"] <= 2.4
    assert sums["least_since_shutter_s"] >= SHUTTER_HOLD_S
    readings = [reading for one in sums["per_recording"] for reading in one["readings"]]
    assert all({"t_s", "site", "skin_c", "u_c"} <= set(reading) for reading in readings)
    assert all(30.0 < reading["skin_c"] < 40.0 for reading in readings)


TRIED = "fb8b19452467"
SHUTTERED = "150692698fce"
"""The one recording with a shutter correction in it; nobody tried."""


def recording(shared_data, name):
    (path,) = (shared_data / FOLDER).rglob(f"{name}.cptv")
    return list(recordings.samples(path))


def shuttered(found, at_s):
    """The same frames as if the camera had corrected its shutter at that moment."""
    for sample in found:
        since_s = recordings.seconds(sample.mono_ns) - at_s
        yield sample if since_s < 0 else dataclasses.replace(sample, since_shutter_s=since_s)


def test_a_shutter_correction_puts_a_real_reading_off_for_two_seconds(shared_data):
    found = recording(shared_data, TRIED)
    undisturbed = recordings.play(found, 35.8)[0]
    at_s = undisturbed[0]["t_s"] - 0.3
    disturbed, _, spoiled, _ = recordings.play(shuttered(found, at_s), 35.8)
    assert spoiled["shutter"] > 5
    assert all(reading["t_s"] >= at_s + SHUTTER_HOLD_S for reading in disturbed)
    assert all(reading["since_shutter_s"] >= SHUTTER_HOLD_S for reading in disturbed)


def test_after_a_real_shutter_correction_no_face_is_measured_for_two_seconds(shared_data):
    camera, within = lane(), []
    for sample in recording(shared_data, SHUTTERED):
        events = camera.feed(sample, recordings.AIR)
        within += events if sample.since_shutter_s < SHUTTER_HOLD_S else []
    assert len(within) >= 5
    assert all(face.skin_c is None for picture in within for face in picture.faces)  # nor any verdict among them


def test_faces_of_the_labelled_frames(shared_data, tmp_path):
    assert faces.main(["--data", str(shared_data / FOLDER), "--json", str(tmp_path / "out.json")]) == 0
    sums = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert sums["recall"] >= 0.95
    assert sums["false_alarms_empty"] == 0


def test_a_broken_row_in_every_frame_becomes_nobody_and_no_sixty_degrees(shared_data):
    path = shared_data / "device_captures" / "lepton_y16_4frames.raw.y16.gz"
    camera = lane()
    pictures = [event for sample in recordings.samples(path) for event in camera.feed(sample, recordings.AIR)]
    assert len(pictures) == 4  # no verdict among them
    assert all(np.isnan(picture.temps_c).any() for picture in pictures)
    assert all(face.skin_c is None for picture in pictures for face in picture.faces)
    assert max(float(np.nanmax(picture.temps_c)) for picture in pictures) < 50.0
