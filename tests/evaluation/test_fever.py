"""The promises on real people, and that the evaluation reads its data as they are meant."""

import json

import numpy as np
import pytest

from contract.vocabulary import Site
from tests.evaluation import fever
from tests.evaluation.face_oral import CAMERAS, DataRefused, load
from tests.evaluation.fit import main as fit_main
from tests.evaluation.roc import auc, wilson


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "face_oral_temp"


@pytest.fixture(scope="module")
def result(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("fever") / "fever.json"
    assert fever.main(["--fit", str(folder), "--data", str(folder), "--json", str(path)]) == 0
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_data_are_read_with_their_traps(folder):
    flir, ici = (load(folder, camera) for camera in CAMERAS)
    assert (len(flir), len(ici)) == (544, 539)
    assert (flir.oral_c >= 37.5).sum() == 47
    assert np.isnan(flir.distance_m).sum() >= 1  # 79 m
    assert np.nanmax(ici.humidity_pct) <= 100  # 3021.1 %
    assert flir.skins_c[Site.FACE_MAX].shape == (544, 3)  # round 4 stays out


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize(("shots", "least_auc"), [("one_shot", 0.97), ("three_shots", 0.975)])
def test_the_edges_rule_keeps_its_promises(result, camera, shots, least_auc):
    found = result[camera][shots]
    assert found["auc"] >= least_auc
    assert found["auc"] < 0.99, "the oral thermometer's own fast mode reaches .947: more is suspect"
    assert found["auc_lo"] < found["auc"] < found["auc_hi"]
    assert abs(found["bias_febrile_c"]) <= 0.15
    assert found["sensitivity"] >= 0.88
    assert found["specificity"] >= 0.92
    assert found["slope"] >= 0.98


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("shots", fever.SHOTS)
def test_on_people_that_it_was_not_fitted_on_nothing_collapses(result, camera, shots):
    found = result["cross_validation"][camera][shots]
    assert found["auc"]["mean"] >= 0.97
    assert found["sensitivity"]["mean"] >= 0.88
    assert found["specificity"]["mean"] >= 0.92
    assert abs(found["bias_febrile_c"]["mean"]) <= 0.15


@pytest.mark.parametrize("camera", CAMERAS)
def test_without_its_blackbody_a_camera_loses_and_the_edge_gives_no_result(result, camera):
    for policy in ("blackbody_removed", "reference_of_the_day_before"):
        lost = result[camera]["policies"][policy]
        assert lost["one_shot"]["auc"] < result[camera]["one_shot"]["auc"] - 0.02
        assert lost["edge"]["no_result"] == lost["edge"]["n"] > 500


@pytest.mark.parametrize("camera", CAMERAS)
def test_sites_combined_beat_the_canthus_and_both_beat_the_forehead(result, camera):
    single = result[camera]["single_sites"]
    for shots in fever.SHOTS:
        assert result[camera][shots]["auc"] > single["canthus"][shots]["auc"]
        assert single["canthus"][shots]["auc"] > single["forehead_spot"][shots]["auc"] + 0.05


def test_both_cameras_need_the_same_k_once_the_gain_is_right(result):
    for site in ("canthus", "face_max"):
        flir, ici = (result["fitted"]["coefficients"][f"{camera}/three_shots"][site]["k"] for camera in CAMERAS)
        assert flir == pytest.approx(ici, abs=0.003)


def test_an_empty_folder_is_refused_by_name(tmp_path, capsys):
    with pytest.raises(DataRefused, match="FLIR_group"):
        load(tmp_path, "FLIR")
    arguments = ["--fit", str(tmp_path), "--data", str(tmp_path), "--json", str(tmp_path / "x.json")]
    assert fever.main(arguments) == 2
    assert "FLIR_group" in capsys.readouterr().err


def test_the_fit_writes_unsigned_rules(folder, tmp_path, capsys):
    assert fit_main(["--data", str(folder), "--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "sites-flir.toml",
        "sites-ici.toml",
        "sites-pooled.toml",
    ]
    assert 'author = ""' in (tmp_path / "sites-pooled.toml").read_text(encoding="utf-8")
    assert "unsigned" in capsys.readouterr().out


def test_area_and_interval_of_known_cases():
    area, low, high = auc(np.array([3.0, 4.0, 5.0, 2.5]), np.array([1.0, 2.0, 3.0, 2.0]))
    assert area == pytest.approx(1 - (0.5 + 1) / 16)
    assert low < area < high
    assert auc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == (1.0, 1.0, 1.0)
    low, high = wilson(45, 50)
    assert (low, high) == (pytest.approx(0.786, abs=0.001), pytest.approx(0.957, abs=0.001))
