"""Table 4.3 by the plain reference code that `science.md` was made with, where its folder is at hand.

The same scenes, days and camera errors as `tests.evaluation.crowds`, but people, heat balance, baseline and
probability are the reference's own. Where the edge agrees with this and not with the table, the table was made under
other assumptions than it tells of.
"""

import importlib.util
import sys
from contextlib import contextmanager

import numpy as np

from contract.vocabulary import Site
from edge.config import Rules
from tests.evaluation.gate import PERSON_NOISE_C, days
from tests.evaluation.population import between, hours, low_readers, minutes_inside, sunlit

POPULATION = {
    Site.CANTHUS: "canthus",
    Site.FACE_MAX: "facemax",
    Site.FOREHEAD_MAX: "fhmax",
    Site.FOREHEAD_SPOT: "fhcentre",
}
"""The sites by the names that the reference's population gives them."""
REFERENCE = POPULATION | {Site.FOREHEAD_MAX: "forehead_max", Site.FOREHEAD_SPOT: "forehead_spot"}
"""And by those of its formulas."""
RULES = Rules()


class ReferenceCode:
    """The reference's functions out of their folder. Raises FileNotFoundError if they are not there."""

    def __init__(self, folder):
        self.population, self.formulas = (_load(folder / f"{name}.py") for name in ("population", "reference"))

    def climate(self, site, scene, n_days, per_hour, seed, prevalence):
        """Return sensitivity and specificity as `crowds.climates` means them."""
        rng, baseline = np.random.default_rng(seed), self.formulas.Baseline()
        found, cleared = [], []
        for day, errors_c in enumerate(days(rng, n_days)):
            when = hours(rng, per_hour)
            febrile = rng.random(len(when)) < prevalence
            bodies_c, ghosts_c = (
                self._bodies_c(rng, site, scene, when, who, errors_c) for who in (febrile, np.ones(len(when), bool))
            )
            mean_c = self.formulas.MU
            b = np.array([baseline.update(24 * day + hour, r) for hour, r in zip(when, bodies_c - mean_c, strict=True)])
            limit_c = self._limit_c(site)
            found.append((ghosts_c - b >= limit_c).mean())
            cleared.append((bodies_c - b < limit_c)[~febrile].mean())
        return float(np.mean(found)), float(np.mean(cleared))

    def _bodies_c(self, rng, site, scene, when, febrile, errors_c):
        name, n = POPULATION[site], len(when)
        inside_c = between(scene.inside_c, when)
        outside_c = inside_c if scene.outside_c is None else between(scene.outside_c, when)
        core_c, _ = self.population.core_temps(rng, n, when, 0.0, fever=febrile)
        sun_c, minutes = sunlit(rng, scene, when), minutes_inside(rng, scene, n)
        feels_c = inside_c + (outside_c - inside_c) * self.population.acc_frac(minutes)
        with self._narrowed(name, feels_c):
            skin_c = self.population.skin(rng, core_c, inside_c, outside_c, minutes, name, sun_c)
        skin_c -= low_readers(rng, n)
        camera_c, air_c = errors_c
        skin_c += camera_c + PERSON_NOISE_C * rng.standard_normal(n)
        return self.population.est_body(skin_c, inside_c + air_c, name)

    @contextmanager
    def _narrowed(self, name, feels_c):
        """Let people's k differ from the fitted one, as `science.md` 7 has it and the reference's people do not."""
        sites = self.population.SITES
        k = sites[name]["k"] * np.clip(1 + 0.01 * (23.0 - feels_c), 0.6, 1.6)
        self.population.SITES = sites | {name: sites[name] | {"k": k}}
        yield
        self.population.SITES = sites

    def _limit_c(self, site):
        """Return the adjusted temperature from which it alarms."""
        u_c = self.formulas.SITES[REFERENCE[site]][2]
        grid = RULES.threshold_c + np.linspace(0, 2 * u_c, 2001)
        p = np.array([self.formulas.p_exceed(adjusted_c, u_c, RULES.threshold_c) for adjusted_c in grid])
        return float(grid[np.searchsorted(p, RULES.p_alarm)])


def _load(path):
    found = importlib.util.spec_from_file_location(f"reference_{path.stem}", path)
    if found is None or not path.is_file():
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module
