"""What was promised of the real data and what was found, as rows of one table."""

from dataclasses import dataclass

from tests.evaluation.face_oral import CAMERAS
from tests.evaluation.fit import SHOTS

WORDS = {"one_shot": "one shot", "three_shots": "mean of three shots"}
LEAST_AUC = {"one_shot": 0.97, "three_shots": 0.975}


@dataclass(frozen=True)
class Row:
    """One promise."""

    about: str
    promised: str
    found: str
    kept: bool


def rows(results):
    """Return the rows for the results by module; a module that did not run has none."""
    found = []
    for module, make in (("fever", _fever), ("faces", _faces), ("recordings", _recordings)):
        if module in results:
            found += make(results[module])
    return found


def _fever(result):
    for name in (name for name in CAMERAS if name in result):
        for shots in SHOTS:
            yield from _rule(f"{name}, {WORDS[shots]}", result[name][shots], LEAST_AUC[shots])
        for how, by in result.get("cross_validation", {}).items():
            for shots in SHOTS:
                yield _held_out(name, shots, how, by[name][shots])
        lost = result[name]["policies"]["blackbody_removed"]
        said, auc, without = lost["edge"], result[name]["one_shot"]["auc"], lost["one_shot"]["auc"]
        yield Row(
            f"{name}, blackbody removed or its offset older than {said['hold_s']:.0f} s",
            "no result instead of a guess",
            f"no result for {said['no_result']} of {said['n']}; deciding all the same: AUC {auc:.3f} → {without:.3f}",
            said["no_result"] == said["n"],
        )


def _rule(about, found, least_auc):
    auc, low, high = found["auc"], found["auc_lo"], found["auc_hi"]
    if auc is None or found["sensitivity"] is None or found["specificity"] is None:
        yield Row(about, "febrile and healthy people", "one of them is missing", kept=False)
        return
    yield Row(f"{about}: AUC", f"≥ {least_auc}", f"{auc:.3f} ({low:.3f}-{high:.3f})", auc >= least_auc)
    for figure, least in (("sensitivity", 0.88), ("specificity", 0.92)):
        yield Row(f"{about}: {figure}", f"≥ {least}", f"{found[figure]:.3f}", found[figure] >= least)
    bias_c = found["bias_febrile_c"]
    yield Row(f"{about}: bias on the febrile", "within 0.15 °C", f"{bias_c:+.3f} °C", abs(bias_c) <= 0.15)


def _held_out(name, shots, how, spread):
    auc, sensitivity, specificity = (spread[figure]["mean"] for figure in ("auc", "sensitivity", "specificity"))
    return Row(
        f"{name}, {WORDS[shots]}, fitted on half {how.replace('_', ' ')}, judged on the rest (mean of draws)",
        "AUC ≥ .97, Se ≥ .88, Sp ≥ .92",
        f"AUC {auc:.3f}, Se {sensitivity:.3f}, Sp {specificity:.3f}",
        auc >= 0.97 and sensitivity >= 0.88 and specificity >= 0.92,
    )


def _faces(result):
    recall, empty = result["recall"], result["false_alarms_empty"]
    if recall is not None:
        yield Row(f"faces, recall on {result['faces']} labels", "≥ 0.95", f"{recall:.3f}", recall >= 0.95)
    yield Row(f"faces on {result['empty_frames']} frames without one", "none", str(empty), empty == 0)


def _recordings(result):
    tried, missed, idle, false = (result[key] for key in ("tried", "missed", "not_tried", "false_readings"))
    yield Row(f"people who tried ({tried}) without a reading", "under 3 %", str(missed), missed < 0.03 * max(tried, 1))
    yield Row(
        f"recordings with nobody trying ({idle}), with a reading", "under 1 %", str(false), false < 0.01 * max(idle, 1)
    )
    if result["median_s"] is not None:
        yield Row("seconds to a reading, median", "≤ 2.4 s", f"{result['median_s']:.2f} s", result["median_s"] <= 2.4)
    if result["least_since_shutter_s"] is not None:
        least_s = result["least_since_shutter_s"]
        yield Row(
            "soonest reading after a shutter correction, in these recordings",
            "≥ 2 s",
            f"{least_s:.1f} s",
            least_s >= 2.0,
        )
