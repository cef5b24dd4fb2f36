"""The edge's rule on real faces with oral temperatures.

`python -m tests.evaluation.fever --fit DIR --data DIR --json FILE`

Every step from the published face temperature on is the edge's own function: believable offset, certificate, sites
combined, heat balance, budget, verdict. The rule is the one of a gate whose rules file was fitted on the fit set and
signed (`tests.evaluation.fit`, `make fit`): k and s, the weights of the sites, and the probability from which to alarm.
Nothing is fitted on a fever and nothing on the data set. One camera's gain comes from the other camera, which stands
for the certificate that neither has. What the program ships, before anything is fitted at the place, stands under
`policies`.
"""

import argparse
import json
import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from contract.vocabulary import VerdictKind
from edge.measure.body import DEFAULT
from edge.measure.fit import FEVER_C, FitRefused
from edge.measure.reference import HOLD_S
from tests.evaluation.face_oral import CAMERAS, COLUMNS, DataRefused, load_all
from tests.evaluation.fit import ALARM_BUDGET, SHOTS, fit
from tests.evaluation.passages import SHIPPED, passages
from tests.evaluation.roc import auc, wilson
from tests.evaluation.transfer import untouched

DRAWS = 12
"""Halves drawn in a cross-validation."""
PROMISED = ("auc", "auc_lo", "auc_hi", "sensitivity", "specificity", "bias_febrile_c", "n", "febrile")
"""The figures of the main rule; the others stand under `more`."""


def figures(found):
    """Return the figures of one rule: ALARM is positive, and who has no result counts for neither rate."""
    known = [one for one in found if one.kind is not VerdictKind.NO_RESULT and np.isfinite(one.oral_c)]
    oral, bodies = (np.array([getattr(one, name) for one in known]) for name in ("oral_c", "body_c"))
    febrile = oral >= FEVER_C
    alarmed = np.array([one.kind is VerdictKind.ALARM for one in known])
    area, low, high = auc(bodies[febrile], bodies[~febrile])
    caught, cleared = int(alarmed[febrile].sum()), int((~alarmed)[~febrile].sum())
    error = bodies - oral
    refused = [one for one in found if one.kind is VerdictKind.NO_RESULT]
    return {
        "auc": area,
        "auc_lo": low,
        "auc_hi": high,
        "sensitivity": _share(caught, febrile),
        "specificity": _share(cleared, ~febrile),
        "bias_febrile_c": _mean(error[febrile]),
        "n": len(known),
        "febrile": int(febrile.sum()),
        "sensitivity_95": wilson(caught, int(febrile.sum())),
        "specificity_95": wilson(cleared, int((~febrile).sum())),
        "bias_afebrile_c": _mean(error[~febrile]),
        "sd_afebrile_c": float(error[~febrile].std(ddof=1)) if (~febrile).sum() > 1 else math.nan,
        "slope": _slope(bodies, oral, febrile),
        "lowest_alarm_c": float(bodies[alarmed].min()) if alarmed.any() else None,
        "no_result": len(refused),
        "no_result_febrile": int(sum(one.oral_c >= FEVER_C for one in refused)),
        "passed_febrile": sum(one.kind is VerdictKind.PASS for one in known if one.oral_c >= FEVER_C),
        "sites": dict(Counter(one.site.value for one in known)),
    }


def _slope(bodies, oral, febrile):
    """Return the slope of body on oral temperature between the febrile and the others (Wald)."""
    rise = _mean(oral[febrile]) - _mean(oral[~febrile])
    return (_mean(bodies[febrile]) - _mean(bodies[~febrile])) / rise


def _mean(values):
    return float(values.mean()) if len(values) else math.nan


def _share(count, of):
    return count / int(of.sum()) if of.any() else math.nan


def evaluate(cameras, learnt, alone):
    """Return everything by camera: the edge's rule first, then sites and policies.

    `alone` is what was learnt without taking one camera's gain from the other.
    """
    result = {}
    for name, people in cameras.items():
        believed, refused = people.believed()
        correction = learnt.transfer.corrections[name]
        seen = believed.corrected(correction)
        found = {shots: _rule(seen, learnt, name, shots) for shots in SHOTS}
        result[name] = {
            **{shots: {figure: found[shots][figure] for figure in PROMISED} for shots in SHOTS},
            "more": {s: {k: v for k, v in f.items() if k not in PROMISED} for s, f in found.items()},
            "offsets_not_believed": int(refused.sum()),
            "single_sites": {
                site.value: {shots: _rule(seen, learnt, name, shots, sites=(site,)) for shots in SHOTS}
                for site in COLUMNS
            },
            "policies": {
                "as_shipped_before_any_fit": {
                    s: _rule(seen, learnt, name, s, coefficients=DEFAULT, rules=SHIPPED) for s in SHOTS
                },
                "before_the_baseline_settles": {s: _rule(seen, learnt, name, s, settled=False) for s in SHOTS},
                "every_offset_believed": {s: _rule(people.corrected(correction), learnt, name, s) for s in SHOTS},
                "no_gain_from_the_other_camera": {s: _rule(believed, alone, name, s) for s in SHOTS},
                **_without_reference(people, learnt, name),
            },
        }
    return result


def _rule(people, learnt, name, shots, **how):
    rule = {"coefficients": learnt.coefficients(name, shots), "rules": learnt.rules(name, shots)} | how
    return figures(passages(people.audit(shots), **rule))


def _without_reference(people, learnt, name):
    """Return what an offset does that was not measured with the face, and what the edge does instead."""
    correction = learnt.transfer.corrections[name]
    blind = {
        "blackbody_removed": people.without_reference(learnt.usual_offset_c[name]),
        "reference_of_the_day_before": people.shifted(_of_the_day_before(people) - people.offset_c),
        "reference_of_the_person_before": people.shifted(_of_the_person_before(people) - people.offset_c),
    }
    policies = {}
    for policy, unsure in blind.items():
        seen = unsure.corrected(correction)
        policies[policy] = {shots: _rule(seen, learnt, name, shots) for shots in SHOTS}
        policies[policy]["edge"] = _refuses(seen, learnt, name)
    return policies


def _of_the_person_before(people):
    """Return for each person the last offset of the one before on the same day, minutes old; NaN for a day's first."""
    last, found = {}, np.full((len(people), 1), np.nan)
    for i in sorted(range(len(people)), key=lambda i: people.at[i]):
        day = people.at[i].date()
        found[i] = last.get(day, np.nan)
        known = people.offset_c[i][np.isfinite(people.offset_c[i])]
        if len(known):
            last[day] = known[-1]
    return found


def _of_the_day_before(people):
    """Return for each person the median offset of the day of measurements before; NaN on the first day."""
    days = np.array([at.toordinal() for at in people.at])
    usual = {day: np.nanmedian(people.offset_c[days == day]) for day in np.unique(days)}
    order = sorted(usual)
    before = dict(zip(order[1:], order, strict=False))
    return np.array([[usual[before[day]] if day in before else np.nan] for day in days])


def _refuses(people, learnt, name):
    """Return the edge's own answer: an offset older than the hold time decides on nobody."""
    audit, coefficients = people.audit("one_shot"), learnt.coefficients(name, "one_shot")
    kinds = [one.kind for one in passages(audit, coefficients, age_s=HOLD_S + 1)]
    return {"n": len(kinds), "hold_s": HOLD_S, **{kind.value: kinds.count(kind) for kind in VerdictKind}}


def by_people(cameras, rng):
    """Return a half of the people."""
    ids = sorted(set().union(*(people.ids for people in cameras.values())))
    chosen = {person for person in ids if rng.random() < 0.5}
    return lambda people: [person in chosen for person in people.ids]


def by_days(cameras, rng):
    """Return the people of a half of the days."""
    days = sorted({at.date() for people in cameras.values() for at in people.at})
    chosen = {day for day in days if rng.random() < 0.5}
    return lambda people: [at.date() in chosen for at in people.at]


def cross_validate(cameras, halve, splits=DRAWS, seed=7):
    """Return the rule's figures on halves that it was not fitted on."""
    rng = np.random.default_rng(seed)
    names = ("auc", "sensitivity", "specificity", "bias_febrile_c")
    collected = {name: {shots: {figure: [] for figure in names} for shots in SHOTS} for name in cameras}
    for _ in range(splits):
        chosen = halve(cameras, rng)
        rows = {name: np.array(chosen(people)) for name, people in cameras.items()}
        learnt = fit({name: people.of(rows[name]) for name, people in cameras.items()})
        for name, people in cameras.items():
            seen = people.of(~rows[name]).believed()[0].corrected(learnt.transfer.corrections[name])
            for shots in SHOTS:
                found = _rule(seen, learnt, name, shots)
                for figure in names:
                    collected[name][shots][figure].append(found[figure])
    return {
        name: {s: {f: _spread(v) for f, v in by_figure.items()} for s, by_figure in by_shots.items()}
        for name, by_shots in collected.items()
    }


def _spread(values):
    low, high = np.quantile(values, [0.1, 0.9])
    return {"mean": float(np.mean(values)), "p10": float(low), "p90": float(high)}


def learnt_as_json(learnt):
    """Return what was fitted, for the report."""
    gains = learnt.transfer
    found = {key: learnt.coefficients(*key).model_dump(exclude={"version", "author"}) for key in learnt.files}
    return {
        "standard_camera": gains.standard,
        "gains": gains.gains,
        "crossings_c": gains.crossings_c,
        "corrections": {name: c.model_dump() for name, c in gains.corrections.items()},
        "rules_files": {f"{name}/{shots}": one for (name, shots), one in found.items()},
        "alarm_budget": ALARM_BUDGET,
    }


def report(result, cameras):
    """Return the table for the screen."""
    lines = [
        f"{'camera':6}{'shots':12} {'rule':32} {'AUC (95 %)':20} {'Se':>5} {'Sp':>5} {'bias':>8} {'slope':>6} febrile/n"
    ]
    for name in cameras:
        found = result[name]
        edge = {shots: found[shots] | found["more"][shots] for shots in SHOTS}
        rules = {"EDGE: sites combined": edge} | found["single_sites"] | found["policies"]
        for rule, by in rules.items():
            lines += [_line(name, shots, rule, by[shots]) for shots in SHOTS]
            if said := by.get("edge"):
                lines.append(f"{name:6}{'':12} {'  the edge then':32} NO RESULT for {said['no_result']} of {said['n']}")
    for how in ("by_people", "by_days"):
        for name, by in result.get("cross_validation", {}).get(how, {}).items():
            lines += [_held_out(name, shots, how, by[shots]) for shots in SHOTS]
    return "\n".join(lines)


def _held_out(name, shots, how, spread):
    shown = ", ".join(f"{label} {spread[f]['mean']:.3f}" for label, f in (("AUC", "auc"), ("Se", "sensitivity")))
    bias = spread["bias_febrile_c"]["mean"]
    return (
        f"{name:6}{shots:12} fitted on half {how.replace('_', ' ')}, mean of {DRAWS} other halves: {shown},"
        f" Sp {spread['specificity']['mean']:.3f}, bias {bias:+.3f}"
    )


def _line(name, shots, rule, f):
    area = f"{f['auc']:.3f} ({f['auc_lo']:.3f}-{f['auc_hi']:.3f})"
    rates = f"{f['sensitivity']:5.3f} {f['specificity']:5.3f} {f['bias_febrile_c']:+8.3f} {f['slope']:6.2f}"
    return f"{name:6}{shots:12} {rule:32} {area:20} {rates} {f['febrile']:>4}/{f['n']:<4}"


def run(fit_folder, data_folder):
    """Return the whole result; with one folder for both, also a cross-validation within it."""
    training, held_out = load_all(fit_folder), load_all(data_folder)
    if strange := held_out.keys() - training.keys():
        raise DataRefused(f"{fit_folder} holds no {min(strange)}_group*.csv: nothing can be fitted for that camera")
    learnt = fit(training)
    result = evaluate(held_out, learnt, fit(training, gains_of=untouched))
    result["fitted"] = learnt_as_json(learnt)
    result["fitted_on_the_data_itself"] = Path(fit_folder).resolve() == Path(data_folder).resolve()
    if result["fitted_on_the_data_itself"]:
        result["cross_validation"] = {how.__name__: cross_validate(training, how) for how in (by_people, by_days)}
    return result


def main(arguments=None):
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--fit", type=Path, required=True, help="folder with FLIR_group*.csv and ICI_group*.csv to fit on"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the same kind to evaluate on")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        result = run(options.fit, options.data)
    except (DataRefused, FitRefused) as refused:
        print(refused, file=sys.stderr)
        return 2
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(_known(result), indent=1), encoding="utf-8")
    print(report(result, [name for name in CAMERAS if name in result]))
    return 0


def _known(found):
    """Return a result as JSON can say it: what is no number is null."""
    if isinstance(found, dict):
        return {str(key): _known(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [_known(value) for value in found]
    if isinstance(found, float):
        return float(found) if math.isfinite(found) else None
    return found


if __name__ == "__main__":
    sys.exit(main())
