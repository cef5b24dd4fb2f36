"""The edge's rule on real faces with oral temperatures.

`python -m tests.evaluation.fever --fit DIR --data DIR --json FILE`

Every step from the published face temperature on is the edge's own function: believable offset, certificate, sites
combined, heat balance, budget, verdict. What is fitted is fitted on people of the fit set without fever: k and s by
heat balance, the weights of the sites by inverse variance, one camera's gain by the other camera, and the probability
at which the edge alarms, by the alarm budget: 65 of 1,000 healthy people (`science.md` 4.3). Nothing is fitted on a
fever and nothing on the data set. The same with the shipped alarm probability of 0.70 stands under `policies`.
"""

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contract.vocabulary import Reason, Site, VerdictKind
from edge.config import Rules
from edge.decide.rule import decide, p_fever
from edge.measure.body import Coefficients, body
from edge.measure.budget import Reading, budget
from edge.measure.combine import combine
from edge.measure.fit import FEVER_C, fit_combined, fit_site
from edge.measure.reference import HOLD_S
from tests.evaluation.face_oral import CAMERAS, COLUMNS, DataRefused, load
from tests.evaluation.roc import auc, wilson
from tests.evaluation.transfer import transfer

SHOTS = ("one_shot", "three_shots")
REFERENCE_C = 36.0
"""Where the cameras of the study cross: their blackbody."""
SHIPPED = Rules()
DAY_S = 86400.0
ALARM_BUDGET = 0.065
"""The specificity of `science.md` 4.3 indoors, between canthus (.932) and face maximum (.938)."""


@dataclass(frozen=True)
class Fit:
    """What was learnt from the fit set."""

    transfer: object
    coefficients: dict
    """By camera and shots."""
    rules: dict
    """By camera and shots: the shipped rules with the alarm probability that keeps the alarm budget."""
    usual_offset_c: dict


def fit(cameras, seed=1):
    """Learn everything that is fitted from people of the fit set without fever."""
    believed = {name: people.believed()[0] for name, people in cameras.items()}
    gains = transfer(believed)
    coefficients, rules = {}, {}
    for name, people in believed.items():
        for shots in SHOTS:
            audit = people.corrected(gains.corrections[name]).audit(shots).afebrile()
            coefficients[name, shots] = _coefficients(audit, name, np.random.default_rng(seed))
            rules[name, shots] = _budgeted(passages(audit, coefficients[name, shots]))
    usual = {name: float(np.nanmean(people.offset_c)) for name, people in cameras.items()}
    return Fit(gains, coefficients, rules, usual)


def _budgeted(healthy):
    """Return the rules whose alarm probability lets ALARM_BUDGET of these people alarm."""
    probabilities = [one.p_fever for one in healthy if one.p_fever is not None]
    return SHIPPED.model_copy(update={"p_alarm": max(0.5, float(np.quantile(probabilities, 1 - ALARM_BUDGET)))})


def _coefficients(audit, camera, rng):
    return Coefficients(
        version=f"fit/{camera}",
        source="fit set, people without fever",
        author="evaluation",
        combined=fit_combined(audit, rng),
        **{site.value: fit_site(audit, site, rng) for site in COLUMNS},
    )


@dataclass(frozen=True)
class Passage:
    """One person as the edge would have measured and judged them."""

    oral_c: float
    site: Site | None
    body_c: float | None
    p_fever: float | None
    kind: VerdictKind


def passages(audit, coefficients, *, rules=SHIPPED, sites=tuple(COLUMNS), settled=True, age_s=0.0):
    """Send everyone through the edge's functions.

    `sites` are those that may be measured, `age_s` says how old the reference's offset is.
    """
    refusals = (Reason.REFERENCE_LOST,) if age_s > HOLD_S else ()
    found = []
    for i, oral_c in enumerate(audit.contact_c):
        measured = combine({site: float(audit.skins_c[site][i]) for site in sites}, coefficients)
        ambient_c = float(audit.ambient_c[i])
        if measured is None or not np.isfinite(ambient_c):
            found.append(Passage(oral_c, None, None, None, VerdictKind.NO_RESULT))
            continue
        site, skin_c = measured
        body_c = body(skin_c, ambient_c, coefficients.at(site).k)
        reading = Reading(skin_c, ambient_c, ambient_c, reference_c=REFERENCE_C)
        u_c = budget(reading, coefficients.at(site)).u_c(settled=settled)
        p = p_fever(body_c, u_c, rules.threshold_c)
        found.append(Passage(oral_c, site, body_c, p, decide(rules, body_c, u_c, refusals=refusals).kind))
    return found


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
        "sensitivity": caught / febrile.sum(),
        "specificity": cleared / (~febrile).sum(),
        "bias_febrile_c": float(error[febrile].mean()),
        "n": len(known),
        "febrile": int(febrile.sum()),
        "sensitivity_95": wilson(caught, int(febrile.sum())),
        "specificity_95": wilson(cleared, int((~febrile).sum())),
        "bias_afebrile_c": float(error[~febrile].mean()),
        "sd_afebrile_c": float(error[~febrile].std(ddof=1)),
        "slope": _slope(bodies, oral, febrile),
        "lowest_alarm_c": float(bodies[alarmed].min()) if alarmed.any() else None,
        "no_result": len(refused),
        "no_result_febrile": int(sum(one.oral_c >= FEVER_C for one in refused)),
        "passed_febrile": sum(one.kind is VerdictKind.PASS for one in known if one.oral_c >= FEVER_C),
        "sites": dict(Counter(one.site.value for one in known)),
    }


def _slope(bodies, oral, febrile):
    """Return the slope of body on oral temperature between the febrile and the others (Wald)."""
    rise = oral[febrile].mean() - oral[~febrile].mean()
    return float((bodies[febrile].mean() - bodies[~febrile].mean()) / rise)


def evaluate(cameras, learnt):
    """Return everything by camera: the edge's rule first, then sites and policies."""
    result = {}
    for name, people in cameras.items():
        believed, refused = people.believed()
        correction = learnt.transfer.corrections[name]
        seen = believed.corrected(correction)
        result[name] = {shots: _rule(seen, learnt, name, shots) for shots in SHOTS}
        result[name]["offsets_not_believed"] = int(refused.sum())
        result[name]["single_sites"] = {
            site.value: {shots: _rule(seen, learnt, name, shots, sites=(site,)) for shots in SHOTS} for site in COLUMNS
        }
        result[name]["policies"] = {
            "before_the_baseline_settles": {
                s: _rule(seen, learnt, name, s, rules=SHIPPED, settled=False) for s in SHOTS
            },
            "shipped_alarm_probability": {s: _rule(seen, learnt, name, s, rules=SHIPPED) for s in SHOTS},
            "every_offset_believed": {s: _rule(people.corrected(correction), learnt, name, s) for s in SHOTS},
            "no_certificate": {s: _rule(believed, learnt, name, s) for s in SHOTS},
            "blackbody_removed": _without_reference(people, learnt, name),
            "reference_of_the_day_before": _stale(people, learnt, name),
        }
    return result


def _rule(people, learnt, name, shots, **how):
    rules = {"rules": learnt.rules[name, shots]} | how
    return figures(passages(people.audit(shots), learnt.coefficients[name, shots], **rules))


def _without_reference(people, learnt, name):
    """Return what a constant offset in place of the blackbody does, and what the edge does instead."""
    correction = learnt.transfer.corrections[name]
    blind = people.without_reference(learnt.usual_offset_c[name]).corrected(correction)
    return {shots: _rule(blind, learnt, name, shots) for shots in SHOTS} | {"edge": _refuses(blind, learnt, name)}


def _stale(people, learnt, name):
    """Return what happens when the offset was measured on the day before, and what the edge does instead."""
    correction = learnt.transfer.corrections[name]
    blind = people.shifted(_of_the_day_before(people) - people.offset_c).corrected(correction)
    return {shots: _rule(blind, learnt, name, shots) for shots in SHOTS} | {"edge": _refuses(blind, learnt, name)}


def _of_the_day_before(people):
    """Return for each person the median offset of the day of measurements before; NaN on the first day."""
    days = np.array([at.toordinal() for at in people.at])
    usual = {day: np.nanmedian(people.offset_c[days == day]) for day in np.unique(days)}
    order = sorted(usual)
    before = dict(zip(order[1:], order, strict=False))
    return np.array([[usual[before[day]] if day in before else np.nan] for day in days])


def _refuses(people, learnt, name):
    """Return the edge's own answer: an offset older than the hold time decides on nobody."""
    kinds = [one.kind for one in passages(people.audit("one_shot"), learnt.coefficients[name, "one_shot"], age_s=DAY_S)]
    return {"n": len(kinds), "hold_s": HOLD_S, **{kind.value: kinds.count(kind) for kind in VerdictKind}}


def cross_validate(cameras, splits=20, seed=7):
    """Return the rule's figures on halves of the people that it was not fitted on."""
    rng = np.random.default_rng(seed)
    ids = sorted(set().union(*(people.ids for people in cameras.values())))
    names = ("auc", "sensitivity", "specificity", "bias_febrile_c")
    collected = {name: {shots: {figure: [] for figure in names} for shots in SHOTS} for name in cameras}
    for _ in range(splits):
        chosen = {person for person in ids if rng.random() < 0.5}
        halves = [
            {name: people.of(np.array([(p in chosen) is side for p in people.ids])) for name, people in cameras.items()}
            for side in (True, False)
        ]
        learnt = fit(halves[0])
        for name, people in halves[1].items():
            seen = people.believed()[0].corrected(learnt.transfer.corrections[name])
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
    return {
        "standard_camera": learnt.transfer.standard,
        "gains": learnt.transfer.gains,
        "crossings_c": learnt.transfer.crossings_c,
        "corrections": {name: c.model_dump() for name, c in learnt.transfer.corrections.items()},
        "coefficients": {
            f"{name}/{shots}": found.model_dump(exclude={"version", "source", "author"})
            for (name, shots), found in learnt.coefficients.items()
        },
        "p_alarm": {f"{name}/{shots}": rules.p_alarm for (name, shots), rules in learnt.rules.items()},
        "alarm_budget": ALARM_BUDGET,
    }


def report(result):
    """Return the table for the screen."""
    lines = [
        f"{'camera':6}{'shots':12} {'rule':32} {'AUC (95 %)':20} {'Se':>5} {'Sp':>5} {'bias':>8} {'slope':>6} febrile/n"
    ]
    for name in CAMERAS:
        found = result[name]
        rules = {"EDGE: sites combined": found} | found["single_sites"] | found["policies"]
        lines += [_line(name, shots, rule, by[shots]) for rule, by in rules.items() for shots in SHOTS]
    return "\n".join(lines)


def _line(name, shots, rule, f):
    area = f"{f['auc']:.3f} ({f['auc_lo']:.3f}-{f['auc_hi']:.3f})"
    rates = f"{f['sensitivity']:5.3f} {f['specificity']:5.3f} {f['bias_febrile_c']:+8.3f} {f['slope']:6.2f}"
    return f"{name:6}{shots:12} {rule:32} {area:20} {rates} {f['febrile']:>4}/{f['n']:<4}"


def run(fit_folder, data_folder):
    """Return the whole result; with one folder for both, also a cross-validation within it."""
    training = {name: load(fit_folder, name) for name in CAMERAS}
    held_out = {name: load(data_folder, name) for name in CAMERAS}
    learnt = fit(training)
    result = evaluate(held_out, learnt)
    result["fitted"] = learnt_as_json(learnt)
    result["fitted_on_the_data_itself"] = Path(fit_folder).resolve() == Path(data_folder).resolve()
    if result["fitted_on_the_data_itself"]:
        result["cross_validation"] = cross_validate(training)
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
    except DataRefused as refused:
        print(refused, file=sys.stderr)
        return 2
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1, default=float), encoding="utf-8")
    print(report(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
