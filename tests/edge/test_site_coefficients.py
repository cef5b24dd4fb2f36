"""A gate takes its site coefficients from a signed file, and what it takes is part of its configuration's version."""

from pathlib import Path

import pytest

from contract.vocabulary import Site
from edge.config import ConfigRefused, load
from edge.measure.body import DEFAULT
from edge.measure.fit import as_toml
from simulators.scene import Enter
from tests.edge.scenarios.rig import Rig, stage

GATE = """
sites = "sites.toml"
[gate]
id = "bench"
name_zh = "台架"
name_en = "Bench"
[[instruments]]
id = "lane-1"
driver = "lepton_y16"
link = "replay:///bench"
"""


def gate(folder: Path, author: str, *, p_alarm=None, rules="", **changes):
    tables = {site: DEFAULT.at(site) for site in Site}
    tables[Site.FACE_MAX] = tables[Site.FACE_MAX].model_copy(update=changes)
    text = as_toml(tables, version="site-7/1", source="audit of May", author=author, p_alarm=p_alarm)
    (folder / "sites.toml").write_text(text, encoding="utf-8")
    (folder / "gate.toml").write_text(GATE + rules, encoding="utf-8")
    return load(folder / "gate.toml")


def test_a_signed_file_is_taken_and_changes_the_version(tmp_path):
    config = gate(tmp_path, "Li Wei", k=0.12)
    assert config.sites.face_max.k == 0.12
    assert config.sites.author == "Li Wei"
    assert config.version() != gate(tmp_path, "Li Wei", k=0.11).version()


def test_its_alarm_probability_is_the_gates_unless_the_gates_file_names_another(tmp_path):
    assert gate(tmp_path, "Li Wei").rules.p_alarm == 0.70
    assert gate(tmp_path, "Li Wei", p_alarm=0.6806).rules.p_alarm == 0.6806
    assert gate(tmp_path, "Li Wei", p_alarm=0.6806, rules='[rules]\nversion = "x"\n').rules.p_alarm == 0.6806
    assert gate(tmp_path, "Li Wei", p_alarm=0.6806, rules="[rules]\np_alarm = 0.8\n").rules.p_alarm == 0.8
    with pytest.raises(ConfigRefused, match="p_alarm"):
        gate(tmp_path, "Li Wei", p_alarm=0.4)


def test_an_unsigned_or_absent_file_stops_the_start(tmp_path):
    with pytest.raises(ConfigRefused, match="sites: author"):
        gate(tmp_path, "")
    (tmp_path / "sites.toml").unlink()
    with pytest.raises(ConfigRefused, match="sites: cannot read"):
        load(tmp_path / "gate.toml")


def test_the_lane_measures_by_it(tmp_path):
    config = gate(tmp_path, "Li Wei", k=0.20)
    people = [Enter("well", 36.8)]
    usual, other = (Rig(stage(people), sites=sites).play(33)[0].measurement for sites in (DEFAULT, config.sites))
    assert other.body_c - usual.body_c == pytest.approx((0.20 - 0.093) * (usual.skin_c - usual.ambient_c), abs=1e-6)
