"""How well faces are found on real pictures of checkpoints.

`python -m tests.evaluation.faces --data DIR --json FILE`

DIR holds `labelled_frames.npz` and `face_boxes_upright.csv`. The edge's own finder and its thermal plausibility, at the
thresholds that the gate uses; a face is found if a box overlaps its label by 0.3 (intersection over union). Frames
without any label show nobody: whatever is found there is a false alarm.
"""

import argparse
import csv
import json
import sys
import time
from pathlib import Path

import numpy as np

from contract.units import ZERO_C_IN_K
from drivers.devices.lepton_y16 import SPEC
from edge.config import Rules
from edge.measure import plausibility
from edge.measure.faces import FACE_PER_EYES, START_SCORE, FaceFinder, overlap
from edge.measure.patch import patch
from edge.measure.pose import pose
from edge.measure.view import view
from tests.evaluation.checkpoint import DataRefused, instrument

SAME_IOU = 0.3
WARM_UP = 3
"""Pictures that the network sees before its time is taken."""


def load(folder):
    """Return the stored frames and the labels by frame number. Raises DataRefused."""
    frames_path, boxes_path = folder / "labelled_frames.npz", folder / "face_boxes_upright.csv"
    for path in (frames_path, boxes_path):
        if not path.is_file():
            raise DataRefused(f"{path} is missing")
    try:
        with np.load(frames_path) as archive:
            frames = archive["frames"]
    except (ValueError, KeyError, OSError) as error:
        raise DataRefused(f"{frames_path} holds no array 'frames': {error}") from error
    labels = {number: [] for number in range(len(frames))}
    with boxes_path.open(encoding="utf-8-sig", newline="") as stream:
        for line, row in enumerate(csv.DictReader(stream), start=2):
            try:
                box = tuple(float(row[side]) for side in ("x0", "y0", "x1", "y1"))
                labels[int(row["n"])].append((row["label"], box))
            except (KeyError, ValueError, TypeError) as error:
                raise DataRefused(f"{boxes_path}, line {line}: no label of a stored frame ({error!r})") from error
    return frames, labels


def believable(face, picture_c):
    """Say whether the edge takes a box for a face."""
    held = pose(face)
    if held is None or face.score < START_SCORE:
        return False
    part = patch(picture_c, held)
    return part is not None and plausibility.refusal(part, Rules().hot_c) is None


def evaluate(frames, labels):
    """Return the figures."""
    placed = view(instrument(), SPEC, frames.shape[1:])
    finder = FaceFinder((placed.rows, placed.columns), FACE_PER_EYES * placed.eyes_px)
    counts = dict.fromkeys(("faces", "found", "false_alarms_empty", "false_alarms_elsewhere"), 0)
    spent_s, missed = [], []
    for number, counted in enumerate(frames):
        picture_c = placed.upright((counted / 100 - ZERO_C_IN_K).astype(np.float32))
        for _ in range(WARM_UP if number == 0 else 0):
            finder.find(picture_c)
        began_s = time.perf_counter()
        found = [face for face in finder.find(picture_c) if believable(face, picture_c)]
        spent_s.append(time.perf_counter() - began_s)
        wanted = [box for label, box in labels[number] if label == "face"]
        hits = [any(float(overlap(box, [face.box])[0]) >= SAME_IOU for face in found) for box in wanted]
        missed += [number for hit in hits if not hit]
        counts["faces"] += len(wanted)
        counts["found"] += sum(hits)
        known = [box for _, box in labels[number]]
        strange = sum(not known or bool(overlap(face.box, known).max() < SAME_IOU) for face in found)
        counts["false_alarms_elsewhere" if known else "false_alarms_empty"] += strange
    return {
        **counts,
        "recall": counts["found"] / counts["faces"] if counts["faces"] else None,
        "frames": len(frames),
        "empty_frames": sum(not boxes for boxes in labels.values()),
        "ms_per_frame": 1e3 * float(np.mean(spent_s)),
        "ms_per_frame_p95": 1e3 * float(np.percentile(spent_s, 95)),
        "missed_frames": missed,
    }


def report(result):
    """Return the table for the screen."""
    recall = "-" if result["recall"] is None else f"{result['recall']:.3f}"
    return (
        f"faces {result['faces']}, found {result['found']}, recall {recall}; false alarms on "
        f"{result['empty_frames']} empty frames {result['false_alarms_empty']}, on others "
        f"{result['false_alarms_elsewhere']}; {result['ms_per_frame']:.1f} ms a frame"
    )


def main(arguments=None):
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with labelled_frames.npz and its labels")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        result = evaluate(*load(options.data))
    except DataRefused as refused:
        print(refused, file=sys.stderr)
        return 2
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    print(report(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
