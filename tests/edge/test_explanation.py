"""`guankou-edge explain`: an expert redoes a verdict from what it prints."""

import math
import re
from pathlib import Path
from uuid import UUID

import pytest

from contract.ids import new_id
from contract.messages import MeasurementBody, SecondMeasurement
from contract.vocabulary import Scale, VerdictKind
from edge import records
from edge.__main__ import main
from edge.events import PassageDecided
from edge.explanation import explanation
from edge.passages import Entry, Ledger
from edge.store import Store
from simulators.scene import Enter
from tests.conftest import FakeClock
from tests.edge.conftest import Decide
from tests.edge.scenarios.rig import Rig, stage

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


def test_an_expert_redoes_the_verdict_from_the_printed_numbers(
    decided: PassageDecided, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(store, decided)
    assert main(["explain", str(decided.passage), "--config", config(tmp_path, store)]) == 0
    said = capsys.readouterr().out
    assert "attempt 1: ALARM above_threshold" in said
    rows = re.findall(r"^  [a-z_]+ +([+-][\d.]+) +([\d.]+) +[\d.]+$", said, re.MULTILINE)
    terms = [(float(size), float(share)) for size, share in rows]
    indicated_c, skin_c, body_c, adjusted_c = (value(said, f"  {n}") for n in ("indicated", "skin", "body", "adjusted"))
    assert indicated_c + math.fsum(size for size, _ in terms) == pytest.approx(adjusted_c, abs=1e-6)
    k, air_c, baseline_c = value(said, "k ="), value(said, "air"), value(said, "B =")
    assert skin_c + k * (skin_c - air_c) == pytest.approx(body_c, abs=1e-6)
    assert body_c - baseline_c == pytest.approx(adjusted_c, abs=1e-6)
    u_c = math.hypot(*(share for _, share in terms))
    assert u_c == pytest.approx(value(said, "squared shares ="), abs=1e-6)
    p = 0.5 * math.erfc((value(said, "threshold") - adjusted_c) / (u_c * math.sqrt(2)))
    assert p == pytest.approx(value(said, "/ u\\) ="), abs=1e-6)
    assert p >= value(said, "alarm from")
    assert str(decided.measurement.certificate_id) in said
    assert decided.measurement.config_version in said


def test_it_says_a_settled_verdict_as_well(decided: PassageDecided) -> None:
    rig = Rig(stage([Enter(f"p{i}", 36.8) for i in range(17)], gap_s=6.0))
    last = rig.play(24 + 17 * 6.0)[-1]
    shares = [term.u_c for term in last.measurement.terms]
    assert last.measurement.u_c == pytest.approx(math.hypot(*shares), abs=1e-9)
    assert last.measurement.u_c < decided.measurement.u_c
    said = explanation(last.passage, (MeasurementBody(measurement=last.measurement, verdict=last.verdict),))
    assert value(said, "squared shares =") == pytest.approx(last.measurement.u_c, abs=1e-8)


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
    )
    said = explanation(
        decided.passage, (MeasurementBody(measurement=decided.measurement, verdict=decided.verdict),), (second,)
    )
    assert "T-7" in said
    adjusted_c = decided.measurement.adjusted_c
    assert adjusted_c is not None
    assert value(said, "adjusted value:") == pytest.approx(38.0 - adjusted_c, abs=1e-6)


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


@pytest.mark.parametrize("missing", ["passage", "database"])
def test_what_is_not_there_is_refused_in_a_sentence(
    missing: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, store)
    if missing == "database":
        store.path.unlink()
    assert main(["explain", str(UUID(int=5)), "--config", path]) == 2
    assert f"no {missing}" in capsys.readouterr().err
