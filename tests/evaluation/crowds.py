"""Simulated crowds through the edge's own functions.

`python -m tests.evaluation.crowds --json FILE` reproduces three tables of `science.md`: what the rule finds in four
climates (4.3), what a bus does to the baseline (4.5), and how well the filter follows the reference in view (2.6). A
fixed threshold in the same climates (4.4) shows that they are the ones that the tables are about.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from contract.vocabulary import Site
from edge.measure.body import SITES as COEFFICIENTS
from edge.measure.body import body
from tests.evaluation.filtering import filter_table
from tests.evaluation.gate import PERSON_NOISE_C, Gate, days
from tests.evaluation.population import SCENES, SITES, Crowd, crowd, hours
from tests.evaluation.reference_code import ReferenceCode

PUBLISHED_43 = {
    Site.CANTHUS: {"S1": (0.89, 0.932), "S2": (0.89, 0.929), "S3": (0.81, 0.929), "S4": (0.89, 0.909)},
    Site.FACE_MAX: {"S1": (0.90, 0.938), "S3": (0.85, 0.930), "S4": (0.90, 0.890)},
    Site.FOREHEAD_MAX: {"S1": (0.84, 0.910), "S3": (0.70, 0.927), "S4": (0.84, 0.848)},
    Site.FOREHEAD_SPOT: {"S1": (0.74, 0.869), "S3": (0.44, 0.945), "S4": (0.77, 0.792)},
}
PREVALENCE = 0.005
HIGH_FEVER_C = 38.3


BOUNDS = (0.03, 0.01)
"""How far sensitivity and specificity may be from the table's."""


def climates(n_days=20, per_hour=200.0, seed=11, reference=None):
    """Return table 4.3: sensitivity and specificity by site and scene, at 0.5 % prevalence, with the worst day.

    With the reference code (`tests.evaluation.reference_code`) also what that makes of the same scenes.
    """
    rows = {}
    for site, by_scene in PUBLISHED_43.items():
        for name, published in by_scene.items():
            row = rows[f"{site.value}/{name}"] = _climate(site, SCENES[name], published, n_days, per_hour, seed)
            if reference is not None:
                theirs = reference.climate(site, SCENES[name], n_days, per_hour, seed, PREVALENCE)
                row |= {"reference": list(theirs), "as_reference": _agree(row, theirs)}
    return rows


def _climate(site, scene, published, n_days, per_hour, seed):
    rng, gate = np.random.default_rng(seed), Gate(site)
    found, high, cleared = [], [], []
    for day, errors_c in enumerate(days(rng, n_days)):
        when = hours(rng, per_hour)
        people = crowd(rng, scene, when, rng.random(len(when)) < PREVALENCE)
        ghosts = crowd(rng, scene, when, np.ones(len(when), bool))
        outcome = gate.day(rng, people, day, ghosts, errors_c)
        found.append(outcome.ghosts.mean())
        high.append(outcome.ghosts[ghosts.core_c >= HIGH_FEVER_C].mean())
        cleared.append(1 - outcome.alarms[~people.febrile].mean())
    row = {
        "sensitivity": float(np.mean(found)),
        "sensitivity_high_fever": float(np.mean(high)),
        "specificity": float(np.mean(cleared)),
        "worst_day": [float(min(found)), float(min(cleared))],
        "published": list(published),
    }
    return row | {"as_published": _agree(row, published)}


def _agree(row, others):
    ours = (row["sensitivity"], row["specificity"])
    return all(abs(one - other) <= bound for one, other, bound in zip(ours, others, BOUNDS, strict=True))


PUBLISHED_44 = {"S2": (0.86, 0.93), "S3": (0.54, 0.99), "S4": (0.93, 0.80)}
FIXED_C = 37.5


def fixed_threshold(n_days=20, per_hour=200.0, seed=14):
    """Return a row of table 4.4: heat balance and reference at the canthus, alarm from 37.5 °C, no baseline."""
    return {name: _fixed(SCENES[name], name, n_days, per_hour, seed) for name in PUBLISHED_44}


def _fixed(scene, name, n_days, per_hour, seed):
    rng = np.random.default_rng(seed)
    alarms = {True: [], False: []}
    for camera_c, air_c in days(rng, n_days):
        when = hours(rng, per_hour)
        for febrile, alarmed in alarms.items():
            people = crowd(rng, scene, when, np.full(len(when), febrile))
            seen_c = people.skins_c[Site.CANTHUS] + camera_c + PERSON_NOISE_C * rng.standard_normal(len(when))
            body_c = body(seen_c, people.air_c + air_c, COEFFICIENTS[Site.CANTHUS].k)
            alarmed.append((body_c >= FIXED_C).mean())
    found, cleared = np.mean(alarms[True]), 1 - np.mean(alarms[False])
    return {"sensitivity": float(found), "specificity": float(cleared), "published": list(PUBLISHED_44[name])}


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


def run(reference=None):
    """Return all tables."""
    tables = {"climates": climates(reference=reference), "fixed_threshold": fixed_threshold(), "buses": buses()}
    return tables | {"filter": filter_table()}


def report(result):
    """Return the tables for the screen; published figures in brackets."""
    lines = [f"{'site/scene':20} {'Se':>13} {'Se>=38.3':>9} {'Sp':>15} {'worst day':>14}   by the reference code"]
    for name, f in result["climates"].items():
        se, sp = f["published"]
        worst = "/".join(f"{value:.2f}" for value in f["worst_day"])
        theirs = "/".join(f"{value:.3f}" for value in f["reference"]) if "reference" in f else "-"
        lines.append(
            f"{name:20} {f['sensitivity']:.3f} ({se:.2f}) {f['sensitivity_high_fever']:9.2f}"
            f" {f['specificity']:.3f} ({sp:.3f}) {worst:>14}   {theirs:11}"
            f" {'' if f['as_published'] else ' not as published'}{'' if f.get('as_reference', True) else ' nor as it'}"
        )
    lines.append(f"\ncanthus, {FIXED_C} °C fixed, no baseline")
    lines += [
        f"{name:20} {f['sensitivity']:.3f} ({f['published'][0]:.2f}) {f['specificity']:19.3f} ({f['published'][1]:.2f})"
        for name, f in result["fixed_threshold"].items()
    ]
    lines.append("\nbus                Se  Sp in  Sp next   shift    p95  cold  warm  cluster")
    for name, f in result["buses"].items():
        se = "" if f["sensitivity"] is None else f"{f['sensitivity']:.3f}"
        lines.append(
            f"{name:14} {se:>6} {f['specificity_in_bus']:6.3f} {f['specificity_of_next_60']:8.3f} {f['shift_c']:+7.3f}"
            f" {f['shift_p95_c']:6.3f} {f['called_cold']:5.2f} {f['called_warm']:5.2f} {f['cluster_alert']:8.2f}"
        )
    lines.append(
        f"\n{'reference seen by':34} {'rms mK':>8} {'published':>10} {'p99.9':>7} {'published':>10} {'held':>6}"
    )
    lines += [
        f"{name:34} {f['rms_mk']:8.1f} {f['published_mk']:10.0f} {f['p999_mk']:7.0f} {f['published_p999_mk']:10.0f}"
        f" {f['held']:6.3f}"
        for name, f in result["filter"].items()
    ]
    return "\n".join(lines)


def main(arguments=None):
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--reference", type=Path, help="folder of the reference code (population.py, reference.py)")
    options = parser.parse_args(arguments)
    result = run(ReferenceCode(options.reference) if options.reference else None)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1, default=bool), encoding="utf-8")
    print(report(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
