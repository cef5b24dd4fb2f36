"""A certificate is believed only as signed, by whom it was signed, to the last bit."""

import base64
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contract.calibration import CalibrationPoint, Certificate, Conditions, Correction
from contract.signing import KeyRefused, Trust, key_id, load_key, new_key, sign

EXPERT = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
TRUST = Trust([EXPERT.public_key()])

CERTIFICATE = Certificate(
    id=UUID(int=7),
    instrument="camera",
    serial="20233546",
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    valid_until=datetime(2026, 7, 1, tzinfo=UTC),
    correction=Correction(a_c=0.27, b=-0.017, u_a_c=0.062, u_b=0.005, cov_ab=-3.4e-5),
    range_low_c=33,
    range_high_c=43,
    conditions=Conditions(ambient_c=23),
    as_found=(CalibrationPoint(reference_c=37, indicated_c=37.3, n=10, sd_c=0.02),),
    procedure="china, 4 points up and down",
    reference_standard="Fluke 4180 B4567",
    made_by="technician",
)


def test_a_signed_certificate_is_believed_after_a_journey_as_json() -> None:
    signed = sign(CERTIFICATE, EXPERT)
    assert TRUST.vouches_for(Certificate.model_validate_json(signed.model_dump_json()))
    assert signed.signer == key_id(EXPERT.public_key())


def test_a_stranger_and_nobody_are_not_believed() -> None:
    assert not TRUST.vouches_for(sign(CERTIFICATE, STRANGER))
    assert not TRUST.vouches_for(CERTIFICATE.sealed())
    assert not Trust([]).vouches_for(sign(CERTIFICATE, EXPERT))


def test_a_strangers_signature_under_the_experts_name_is_not_believed() -> None:
    theirs, ours = sign(CERTIFICATE, STRANGER), sign(CERTIFICATE, EXPERT)
    assert not TRUST.vouches_for(ours.model_copy(update={"signature": theirs.signature}))


@given(st.data())
def test_one_changed_character_anywhere_is_found(data: st.DataObject) -> None:
    signed = json.loads(sign(CERTIFICATE, EXPERT).model_dump_json())
    key = data.draw(st.sampled_from(["serial", "procedure", "made_by", "instrument", "sha256", "signer", "signature"]))
    at = data.draw(st.integers(0, len(signed[key]) - 1))
    swapped = "a" if signed[key][at] != "a" else "b"
    signed[key] = signed[key][:at] + swapped + signed[key][at + 1 :]
    changed = Certificate.model_validate(signed)
    if key == "signature" and changed_only_padding(signed[key]):
        return
    assert not TRUST.vouches_for(changed)


def changed_only_padding(signature: str) -> bool:
    """The last base64 character of 64 bytes carries spare bits: another spelling of the same signature."""
    try:
        return base64.b64decode(signature, validate=True) == base64.b64decode(sign(CERTIFICATE, EXPERT).signature)
    except ValueError:
        return False


def test_one_changed_bit_of_a_number_is_found() -> None:
    signed = sign(CERTIFICATE, EXPERT)
    nudged = signed.correction.model_copy(update={"a_c": 0.27000000000000007})
    assert not TRUST.vouches_for(signed.model_copy(update={"correction": nudged}))


def test_a_key_is_private_and_never_overwritten(tmp_path: Path) -> None:
    private = new_key(tmp_path / "expert.key")
    assert stat.S_IMODE((tmp_path / "expert.key").stat().st_mode) == 0o600
    trust = Trust.load([tmp_path / "expert.pub"])
    assert trust.vouches_for(sign(CERTIFICATE, load_key(tmp_path / "expert.key")))
    with pytest.raises(KeyRefused, match="never overwritten"):
        new_key(tmp_path / "expert.key")
    assert load_key(tmp_path / "expert.key").public_key() == private.public_key()


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_a_file_that_is_no_key_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pub").write_bytes(content)
    with pytest.raises(KeyRefused, match="no PEM public key"):
        Trust.load([tmp_path / "x.pub"])
    with pytest.raises(KeyRefused, match="cannot read"):
        Trust.load([tmp_path / "missing.pub"])
