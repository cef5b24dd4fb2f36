"""Fit the site coefficients: `python -m tests.evaluation.fit [--data DIR] [--out DIR]`.

Writes one rules file for each camera and one for both (means of the cameras), unsigned: a gate refuses them until a
person has written a name as `author`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from contract.vocabulary import Site
from edge.measure.body import CombinedCoefficients, SiteCoefficients
from edge.measure.fit import as_toml, fit_combined, fit_site
from tests.evaluation.face_oral import CAMERAS, COLUMNS, DataRefused, load
from tests.evaluation.transfer import transfer

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "face_oral_temp"
SOURCE = "Wang et al. 2023, doi 10.13026/3bhc-9065, afebrile, mean of three shots"


def fit_cameras(folder, seed=1):
    """Return the transfer between the cameras and, by camera, the coefficients of each site."""
    believed = {name: load(folder, name).believed()[0] for name in CAMERAS}
    gains = transfer(believed)
    tables = {}
    for name, people in believed.items():
        audit, rng = (
            people.corrected(gains.corrections[name]).audit("three_shots").afebrile(),
            np.random.default_rng(seed),
        )
        tables[name] = {site: fit_site(audit, site, rng) for site in COLUMNS}
        tables[name][Site.COMBINED] = fit_combined(audit, rng)
    return gains, tables


def pooled(tables):
    """Return the means over the cameras; the interval spans the cameras' intervals, n is the least."""
    found = {}
    for site in (*COLUMNS, Site.COMBINED):
        each = [table[site] for table in tables.values()]
        values = {
            "k": float(np.mean([one.k for one in each])),
            "s_c": float(np.mean([one.s_c for one in each])),
            "k_low": min(one.k_low for one in each),
            "k_high": max(one.k_high for one in each),
            "n": min(one.n for one in each),
        }
        if site is Site.COMBINED:
            values["canthus_weight"] = float(np.mean([one.canthus_weight for one in each]))
            found[site] = CombinedCoefficients(**values)
        else:
            found[site] = SiteCoefficients(**values)
    return found


def report(gains, tables):
    """Return the table for the screen."""
    other = next(name for name in tables if name != gains.standard)
    sites = ", ".join(f"{site} {gain:.3f} at {gains.crossings_c[site]:.1f} °C" for site, gain in gains.gains.items())
    lines = [
        f"gain of {other} on {gains.standard}, afebrile: {sites}",
        f"{'camera':8}{'site':15}{'k (95 %)':24}{'s °C':>6}{'n':>6}",
    ]
    for name, table in tables.items():
        for site, one in table.items():
            interval = f"{one.k:.4f} ({one.k_low:.4f}-{one.k_high:.4f})"
            lines.append(f"{name:8}{site.value:15}{interval:24}{one.s_c:6.3f}{one.n:6}")
    return "\n".join(lines)


def main(arguments=None):
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED, help="folder with FLIR_group*.csv and ICI_group*.csv")
    parser.add_argument("--out", type=Path, default=Path("build/rules"), help="folder for the rules files")
    options = parser.parse_args(arguments)
    try:
        gains, tables = fit_cameras(options.data)
    except DataRefused as refused:
        print(f"{refused}; name a folder with the data: make fit ARGS='--data DIR'", file=sys.stderr)
        return 2
    both = {"pooled": pooled(tables)}
    options.out.mkdir(parents=True, exist_ok=True)
    for name, table in (tables | both).items():
        path = options.out / f"sites-{name.lower()}.toml"
        path.write_text(as_toml(table, version=f"sites-{name.lower()}/1", source=SOURCE, author=""), encoding="utf-8")
    print(report(gains, tables | both))
    print(f"written to {options.out}/sites-*.toml; unsigned: a gate refuses them until you write your name as author")
    return 0


if __name__ == "__main__":
    sys.exit(main())
