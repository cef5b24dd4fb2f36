import base64
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.messages import (
    BODIES,
    MAX_PAYLOAD_BYTES,
    Ack,
    Alert,
    CertificateBody,
    DecisionBody,
    MessageRefused,
    decode,
    encode,
    topic_for,
)
from contract.topics import Direction, Kind, parse
from contract.vocabulary import Decision, Reason
from tests.contract.samples import MORNING, alert, certificate

UP_ALERT = parse("guankou/v1/dock/up/alert")


def payload(body, kind, changes=()) -> bytes:
    sealed = encode(body, kind=kind, message_id=UUID(int=9), gate="dock", epoch=UUID(int=8), seq=0, sent_at=MORNING)
    return json.dumps(json.loads(sealed) | dict(changes)).encode()


def altered(**changes) -> bytes:
    """An alert's payload whose body was made by another version."""
    envelope = json.loads(payload(alert(), Kind.ALERT))
    envelope["body"] |= changes
    return json.dumps(envelope).encode()


def test_every_kind_has_a_body_and_every_body_one_kind():
    assert set(BODIES) == set(Kind)
    assert len(set(BODIES.values())) == len(Kind)


def test_an_alert_arrives_as_it_was_sent():
    envelope, body = decode(payload(alert(), Kind.ALERT), UP_ALERT)
    assert body == alert()
    assert (envelope.gate, envelope.message_id, envelope.kind) == ("dock", UUID(int=9), Kind.ALERT)


def test_a_crop_arrives_byte_by_byte():
    picture = bytes(range(256)) * 40
    sent = Alert.model_validate(alert().model_dump() | {"crop_png": base64.b64encode(picture)})
    _, body = decode(payload(sent, Kind.ALERT), UP_ALERT)
    assert body.crop_png == picture


def test_fields_of_a_newer_end_are_ignored():
    _, body = decode(altered(colour="red", verdict_of_tomorrow={"a": [1]}), UP_ALERT)
    assert body == alert()
    envelope, _ = decode(payload(alert(), Kind.ALERT, {"trace": "t-1"}), UP_ALERT)
    assert envelope.gate == "dock"


def test_an_unknown_decision_becomes_unknown_and_not_an_error():
    decided = DecisionBody(
        id=UUID(int=1),
        alert=UUID(int=2),
        passage=UUID(int=3),
        decision=Decision.REFER,
        decided_by="w",
        decided_at=MORNING,
    )
    envelope = json.loads(payload(decided, Kind.DECISION))
    envelope["body"]["decision"] = "quarantine_at_home"
    _, body = decode(json.dumps(envelope).encode(), parse("guankou/v1/dock/down/decision"))
    assert body.decision is Decision.UNKNOWN


def test_an_unknown_reason_does_not_cost_the_alert():
    verdict = alert().verdict.model_dump(mode="json") | {"reasons": ["above_threshold", "hot_breath"]}
    _, body = decode(altered(verdict=verdict), UP_ALERT)
    assert body.verdict.reasons == (Reason.ABOVE_THRESHOLD, Reason.UNKNOWN)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gate": "village"}, "a message of village/alert came on guankou/v1/dock/up/alert"),
        ({"kind": "health"}, "a message of dock/health came on"),
        ({"kind": "gossip"}, "kind"),
        ({"schema_version": 2}, "schema version 2"),
        ({"message_id": "17"}, "message_id"),
        ({"seq": -1}, "seq"),
        ({"sent_at": "2026-01-24T08:00:00"}, "sent_at"),
        ({"body": []}, "body"),
        ({"body": {}}, "id: Field required"),
    ],
)
def test_what_is_not_ours_is_refused_and_says_why(changes, said):
    with pytest.raises(MessageRefused, match=said):
        decode(payload(alert(), Kind.ALERT, changes), UP_ALERT)


@pytest.mark.parametrize(
    "junk", [b"", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":NaN}', b"{}", b'{"body":1e999}']
)
def test_junk_is_refused(junk):
    with pytest.raises(MessageRefused):
        decode(junk, UP_ALERT)


def test_a_number_that_is_none_is_refused():
    sent = payload(alert(), Kind.ALERT).replace(b'"body_c": 38.4', b'"body_c": NaN')
    assert b"NaN" in sent
    with pytest.raises(MessageRefused, match="not JSON"):
        decode(sent, UP_ALERT)


def test_an_oversize_payload_is_refused_unread():
    with pytest.raises(MessageRefused, match="more than"):
        decode(b" " * (MAX_PAYLOAD_BYTES + 1), UP_ALERT)


@given(st.binary(max_size=300), st.integers(0, 2000), st.integers(0, 255))
def test_no_payload_raises_anything_else(junk, place, byte):
    damaged = bytearray(payload(alert(), Kind.ALERT))
    damaged[place % len(damaged)] = byte
    for data in (junk, bytes(damaged), bytes(damaged[: place % len(damaged)])):
        try:
            envelope, _ = decode(data, UP_ALERT)
        except MessageRefused:
            continue
        assert (envelope.gate, envelope.kind) == ("dock", Kind.ALERT)


def test_a_body_of_another_kind_is_a_bug_of_the_sender():
    with pytest.raises(TypeError, match="carries a Ack"):
        payload(alert(), Kind.ACK)


def test_a_body_knows_its_topic():
    assert topic_for("dock", Direction.DOWN, Ack(message_ids=())) == parse("guankou/v1/dock/down/ack")


def test_a_certificate_keeps_its_digest_on_the_way():
    sent = payload(CertificateBody(certificate=certificate()), Kind.CERTIFICATE)
    _, body = decode(sent, parse("guankou/v1/dock/down/certificate"))
    assert body.certificate == certificate()
    assert body.certificate.digest() == body.certificate.sha256
