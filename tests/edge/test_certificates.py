from datetime import timedelta
from pathlib import Path

import pytest

from contract.calibration import refusal
from edge.certificates import in_force, load
from edge.config import ConfigRefused, GateConfig, Instrument
from tests.conftest import FakeClock
from tests.edge.conftest import a_certificate


@pytest.fixture
def gun(config: GateConfig) -> Instrument:
    return config.instruments[0]


def test_the_newest_that_central_sent_comes_before_the_file(clock: FakeClock, gun: Instrument) -> None:
    at = clock.now().at
    own, older, newer = (a_certificate(at) for _ in range(3))
    assert in_force(gun, [], own, at) == own
    assert in_force(gun, [newer, older], own, at) == newer


def test_one_that_is_not_valid_yet_waits_for_its_day(clock: FakeClock, gun: Instrument) -> None:
    at = clock.now().at
    now, tomorrow = a_certificate(at), a_certificate(at, valid_from=at + timedelta(days=1))
    assert in_force(gun, [tomorrow, now], None, at) == now
    assert in_force(gun, [tomorrow, now], None, at + timedelta(days=1)) == tomorrow


def test_an_expired_one_gives_way_to_an_older_valid_one(clock: FakeClock, gun: Instrument) -> None:
    at = clock.now().at
    expired = a_certificate(at, valid_until=at - timedelta(hours=1))
    valid = a_certificate(at)
    assert in_force(gun, [expired, valid], None, at) == valid


def test_a_superseded_one_is_never_in_force_again(clock: FakeClock, gun: Instrument) -> None:
    at = clock.now().at
    old = a_certificate(at)
    new = a_certificate(at, supersedes=old.id)
    assert in_force(gun, [old, new], None, at) == new


def test_where_none_may_be_applied_the_newest_says_why(clock: FakeClock, gun: Instrument) -> None:
    at = clock.now().at
    foreign = a_certificate(at, serial="SN-2")
    found = in_force(gun, [foreign], a_certificate(at, valid_until=at), at)
    assert found == foreign
    assert refusal(found, gun.id, gun.serial, at) == "certificate_other_instrument"
    assert in_force(gun, [], None, at) is None


def test_a_file_that_is_no_certificate_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    with pytest.raises(ConfigRefused, match=r"cannot read the certificate .*c\.json: No such file"):
        load(path)
    path.write_text('{"id": 7}')
    with pytest.raises(ConfigRefused, match=r"c\.json is no certificate: "):
        load(path)
