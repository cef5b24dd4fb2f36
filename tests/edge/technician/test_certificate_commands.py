"""`guankou-edge certificate show`: what may not be applied is refused with a sentence in both languages."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contract.calibration import Certificate
from contract.clock import SystemClock
from contract.signing import new_key, sign
from edge.__main__ import main
from tests.edge.conftest import a_certificate

DAY = timedelta(days=1)


def one_bit_off(one: Certificate) -> Certificate:
    flipped = one.reference_standard[:-1] + chr(ord(one.reference_standard[-1]) ^ 1)
    return one.model_copy(update={"reference_standard": flipped})


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A gate that trusts one expert and screens with serial SN-C."""
    new_key(tmp_path / "expert.pem")
    path = tmp_path / "gate.toml"
    path.write_text(
        '[gate]\nid = "dock"\nname_zh = "码头"\nname_en = "Dock"\n'
        f"[trust]\nkeys = ['{tmp_path / 'expert.pub'}']\n"
        '[[instruments]]\nid = "camera"\ndriver = "gy_mcu90640"\nlink = "x"\nserial = "SN-C"\n',
        encoding="utf-8",
    )
    return path


def shown(certificate: Certificate, folder: Path, *options: str) -> int:
    path = folder / "certificate.json"
    path.write_text(certificate.model_dump_json(), encoding="utf-8")
    return main(["certificate", "show", str(path), *options])


def made(now: datetime, **changes: Any) -> Certificate:
    return a_certificate(now, **{"instrument": "camera", "serial": "SN-C", **changes})


REFUSED: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"valid_until": -DAY}, "expired at", "证书已过期"),
    ({"valid_from": DAY}, "waits for its day", "尚未生效"),
    ({"serial": "SN-9"}, "is for serial SN-9, and SN-C stands here", "另一序列号"),
    ({"instrument": "lens"}, "no instrument of that name", "所指仪器不在本站"),
    ({"range_low_c": 36.5}, "people need 34 to 39", "范围不含 34 至 39"),
)


@pytest.mark.parametrize(("changes", "english", "chinese"), REFUSED)
def test_what_may_not_be_applied_says_why(
    gate: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], english: str, chinese: str
) -> None:
    now = SystemClock().now().at
    dated = {key: now + value if isinstance(value, timedelta) else value for key, value in changes.items()}
    key = new_key(gate.parent / "again.pem")
    certificate = sign(made(now, **dated), key)
    assert shown(certificate, gate.parent, "--gate", str(gate), "--key", str(gate.parent / "again.pub")) == 4
    said = capsys.readouterr().out
    assert "NOT USABLE" in said
    assert english in said
    assert chinese in said


def test_a_changed_bit_a_missing_and_a_strange_signature_are_told_apart(
    gate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = SystemClock().now().at
    stranger = new_key(gate.parent / "stranger.pem")
    for certificate, said in (
        (one_bit_off(sign(made(now), stranger)), "does not match its digest"),
        (made(now), "is signed by nobody"),
        (sign(made(now), stranger), "which is not among trust.keys"),
    ):
        assert shown(certificate, gate.parent, "--gate", str(gate)) == 4
        assert said in capsys.readouterr().out
    assert shown(sign(made(now), stranger), gate.parent, "--key", str(gate.parent / "stranger.pub")) == 0
    assert "signature: good" in capsys.readouterr().out


def test_a_gates_file_is_checked_with_the_certificate_that_it_names(
    gate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = SystemClock().now().at
    path = gate.parent / "camera.json"
    with gate.open("a", encoding="utf-8") as file:
        file.write(f"certificate = '{path}'\n")
    for certificate, said in (
        (made(now), "usable, until"),
        (made(now, valid_from=now + DAY), "NOT USABLE YET"),
        (made(now, serial="SN-9"), "NOT USABLE: certificate"),
    ):
        path.write_text(certificate.model_dump_json(), encoding="utf-8")
        assert main(["config", "check", str(gate)]) == 0
        assert said in capsys.readouterr().out
    path.write_text("{", encoding="utf-8")
    assert main(["config", "check", str(gate)]) == 2
    assert "is no certificate" in capsys.readouterr().err
