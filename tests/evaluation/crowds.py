"""Simulated crowds through the edge's own functions.

`python -m tests.evaluation.crowds --json FILE` reproduces three tables of `science.md`: what the rule finds in four
climates (4.3), what a bus does to the baseline (4.5), and how well the filter follows the reference in view (2.6).
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from contract.vocabulary import Site
from tests.evaluation.filtering import filter_table
from tests.evaluation.gate import Gate
from tests.evaluation.population import SCENES, SITES, Crowd, crowd, hours

PUBLISHED_43 = {
    Site.CANTHUS: {"S1": (0.89, 0.932), "S2": (0.89, 0.929), "S3": (0.81, 0.929), "S4": (0.89, 0.909)},
    Site.FACE_MAX: {"S1": (0.90, 0.938), "S3": (0.85, 0.930), "S4": (0.90, 0.890)},
    Site.FOREHEAD_MAX: {"S1": (0.84, 0.910), "S3": (0.70, 0.927), "S4": (0.84, 0.848)},
    Site.FOREHEAD_SPOT: {"S1": (0.74, 0.869), "S3": (0.44, 0.945), "S4": (0.77, 0.792)},
}
PREVALENCE = 0.005
HIGH_FEVER_C = 38.3


def climates(days=12, per_hour=200.0, seed=11):
    """Return table 4.3: sensitivity and specificity by site and scene, at 0.5 % prevalence, with the worst day."""
    return {
        f"{site.value}/{name}": _climate(site, SCENES[name], published, days, per_hour, seed)
        for site, by_scene in PUBLISHED_43.items()
        for name, published in by_scene.items()
    }


def _climate(site, scene, published, days, per_hour, seed):
    rng, gate = np.random.default_rng(seed), Gate(site)
    found, high, cleared = [], [], []
    weather = 0.0
    for day in range(days):
        when = hours(rng, per_hour)
        weather = 0.75 * weather + np.sqrt(1 - 0.75**2) * rng.standard_normal()
        people = crowd(rng, scene, when, rng.random(len(when)) < PREVALENCE, weather=weather)
        ghosts = crowd(rng, scene, when, np.ones(len(when), bool), weather=weather)
        outcome = gate.day(rng, people, day, ghosts)
        found.append(outcome.ghosts.mean())
        high.append(outcome.ghosts[ghosts.core_c >= HIGH_FEVER_C].mean())
        cleared.append(1 - outcome.alarms[~people.febrile].mean())
    return {
        "sensitivity": float(np.mean(found)),
        "sensitivity_high_fever": float(np.mean(high)),
        "specificity": float(np.mean(cleared)),
        "worst_day": [float(min(found)), float(min(cleared))],
        "published": list(published),
        "as_published": abs(np.mean(found) - published[0]) <= 0.03 and abs(np.mean(cleared) - published[1]) <= 0.01,
    }


BUSES = {
    "30 % febrile": {"febrile": 0.3},
    "60 % febrile": {"febrile": 0.6},
    "cold": {"febrile": 0.0, "warmer_c": -0.9},
    "hot": {"febrile": 0.0, "warmer_c": 0.8},
}
PUBLISHED_45 = {
    "30 % febrile": {"sensitivity": 0.894, "shift_c": 0.06},
    "60 % febrile": {"sensitivity": 0.897, "shift_c": 0.08},
    "cold": {"specificity_of_next_60": 0.909},
    "hot": {"specificity_in_bus": 0.38},
}
BUS, NEXT = 40, 60


def buses(repeats=150, seed=12):
    """Return table 4.5: a bus of 40 in four minutes at a gate with 200 people an hour before and after it."""
    return {name: _bus(kind, repeats, seed) | {"published": PUBLISHED_45[name]} for name, kind in BUSES.items()}


def _bus(kind, repeats, seed):
    rng = np.random.default_rng(seed)
    outcomes = [_one_bus(rng, kind) for _ in range(repeats)]
    febrile = np.concatenate([people.febrile[-NEXT - BUS : -NEXT] for people, _ in outcomes])
    in_bus = np.concatenate([outcome.alarms[-NEXT - BUS : -NEXT] for _, outcome in outcomes])
    after = np.concatenate([outcome.alarms[-NEXT:] for _, outcome in outcomes])
    shifts = [o.offsets_c[-NEXT] - o.offsets_c[-NEXT - BUS] for _, o in outcomes]
    during = slice(-NEXT - BUS, -NEXT + 10)
    return {
        "sensitivity": float(in_bus[febrile].mean()) if febrile.any() else None,
        "specificity_in_bus": float(1 - in_bus[~febrile].mean()),
        "specificity_of_next_60": float(1 - after.mean()),
        "shift_c": float(np.mean(shifts)),
        "shift_p95_c": float(np.quantile(np.abs(shifts), 0.95)),
        "called_cold": float(np.mean([o.cold[during].any() for _, o in outcomes])),
        "called_warm": float(np.mean([o.warm[during].any() for _, o in outcomes])),
        "cluster_alert": float(np.mean([o.clusters[during].any() for _, o in outcomes])),
    }


def _one_bus(rng, kind):
    """Return four quiet hours, the bus and the next sixty people; without the freeze, as the table was made."""
    scene = SCENES["S1"]
    before = hours(rng, 200.0, 8.0, 12.0)
    bus = 12.0 + np.sort(rng.uniform(0, 4 / 60, BUS))
    after = 12.0 + 4 / 60 + np.sort(rng.uniform(0, NEXT / 200, NEXT))
    parts = [
        crowd(rng, scene, before, np.zeros(len(before), bool)),
        crowd(rng, scene, bus, rng.random(BUS) < kind["febrile"], kind.get("warmer_c", 0.0)),
        crowd(rng, scene, after, np.zeros(NEXT, bool)),
    ]
    people = _joined(parts)
    return people, Gate(Site.CANTHUS, freeze=False).day(rng, people)


def _joined(parts):
    names = ("hour", "core_c", "febrile", "air_c")
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Crowd(**arrays, skins_c={site: np.concatenate([part.skins_c[site] for part in parts]) for site in SITES})


def run():
    """Return all tables."""
    return {"climates": climates(), "buses": buses(), "filter": filter_table()}


def report(result):
    """Return the tables for the screen; published figures in brackets."""
    lines = [f"{'site/scene':20} {'Se':>13} {'Se>=38.3':>9} {'Sp':>15} {'worst day':>14}"]
    for name, f in result["climates"].items():
        se, sp = f["published"]
        worst = "/".join(f"{value:.2f}" for value in f["worst_day"])
        lines.append(
            f"{name:20} {f['sensitivity']:.3f} ({se:.2f}) {f['sensitivity_high_fever']:9.2f}"
            f" {f['specificity']:.3f} ({sp:.3f}) {worst:>14}{'' if f['as_published'] else '  differs'}"
        )
    lines.append("\nbus                Se  Sp in  Sp next   shift    p95  cold  warm  cluster")
    for name, f in result["buses"].items():
        se = "" if f["sensitivity"] is None else f"{f['sensitivity']:.3f}"
        lines.append(
            f"{name:14} {se:>6} {f['specificity_in_bus']:6.3f} {f['specificity_of_next_60']:8.3f} {f['shift_c']:+7.3f}"
            f" {f['shift_p95_c']:6.3f} {f['called_cold']:5.2f} {f['called_warm']:5.2f} {f['cluster_alert']:8.2f}"
        )
    lines.append(f"\n{'reference seen by':34} {'rms mK':>8} {'published':>10} {'p99.9':>7} {'held':>6}")
    lines += [
        f"{name:34} {f['rms_mk']:8.1f} {f['published_mk']:10.0f} {f['p999_mk']:7.0f} {f['held']:6.3f}"
        for name, f in result["filter"].items()
    ]
    return "\n".join(lines)


def main(arguments=None):
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args(arguments)
    result = run()
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1, default=bool), encoding="utf-8")
    print(report(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
