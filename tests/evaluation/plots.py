"""Pictures for the report. Matplotlib without a screen; each function writes one PNG."""

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from edge.measure.fit import FEVER_C
from tests.evaluation.face_oral import COLUMNS, mean
from tests.evaluation.fit import SHOTS
from tests.evaluation.passages import passages

WORDS = {"one_shot": "one shot", "three_shots": "mean of three shots"}


def fever_plots(cameras, learnt, folder):
    """Draw the ROC curves, body against oral temperature, and camera against camera."""
    found = {}
    for name, people in cameras.items():
        seen = people.believed()[0].corrected(learnt.transfer.corrections[name])
        for shots in SHOTS:
            rules = learnt.rules(name, shots)
            found[name, shots] = passages(seen.audit(shots), learnt.coefficients(name, shots), rules=rules)
    twins = [_twins(cameras, learnt, folder)] if learnt.transfer.gains else []
    return [_roc(found, folder), _scatter(found, cameras, folder), *twins]


def _roc(found, folder):
    figure, axes = plt.subplots(figsize=(5, 4.6))
    for (name, shots), people in found.items():
        known = [one for one in people if one.body_c is not None]
        bodies, febrile = np.array([one.body_c for one in known]), np.array([one.oral_c >= FEVER_C for one in known])
        cuts = np.sort(np.unique(bodies))[::-1]
        axes.step(
            [0, *[(bodies[~febrile] >= cut).mean() for cut in cuts]],
            [0, *[(bodies[febrile] >= cut).mean() for cut in cuts]],
            where="post",
            label=f"{name}, {WORDS[shots]}",
        )
    axes.set(xlabel="1 - specificity", ylabel="sensitivity", xlim=(0, 0.4), ylim=(0.6, 1.005))
    axes.legend(loc="lower right")
    return _save(
        figure, folder, "fever-roc.png", "ROC curves of the edge's rule; oral temperature 37.5 °C and more is fever."
    )


def _scatter(found, cameras, folder):
    figure, all_axes = plt.subplots(1, len(cameras), figsize=(4.5 * len(cameras), 4.4), sharey=True, squeeze=False)
    all_axes = all_axes[0]
    for axes, name in zip(all_axes, cameras, strict=True):
        known = [one for one in found[name, "three_shots"] if one.body_c is not None]
        oral, bodies = (np.array([getattr(one, field) for one in known]) for field in ("oral_c", "body_c"))
        axes.scatter(oral, bodies, s=8, alpha=0.6)
        axes.plot([35.5, 40.5], [35.5, 40.5], lw=1, color="k")
        axes.axvline(FEVER_C, lw=0.8, ls="--", color="tab:red")
        alarmed = [one.body_c for one in known if one.kind == "alarm"]
        axes.axhline(min(alarmed), lw=0.8, ls="--", color="tab:orange")
        axes.set(title=f"{name}, {WORDS['three_shots']}", xlabel="oral temperature, °C")
    all_axes[0].set_ylabel("body temperature of the edge, °C")
    text = "Body temperature against oral temperature. Nothing bends towards 37: the black line is slope one."
    return _save(figure, folder, "fever-body.png", text)


def _twins(cameras, learnt, folder):
    standard, other = learnt.transfer.standard, learnt.transfer.other
    rows = {person: i for i, person in enumerate(cameras[other].ids)}
    pairs = [(i, rows[person]) for i, person in enumerate(cameras[standard].ids) if person in rows]
    a, b = cameras[standard].of([i for i, _ in pairs]), cameras[other].of([j for _, j in pairs])
    figure, axes = plt.subplots(figsize=(5, 4.6))
    for site in COLUMNS:
        x, y = mean(a.skins_c[site]), mean(b.skins_c[site])
        gain = learnt.transfer.gains[site.value]
        axes.scatter(x, y - x, s=5, alpha=0.4, label=f"{site.value}: gain {gain:.2f}")
    axes.axhline(0, lw=0.8, color="k")
    axes.set(xlabel=f"{standard}, °C", ylabel=f"{other} - {standard}, °C", ylim=(-1.5, 1.5))
    axes.legend(fontsize=8)
    text = (
        f"The two cameras on the same faces: {other} has a gain error about 36 °C, seen without any oral temperature."
    )
    return _save(figure, folder, "fever-cameras.png", text)


def crowd_plots(result, folder):
    """Draw what the crowds gave beside what was published."""
    names = list(result["climates"])
    figure, all_axes = plt.subplots(1, 2, figsize=(10, 4.6), sharey=True)
    rows = np.arange(len(names))[::-1]
    for axes, key, index in zip(all_axes, ("sensitivity", "specificity"), (0, 1), strict=True):
        axes.barh(rows, [result["climates"][name][key] for name in names], height=0.6, color="tab:blue", alpha=0.7)
        axes.plot([result["climates"][name]["published"][index] for name in names], rows, "k|", ms=14, mew=2)
        axes.set(xlabel=key, xlim=(0.4 if index == 0 else 0.7, 1))
    all_axes[0].set_yticks(rows, names)
    text = "Simulated crowds through the edge's functions (bars) and the published figures (marks), 0.5 % prevalence."
    return [_save(figure, folder, "crowds.png", text)]


def drift_plots(result, folder):
    """Draw how long a drift stays unseen: the share of instruments flagged, by days, for each kind of drift."""
    figure, all_axes = plt.subplots(1, len(result["run_lengths"]), figsize=(10, 4.2), sharey=True)
    for axes, (stream, rows) in zip(all_axes, result["run_lengths"].items(), strict=True):
        for row in rows:
            days = np.sort(row["lengths"])
            (line,) = axes.step(days, np.arange(1, len(days) + 1) / len(days), where="post", label=row["drift"])
            axes.axvline(row["published"], color=line.get_color(), lw=0.8, ls=":")
        axes.set(title=stream, xlabel="days since the drift began", xlim=(0, 30), ylim=(0, 1))
        axes.legend(fontsize=8, loc="lower right")
    all_axes[0].set_ylabel("share of instruments flagged")
    text = "Days until the chart flags, through messages and learned levels; dotted: the published means."
    return [_save(figure, folder, "drift.png", text)]


def offset_plots(result, folder):
    """Draw the blackbody offset of each day, and on which days what was done."""
    figure, all_axes = plt.subplots(len(result), 1, figsize=(10, 5.4))
    for axes, (camera, one) in zip(all_axes, result.items(), strict=True):
        lines = one["days"]
        numbers, medians = range(len(lines)), [line["median_c"] for line in lines]
        axes.plot(numbers, medians, ".", ms=4, color="tab:gray", label="median of a day")
        for key, mark, label in (("refused_shots", "|", "shots refused"), ("offset_excess", "x", "expert called")):
            days = [i for i, line in enumerate(lines) if line[key]]
            axes.plot(days, [medians[i] for i in days], mark, ms=10, mew=2, label=label)
        ticks = range(0, len(lines), 20)
        axes.set_xticks(ticks, [lines[i]["date"] for i in ticks])
        axes.set(title=camera, ylabel="offset, °C")
        axes.legend(fontsize=8)
    text = "The offset that the blackbody in view asked for, day by day of measurement, and what the policy did."
    return [_save(figure, folder, "offsets.png", text)]


def _save(figure, folder, name, text):
    figure.tight_layout()
    figure.savefig(folder / name, dpi=110)
    plt.close(figure)
    return name, text
