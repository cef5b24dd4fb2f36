"""Fit what a gate decides with: `python -m tests.evaluation.fit [--data DIR] [--out DIR]`.

Fitted are k and s of each site by heat balance, the weights of the sites combined, and the probability from which to
alarm, so that 65 of 1,000 healthy people do (`science.md` 4.3). Only people without fever take part. One rules file is
written for each camera and one for both, unsigned: a gate refuses them until a person has written a name as `author`.
The files are fitted to one shot, which is what a gate takes; the means of three shots, as in `science.md` 3.1, stand
in the table for comparison.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contract.vocabulary import Site
from edge.measure.body import Coefficients, CombinedCoefficients, SiteCoefficients, parse
from edge.measure.fit import FitRefused, as_toml, fit_combined, fit_site
from tests.evaluation.face_oral import COLUMNS, DataRefused, load_all
from tests.evaluation.passages import SHIPPED, passages
from tests.evaluation.transfer import Transfer, transfer

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "face_oral_temp"
SHOTS = ("one_shot", "three_shots")
ALARM_BUDGET = 0.065
"""Healthy people who alarm: between canthus (.068) and face maximum (.062) indoors in `science.md` 4.3."""
SOURCE = "Wang et al. 2023, doi 10.13026/3bhc-9065, people without fever"


@dataclass(frozen=True)
class Fit:
    """What was learnt from a folder."""

    transfer: Transfer
    files: dict[tuple[str, str], str]
    """By camera and shots: the unsigned rules file."""
    usual_offset_c: dict[str, float]

    def coefficients(self, camera, shots):
        """Return what a gate reads from that file once a person has signed it."""
        return parse(signed(self.files[camera, shots], "evaluation"))

    def rules(self, camera, shots):
        """Return the rules of a gate with that file."""
        return SHIPPED.model_copy(update={"p_alarm": self.coefficients(camera, shots).p_alarm})


def signed(text, author):
    """Return a rules file with a name in it."""
    return text.replace('author = ""', f'author = "{author}"')


def fit(cameras, seed=1, gains_of=transfer):
    """Learn everything that is fitted from people without fever. Raises FitRefused."""
    believed = {name: people.believed()[0] for name, people in cameras.items()}
    gains = gains_of(believed)
    healthy = {
        (name, shots): people.corrected(gains.corrections[name]).audit(shots).afebrile()
        for name, people in believed.items()
        for shots in SHOTS
    }
    tables = {key: _table(audit, np.random.default_rng(seed)) for key, audit in healthy.items()}
    for shots in SHOTS:
        tables["both", shots] = _pooled([tables[name, shots] for name in cameras])
    alarm_from = {
        shots: _alarm_from([(tables[name, shots], healthy[name, shots]) for name in cameras]) for shots in SHOTS
    }
    files = {(name, shots): _file(name, shots, table, alarm_from[shots]) for (name, shots), table in tables.items()}
    return Fit(gains, files, {name: float(np.nanmean(people.offset_c)) for name, people in cameras.items()})


def _table(audit, rng):
    return {site: fit_site(audit, site, rng) for site in COLUMNS} | {Site.COMBINED: fit_combined(audit, rng)}


def _pooled(tables):
    """Return the means over the cameras; the interval spans the cameras' intervals, n is the least."""
    found = {}
    for site in (*COLUMNS, Site.COMBINED):
        each = [table[site] for table in tables]
        values = {
            "k": float(np.mean([one.k for one in each])),
            "s_c": float(np.mean([one.s_c for one in each])),
            "k_low": min(one.k_low for one in each),
            "k_high": max(one.k_high for one in each),
            "s_low": min(one.s_low for one in each),
            "s_high": max(one.s_high for one in each),
            "n": min(one.n for one in each),
        }
        if site is Site.COMBINED:
            values["canthus_weight"] = float(np.mean([one.canthus_weight for one in each]))
            found[site] = CombinedCoefficients(**values)
        else:
            found[site] = SiteCoefficients(**values)
    return found


def _alarm_from(crowds):
    """Return the probability from which ALARM_BUDGET of the healthy people of all cameras alarm.

    One for all cameras: it is a policy, how sure each camera is stands in its u, and the few people in the tail of one
    camera would set it with twice the chance. Never below the amber one.
    """
    probabilities = []
    for table, audit in crowds:
        named = {site.value: found for site, found in table.items()}
        coefficients = Coefficients(version="fit", source="fit", author="fit", **named)
        probabilities += [one.p_fever for one in passages(audit, coefficients) if one.p_fever is not None]
    return max(SHIPPED.p_amber, float(np.quantile(probabilities, 1 - ALARM_BUDGET)))


def _file(name, shots, table, p_alarm):
    source = (
        f"{SOURCE}, {name}, {shots.replace('_', ' ')}; p_alarm for {1000 * ALARM_BUDGET:.0f} alarms in 1000 of them"
    )
    return as_toml(table, version=f"sites-{name.lower()}/1", source=source, author="", p_alarm=p_alarm)


def report(learnt):
    """Return the table for the screen."""
    gains = learnt.transfer
    sites = ", ".join(f"{site} {gain:.3f} at {gains.crossings_c[site]:.1f} °C" for site, gain in gains.gains.items())
    lines = [
        f"gain of {gains.other} on {gains.standard}, afebrile: {sites}" if gains.gains else "no second camera, no gain",
        f"{'camera':8}{'shots':13}{'site':15}{'k (95 %)':24}{'s (95 %) °C':22}{'n':>4}  alarm from p",
    ]
    for name, shots in learnt.files:
        found = learnt.coefficients(name, shots)
        for site in Site:
            one = found.at(site)
            k = f"{one.k:.4f} ({one.k_low:.4f}-{one.k_high:.4f})"
            s = f"{one.s_c:.3f} ({one.s_low:.3f}-{one.s_high:.3f})"
            lines.append(f"{name:8}{shots:13}{site.value:15}{k:24}{s:22}{one.n:>4}  {found.p_alarm:.4f}")
    return "\n".join(lines)


def main(arguments=None):
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED, help="folder with FLIR_group*.csv, ICI_group*.csv or both")
    parser.add_argument("--out", type=Path, default=Path("build/rules"), help="folder for the rules files")
    options = parser.parse_args(arguments)
    try:
        learnt = fit(load_all(options.data))
    except (DataRefused, FitRefused) as refused:
        print(f"{refused}; name a folder with the data: make fit ARGS='--data DIR'", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    for (name, shots), text in learnt.files.items():
        if shots == "one_shot":
            (options.out / f"sites-{name.lower()}.toml").write_text(text, encoding="utf-8")
    print(report(learnt))
    print(
        f"written to {options.out}/sites-*.toml, one shot each; unsigned: a gate refuses them until you write your name"
        '\nas author. Then, in the gate\'s file: sites = "sites-….toml"; guankou-edge config check says who signed.'
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
