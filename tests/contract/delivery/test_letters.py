from uuid import UUID

import pytest

from contract.delivery.letters import Letters
from contract.delivery.outbox import Priority
from contract.messages import Ack, decode
from contract.topics import Direction, Kind, parse
from tests.contract.samples import alert, certificate


def test_a_letter_can_be_read_by_the_other_end(clock):
    letters = Letters(Direction.UP, clock)
    letter = letters.letter("dock", alert())
    envelope, body = decode(letter.payload, parse(letter.topic))
    assert body == alert()
    assert envelope.message_id == letter.message_id
    assert envelope.epoch == letters.epoch
    assert envelope.sent_at == letter.created_at == clock.now().at


def test_letters_of_a_boot_are_numbered_and_boots_differ(clock):
    letters = Letters(Direction.UP, clock)
    sent = [decode(one.payload, parse(one.topic))[0] for one in (letters.letter("dock", alert()) for _ in range(3))]
    assert [envelope.seq for envelope in sent] == [0, 1, 2]
    assert Letters(Direction.UP, clock).epoch != letters.epoch


def test_alerts_go_first_and_never_perish(clock):
    letter = Letters(Direction.UP, clock).letter("dock", alert())
    assert (letter.priority, letter.perishable) == (Priority.ALERT, False)


def test_measurements_go_last_and_may_be_thinned(clock):
    from contract.messages import MeasurementBody

    passed = MeasurementBody(measurement=alert().measurement, verdict=alert().verdict)
    letter = Letters(Direction.UP, clock).letter("dock", passed)
    assert (letter.priority, letter.perishable) == (Priority.MEASUREMENT, True)


def test_a_certificate_does_not_wait_behind_records_for_the_state_that_rests_on_it(clock):
    from contract.messages import CertificateBody

    letter = Letters(Direction.DOWN, clock).letter("dock", CertificateBody(certificate=certificate()))
    assert (letter.priority, letter.perishable) == (Priority.ALERT, False)


def test_a_receipt_names_what_was_committed(clock):
    ids = [UUID(int=n) for n in range(500)]
    topic, payload = Letters(Direction.DOWN, clock).receipt("dock", ids)
    assert parse(topic).kind is Kind.ACK
    _, body = decode(payload, parse(topic))
    assert body == Ack(message_ids=tuple(ids))


def test_a_letter_that_the_other_end_would_refuse_is_never_made(clock):
    huge = alert(verdict=alert().verdict.model_copy(update={"rule": "x" * 300_000}))
    with pytest.raises(ValueError, match="alert message of"):
        Letters(Direction.UP, clock).letter("dock", huge)
