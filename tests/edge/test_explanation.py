"""`guankou-edge explain`: an expert redoes a verdict from what it prints."""

import math
import re
from pathlib import Path
from uuid import UUID

import pytest

from contract.ids import new_id
from contract.messages import MeasurementBody, SecondMeasurement
from contract.phrases import LANGUAGES, Phrases
from contract.vocabulary import Scale, VerdictKind
from edge import records
from edge.__main__ import main
from edge.account import account
from edge.events import PassageDecided
from edge.evidence import Evidence
from edge.explanation import LOCALE
from edge.measure.body import DEFAULT
from edge.measure.radiometry import surface
from edge.passages import Entry, Ledger
from edge.store import Store
from simulators.scene import Enter
from tests.conftest import FakeClock
from tests.edge.conftest import Decide
from tests.edge.decide.test_station import measure, person, station
from tests.edge.scenarios.rig import Rig, certificate, stage

NUMBER = r"(-?[\d.]+)"
PNG = b"\x89PNG picture"


@pytest.fixture(scope="module")
def decided() -> PassageDecided:
    """A verdict of the real lane on somebody febrile before a simulated camera."""
    (found,) = Rig(stage([Enter("fever", 38.4)])).play(32)
    return found


def kept(store: Store, event: PassageDecided, png: bytes | None = None) -> Entry:
    entry = Ledger(new_id, simulated=True).enter(event, event.measurement.at)
    store.write(lambda connection: records.keep_passage(connection, entry, None, png))
    return entry


def config(tmp_path: Path, store: Store) -> str:
    path = tmp_path / "gate.toml"
    path.write_text(
        f'[gate]\nid = "bench"\nname_zh = "台架"\nname_en = "Bench"\n[store]\npath = "{store.path}"\n'
        '[[instruments]]\nid = "lane-1"\ndriver = "lepton_y16"\nlink = "replay:///bench"\n',
        encoding="utf-8",
    )
    return str(path)


def value(text: str, label: str) -> float:
    found = re.search(rf"{label}\s+{NUMBER}", text)
    assert found is not None, f"{label} in\n{text}"
    return float(found[1])


def told(*attempts: MeasurementBody, seconds: tuple[SecondMeasurement, ...] = ()) -> str:
    """What is said in English."""
    evidence = Evidence(attempts[0].measurement.passage, attempts, seconds)
    return account(evidence, Phrases.load(LOCALE), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_expert_redoes_the_verdict_from_the_printed_numbers(
    language: str, decided: PassageDecided, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(store, decided)
    assert main(["explain", str(decided.passage), "--config", config(tmp_path, store), "--lang", language]) == 0
    said = capsys.readouterr().out
    assert "(ALARM)" in said
    assert "(above_threshold)" in said
    rows = re.findall(r"^  .+ ([+-]\d+\.\d{8}) +(\d+\.\d{8}) +\d+\.\d{8}  [a-z_]+$", said, re.MULTILINE)
    terms = [(float(size), float(share)) for size, share in rows]
    assert len(terms) == len(decided.measurement.terms)
    indicated_c, skin_c, body_c, adjusted_c = (value(said, f"T_{n} *=") for n in ("ind", "skin", "body", "adj"))
    assert indicated_c + math.fsum(size for size, _ in terms) == pytest.approx(adjusted_c, abs=1e-6)
    k, air_c, baseline_c = value(said, " k ="), value(said, "T_air +="), value(said, "B =")
    assert skin_c + k * (skin_c - air_c) == pytest.approx(body_c, abs=1e-6)
    assert body_c - baseline_c == pytest.approx(adjusted_c, abs=1e-6)
    u_c = math.hypot(*(share for _, share in terms))
    assert u_c == pytest.approx(value(said, r"u = sqrt\(.+\) ="), abs=1e-6)
    p = 0.5 * math.erfc((value(said, "T_thr =") - adjusted_c) / (u_c * math.sqrt(2)))
    assert p == pytest.approx(value(said, r"/ u\) ="), abs=1e-6)
    assert p >= value(said, "p >=")
    assert "national practice" in said
    assert DEFAULT.author in said
    assert str(decided.measurement.certificate_id) in said
    assert decided.measurement.config_version in said
    assert not re.search(r"kiosk\.", said), "a phrase is missing"


def test_the_corrections_follow_from_what_is_printed(
    decided: PassageDecided, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(store, decided)
    assert main(["explain", str(decided.passage), "--config", config(tmp_path, store)]) == 0
    said = capsys.readouterr().out
    after = {name: float(now) for now, name in re.findall(r"(\d+\.\d{8})  ([a-z_]+)$", said, re.MULTILINE)}
    assert after["atmosphere"] - value(said, "m =") == pytest.approx(after["reference"], abs=1e-6)
    surface_c = surface(after["reference"], 0.98, value(said, "T_refl ="))
    assert surface_c == pytest.approx(after["emissivity"], abs=1e-6)
    spot_c = after["emissivity"] + value(said, " c =") * (after["emissivity"] - value(said, "T_air +="))
    assert spot_c == pytest.approx(after["spot"], abs=1e-6)


def test_the_certificate_is_said_where_it_is_still_here(decided: PassageDecided) -> None:
    name = decided.measurement.certificate_id
    assert name is not None
    known = certificate().model_copy(update={"id": name})
    body = MeasurementBody(measurement=decided.measurement, verdict=decided.verdict)
    evidence = Evidence(decided.passage, (body,), certificates={name: known})
    said = account(evidence, Phrases.load(LOCALE), "en")
    assert value(said, ", b =") == pytest.approx(known.correction.b, abs=1e-8)
    assert value(said, " a =") == pytest.approx(known.correction.a_c, abs=1e-8)
    assert known.reference_standard in said


def test_it_says_a_settled_verdict_as_well() -> None:
    place = station()
    found = [measure(place, person(35.8), minutes=float(minutes)) for minutes in range(17)]
    (first, _), (last, verdict) = found[0], found[-1]
    assert last.u_c == pytest.approx(math.hypot(*(term.u_c for term in last.terms)), abs=1e-9)
    assert last.u_c < first.u_c
    said = told(MeasurementBody(measurement=last, verdict=verdict))
    assert value(said, r"squared shares\) =") == pytest.approx(last.u_c, abs=1e-8)


def test_a_second_measurement_is_set_against_the_cameras(decided: PassageDecided) -> None:
    at = decided.measurement.at
    second = SecondMeasurement(
        id=new_id(at),
        passage=decided.passage,
        at=at,
        value_c=38.0,
        scale=Scale.AXILLARY,
        thermometer="T-7",
        measured_by="wang",
        audit=True,
    )
    said = told(MeasurementBody(measurement=decided.measurement, verdict=decided.verdict), seconds=(second,))
    assert "38.00, Armpit, Spot check" in said
    assert "T-7, valid until unknown" in said
    adjusted_c = decided.measurement.adjusted_c
    assert adjusted_c is not None
    assert value(said, "38.00 - T_adj =") == pytest.approx(38.0 - adjusted_c, abs=1e-6)


def test_the_picture_is_written_where_it_was_kept(
    decided: PassageDecided, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(store, decided, PNG)
    path = config(tmp_path, store)
    assert main(["explain", str(decided.passage), "--config", path]) == 0
    assert "--picture" in capsys.readouterr().out
    assert main(["explain", str(decided.passage), "--config", path, "--picture", str(tmp_path / "face.png")]) == 0
    assert (tmp_path / "face.png").read_bytes() == PNG


def test_no_result_is_explained_too(
    store: Store, tmp_path: Path, decide: Decide, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    event = decide(VerdictKind.NO_RESULT, None)
    entry = Ledger(new_id, simulated=False).enter(event, clock.now().at)
    store.write(lambda connection: records.keep_passage(connection, entry, None, None))
    assert main(["explain", str(event.passage), "--config", config(tmp_path, store)]) == 0
    said = capsys.readouterr().out
    assert "NO_RESULT" in said
    assert "no temperature was found" in said


def test_without_a_passage_the_latest_are_listed(
    decided: PassageDecided, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, store)
    assert main(["explain", "--config", path]) == 0
    assert "No passage has been kept yet" in capsys.readouterr().out
    kept(store, decided)
    assert main(["explain", "--config", path, "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(str(decided.passage))
    assert "发热报警" in said


@pytest.mark.parametrize("missing", ["passage", "database"])
def test_what_is_not_there_is_refused_in_a_sentence(
    missing: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, store)
    if missing == "database":
        store.path.unlink()
    assert main(["explain", str(UUID(int=5)), "--config", path]) == 2
    assert f"no {missing}" in capsys.readouterr().err
