"""Accounts, sessions, roles, the first accounts: who gets in, for how long, and who never does."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from central.access import accounts, sessions
from central.access.accounts import AccountRefused, all_accounts, create, disable, hash_password, set_password
from central.access.audit import Action
from central.access.roles import GRANTS, Permission, permissions
from central.access.seed import DEMO_FILE, DemoRefused, refuse_demo_accounts, seed_demo, set_up
from central.access.sessions import LoginRefused, TooManyLogins, find, log_in, log_out, touch
from central.config import Access
from central.store.tables import audit
from central.store.tables import sessions as session_rows
from contract.vocabulary import Role
from tests.central.conftest import Central

POLICY = Access()
HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def hashed() -> str:
    return hash_password("correct horse")


@pytest.fixture
def officer(central: Central, hashed: str):
    roles = frozenset({Role.DUTY_OFFICER})
    return central.store.write(lambda t: create(t, "zhang", "张三", roles, hashed, by="test"))


def session(central: Central, cookie: str):
    with central.store.read() as connection:
        return find(connection, POLICY, cookie, central.clock.now().at)


def actions(central: Central) -> list[str]:
    return [row.action for row in central.rows(select(audit).order_by(audit.c.number))]


def test_the_right_password_opens_a_session_that_the_table_alone_does_not(central: Central, officer) -> None:
    cookie = log_in(central.store, POLICY, "zhang", "correct horse", HERE)
    found = session(central, cookie)
    assert found.account.full_name == "张三"
    assert Permission.DECIDE in found.account.permissions
    assert cookie not in str(central.rows(select(session_rows)))
    assert actions(central)[-1] == Action.LOGIN


@pytest.mark.parametrize(("name", "password"), [("zhang", "wrong"), ("nobody", "correct horse"), ("", "")])
def test_a_wrong_name_and_a_wrong_password_look_alike(central: Central, officer, name: str, password: str) -> None:
    with pytest.raises(LoginRefused):
        log_in(central.store, POLICY, name, password, HERE)
    assert actions(central)[-1] == Action.LOGIN_FAILED


def test_guessing_is_stopped_for_the_account_from_that_address_only(central: Central, officer) -> None:
    for _ in range(POLICY.failures):
        with pytest.raises(LoginRefused):
            log_in(central.store, POLICY, "zhang", "guess", HERE)
    with pytest.raises(TooManyLogins):
        log_in(central.store, POLICY, "zhang", "correct horse", HERE)
    assert log_in(central.store, POLICY, "zhang", "correct horse", "10.0.0.7")
    central.clock.advance(POLICY.wait_min * 60 + 1)
    assert log_in(central.store, POLICY, "zhang", "correct horse", HERE)


def test_guessing_over_many_names_is_stopped_for_the_address(central: Central, monkeypatch) -> None:
    monkeypatch.setattr(sessions, "verify_password", lambda _password, _hashed: False)
    for number in range(POLICY.failures * 4):
        with pytest.raises(LoginRefused):
            log_in(central.store, POLICY, f"name{number}", "guess", HERE)
    with pytest.raises(TooManyLogins):
        log_in(central.store, POLICY, "another", "guess", HERE)


def test_a_session_ends_after_half_an_hour_of_quiet(central: Central, officer) -> None:
    cookie = log_in(central.store, POLICY, "zhang", "correct horse", HERE)
    central.clock.advance(29 * 60)
    touch(central.store, session(central, cookie), central.clock.now().at)
    central.clock.advance(29 * 60)
    assert session(central, cookie) is not None
    central.clock.advance(2 * 60)
    assert session(central, cookie) is None


def test_a_session_ends_after_a_shift_however_busy(central: Central, officer) -> None:
    cookie = log_in(central.store, POLICY, "zhang", "correct horse", HERE)
    for _ in range(12 * 3):
        central.clock.advance(20 * 60)
        touch(central.store, session(central, cookie), central.clock.now().at)
    central.clock.advance(1)
    assert session(central, cookie) is None
    assert central.store.write(lambda t: sessions.purge(t, POLICY)) == 1


def test_logging_out_and_shutting_out_end_sessions_at_once(central: Central, officer, hashed: str) -> None:
    first = log_in(central.store, POLICY, "zhang", "correct horse", HERE)
    central.store.write(lambda t: log_out(t, session(central, first)))
    assert session(central, first) is None
    second = log_in(central.store, POLICY, "zhang", "correct horse", HERE)
    central.store.write(lambda t: set_password(t, officer, hashed, by="x", address="", must_change=False))
    assert session(central, second) is None
    third = log_in(central.store, POLICY, "zhang", "correct horse", HERE)
    central.store.write(lambda t: disable(t, officer, by="x", address=""))
    assert session(central, third) is None
    with pytest.raises(LoginRefused):
        log_in(central.store, POLICY, "zhang", "correct horse", HERE)


@pytest.mark.parametrize(
    ("name", "roles", "code"),
    [
        ("", {Role.EXPERT}, "bad_name"),
        (" li", {Role.EXPERT}, "bad_name"),
        ("x" * 41, {Role.EXPERT}, "bad_name"),
        ("li", set(), "no_role"),
        ("zhang", {Role.EXPERT}, "name_taken"),
    ],
)
def test_an_account_that_cannot_be_is_refused(central: Central, officer, name, roles, code) -> None:
    with pytest.raises(AccountRefused, match=code):
        central.store.write(lambda t: create(t, name, "", frozenset(roles), "hash", by="test"))


def test_no_role_may_both_decide_and_manage_accounts() -> None:
    assert set(GRANTS) == set(Role)
    assert all(Permission.VIEW in granted for granted in GRANTS.values())
    assert not any({Permission.DECIDE, Permission.ACCOUNTS} <= granted for granted in GRANTS.values())
    assert permissions([]) == frozenset()


def test_a_demo_makes_two_accounts_and_prints_the_same_passwords_again(central: Central, tmp_path: Path) -> None:
    passwords = seed_demo(central.store, tmp_path)
    assert set(passwords) == {"officer", "expert"}
    assert stat.S_IMODE((tmp_path / DEMO_FILE).stat().st_mode) == 0o600
    assert seed_demo(central.store, tmp_path) == passwords
    assert log_in(central.store, POLICY, "officer", passwords["officer"], HERE)
    assert actions(central).count(Action.ACCOUNT_CREATED) == 2


def test_a_demo_that_lost_its_file_gets_new_passwords(central: Central, tmp_path: Path) -> None:
    before = seed_demo(central.store, tmp_path)
    (tmp_path / DEMO_FILE).unlink()
    after = seed_demo(central.store, tmp_path)
    assert after != before
    assert log_in(central.store, POLICY, "expert", after["expert"], HERE)
    with pytest.raises(LoginRefused):
        log_in(central.store, POLICY, "expert", before["expert"], HERE)


def test_a_spoilt_demo_file_is_refused_with_what_to_do(central: Central, tmp_path: Path) -> None:
    (tmp_path / DEMO_FILE).write_text(json.dumps({"root": "root"}))
    with pytest.raises(DemoRefused, match="remove it"):
        seed_demo(central.store, tmp_path)
    (tmp_path / DEMO_FILE).write_text("{")
    with pytest.raises(DemoRefused, match="remove it"):
        seed_demo(central.store, tmp_path)


def test_demo_and_real_accounts_never_share_a_database(central: Central, tmp_path: Path, officer) -> None:
    with pytest.raises(DemoRefused, match="real accounts"):
        seed_demo(central.store, tmp_path)
    refuse_demo_accounts(central.store, tmp_path)
    central.store.write(lambda t: create(t, "demo", "", frozenset({Role.EXPERT}), "hash", by="test", demo=True))
    with pytest.raises(DemoRefused, match="--demo"):
        refuse_demo_accounts(central.store, tmp_path)


def test_the_code_for_the_first_administrator_exists_only_while_there_is_none(central: Central, hashed: str) -> None:
    first = set_up(central.store)
    first.check(first.code)
    for wrong in ("", "guess", first.code + "x"):
        with pytest.raises(AccountRefused, match="wrong_code"):
            first.check(wrong)
    central.store.write(lambda t: create(t, "admin", "", frozenset({Role.ADMINISTRATOR}), hashed, by="setup"))
    assert set_up(central.store).code == ""
    with pytest.raises(AccountRefused):
        set_up(central.store).check("")


def test_passwords_made_for_people_can_be_read_out() -> None:
    made = {accounts.random_password() for _ in range(50)}
    assert len(made) == 50
    assert not any(set(password) & set("il1o0") for password in made)


def test_the_session_is_touched_no_more_often_than_needed(central: Central, officer) -> None:
    cookie = log_in(central.store, POLICY, "zhang", "correct horse", HERE)
    opened = central.clock.now().at
    central.clock.advance(10)
    touch(central.store, session(central, cookie), central.clock.now().at)
    assert session(central, cookie).last_seen_at == opened
    central.clock.advance(30)
    touch(central.store, session(central, cookie), central.clock.now().at)
    assert session(central, cookie).last_seen_at == opened + timedelta(seconds=40)


def test_every_account_is_listed_by_name(central: Central, officer) -> None:
    central.officer("ai")
    with central.store.read() as connection:
        assert [account.name for account in all_accounts(connection)] == ["ai", "zhang"]
