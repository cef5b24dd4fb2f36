"""A whole case below the web, certificates good and bad, surveillance, days and reviews, on a real database."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from central.instruments import cases, documents, retrospect
from central.instruments.assessment import Assessment, Known, assess
from central.instruments.cases import CaseSource, CaseStage
from central.instruments.found import AsFound, FoundPoint, check_found
from central.instruments.life import Hand, current
from central.instruments.lifecycle import Actor, TransitionRefused
from central.instruments.recalibration import Recalibration
from central.instruments.refusal import InstrumentRefused
from central.instruments.review import ReviewList
from central.instruments.streams import Cause
from central.store.tables import outbox
from contract.calibration import CalibrationPoint, Certificate, Conditions, Correction
from contract.messages import (
    CertificateBody,
    CheckResult,
    DriftReport,
    GateHealth,
    InstrumentHealth,
    MeasurementBody,
    decode,
)
from contract.signing import Trust, sign
from contract.topics import parse
from contract.vocabulary import HealthFlag, InstrumentState, LinkState, Reason, Role, VerdictKind
from tests.central.conftest import Central, a_measurement, a_verdict, an_alert

GOOD = AsFound((FoundPoint(34, 34.3), FoundPoint(37, 37.4), FoundPoint(42, 42.3)), 0.15, 0.5)


@pytest.fixture
def array(central: Central) -> Central:
    name(central)
    return central


def name(central: Central, gate: str = "dock-1") -> None:
    part = InstrumentHealth(instrument="array", driver="gy_mcu90640", serial="A-1", role="screen", link=LinkState.UP)
    central.say(gate, GateHealth(at=central.clock.now().at, screening=True, instruments=(part,), simulated=True))


def check(central: Central, residual_c: float, *, n: int = 10, passed: bool | None = None) -> UUID:
    at = central.clock.now().at
    result = CheckResult(
        id=UUID(int=int(at.timestamp() * 1e6)),
        instrument="array",
        at=at,
        reference_c=36,
        mean_c=36 + residual_c,
        residual_c=residual_c,
        n=n,
        passed=abs(residual_c) <= 0.25 if passed is None else passed,
        made_by="小李",
    )
    central.say("dock-1", result)
    return result.id


def certificate(central: Central, **changes) -> Certificate:
    at = central.clock.now().at
    points = tuple(CalibrationPoint(reference_c=t, indicated_c=t + 0.05, n=10, sd_c=0.03) for t in (34, 37, 39, 42))
    values = {
        "id": UUID(int=99),
        "instrument": "array",
        "serial": "A-1",
        "valid_from": at - timedelta(hours=1),
        "valid_until": at + timedelta(days=180),
        "correction": Correction(a_c=0.3, b=0.0, u_a_c=0.06, u_b=0.01),
        "range_low_c": 30,
        "range_high_c": 43,
        "conditions": Conditions(ambient_c=23),
        "as_left": points,
        "procedure": "points-4",
        "reference_standard": "Fluke 4180",
        "made_by": "小李",
        "expanded_c": 0.15,
        "mpe_c": 0.5,
    }
    return Certificate(**(values | changes)).sealed()


def hand(central: Central, login: str = "expert") -> Hand:
    account = central.officer(login, frozenset({Role.EXPERT}))
    return Hand(account.full_name, (Actor.EXPERT,), "", account.id, account.name)


def state(central: Central) -> InstrumentState:
    with central.store.read() as connection:
        return current(connection, "dock-1", "array").state


def the_case(central: Central) -> cases.Case:
    with central.store.read() as connection:
        return (cases.page(connection, closed=False) + cases.page(connection, closed=True))[0]


@pytest.fixture
def desk(array: Central) -> Recalibration:
    return Recalibration(array.decisions.dispatch, Trust(()))


def test_drifting_checks_make_it_suspect_open_a_case_and_order_the_gate(array: Central) -> None:
    for residual_c in [0.02, -0.03, 0.0, 0.04, -0.01] * 4 + [0.24, 0.24, 0.24]:
        assert state(array) is InstrumentState.IN_SERVICE
        array.clock.advance(86_400)
        check(array, residual_c)
    assert state(array) is InstrumentState.SUSPECT
    case = the_case(array)
    assert (case.source, case.stage, case.opened_by) == (CaseSource.DRIFT, CaseStage.OPENED, "system")
    assert "reference_check" in case.reason
    told = [decode(row.payload, parse(row.topic))[1] for row in array.rows(select(outbox))]
    assert [body.state for body in told] == [InstrumentState.SUSPECT]


def test_three_repeats_beyond_the_action_limit_do_not_wait_for_the_chart(array: Central) -> None:
    for _ in range(4):
        array.clock.advance(60)
        check(array, -0.4)
    assert state(array) is InstrumentState.SUSPECT


def test_one_failed_check_asks_for_another_and_a_clean_one_ends_it(array: Central, desk: Recalibration) -> None:
    check(array, 0.3)
    assert state(array) is InstrumentState.WATCH
    who = hand(array)
    back = lambda: array.store.write(  # noqa: E731  # tried twice
        lambda t: desk.tend(t, "dock-1", "array", InstrumentState.IN_SERVICE, who, "checked")
    )
    with pytest.raises(TransitionRefused, match="needs passed_check"):
        back()
    array.clock.advance(600)
    check(array, 0.05, n=30)
    back()
    assert state(array) is InstrumentState.IN_SERVICE
    assert the_case(array).outcome == "false_flag"


@pytest.mark.parametrize(
    ("flag", "wanted"),
    [(HealthFlag.STUCK, InstrumentState.SUSPECT), (HealthFlag.CHECK_OVERDUE, InstrumentState.WATCH)],
)
def test_a_gate_that_doubts_its_instrument_is_believed(array: Central, flag, wanted) -> None:
    at = array.clock.now().at
    array.say("dock-1", DriftReport(id=UUID(int=5), instrument="array", at=at, flag=flag, value=12, limit=3))
    assert state(array) is wanted


def test_a_twin_is_not_asked_about_once_the_other_one_is_known_to_be_wrong(array: Central) -> None:
    name(array)
    other = InstrumentHealth(instrument="spot", driver="gy_614v", role="screen", link=LinkState.UP)
    array.say("dock-1", GateHealth(at=array.clock.now().at, screening=True, instruments=(other,)))
    day = array.clock.now().at.date()
    found = Assessment("dock-1", "spot", day, (), InstrumentState.WATCH, Cause.DISAGREE)
    who = hand(array)
    desk = Recalibration(array.decisions.dispatch, Trust(()))
    case = array.store.write(lambda t: desk.ask(t, "dock-1", "array", who, CaseSource.EXPERT, "bumped"))
    assert array.store.write(lambda t: array.surveillance.act(t, found)) is False
    array.clock.advance(600)
    check(array, 0.0, n=30)
    array.store.write(lambda t: desk.tend(t, "dock-1", "array", InstrumentState.IN_SERVICE, who, "checked"))
    assert case is not None
    assert array.store.write(lambda t: array.surveillance.act(t, found)) is True


def test_an_instrument_that_shows_everybody_the_same_for_a_week_is_suspect(array: Central) -> None:
    start = array.clock.now().at.date()
    for day in range(3):
        passes(array, "dock-1", [36.5 + 0.01 * (i % 20) for i in range(40)])
        array.surveillance.look(array.store, start + timedelta(days=day))
        assert state(array) is (InstrumentState.IN_SERVICE if day < 2 else InstrumentState.SUSPECT)
        array.clock.advance(86_400)
    assert the_case(array).reason == "why.flag flag=normalising value=0.06 limit=0.22"


def test_nothing_waits_longer_than_a_day(array: Central) -> None:
    check(array, 0.3)
    for wanted in (InstrumentState.SUSPECT, InstrumentState.OUT, InstrumentState.OUT):
        array.clock.advance(86_401)
        array.store.write(array.surveillance.overdue)
        assert state(array) is wanted


def test_a_calibration_that_is_overdue_by_more_than_a_week_takes_it_out(array: Central) -> None:
    until = array.clock.now().at + timedelta(days=1)
    part = InstrumentHealth(
        instrument="array",
        driver="gy_mcu90640",
        role="screen",
        link=LinkState.UP,
        certificate_id=UUID(int=99),
        certificate_until=until,
    )
    for days, wanted in ((7.9, InstrumentState.IN_SERVICE), (8.1, InstrumentState.OUT)):
        array.clock.advance((until + timedelta(days=days - 1) - array.clock.now().at).total_seconds())
        array.say("dock-1", GateHealth(at=array.clock.now().at, screening=True, instruments=(part,)))
        array.store.write(array.surveillance.overdue)
        assert state(array) is wanted
    assert the_case(array).reason == "why.overdue days=7"


def test_a_whole_case(array: Central, desk: Recalibration) -> None:
    who, write = hand(array), array.store.write
    case = write(lambda t: desk.ask(t, "dock-1", "array", who, CaseSource.TECHNICIAN, "too warm"))
    assert state(array) is InstrumentState.SUSPECT
    array.clock.advance(3600)
    write(lambda t: desk.take(t, case, who))
    assert state(array) is InstrumentState.RECAL
    with pytest.raises(InstrumentRefused):
        write(lambda t: desk.adjust(t, case, who, "before as found"))
    assert write(lambda t: desk.record_found(t, case, who, GOOD)) is not None
    write(lambda t: desk.adjust(t, case, who, "gain trimmed"))
    assert state(array) is InstrumentState.VERIFY
    write(lambda t: desk.verify(t, case, who, certificate(array)))
    array.clock.advance(3600)
    write(lambda t: desk.close(t, case, who))
    done = the_case(array)
    assert state(array) is InstrumentState.IN_SERVICE
    assert (done.stage, done.outcome, done.alone) == (CaseStage.CLOSED, "recalibrated", True)
    assert (done.to_expert, done.to_service) == (timedelta(hours=1), timedelta(hours=2))
    rows = array.rows(select(outbox).order_by(outbox.c.message_id))
    certified, order = (decode(row.payload, parse(row.topic))[1] for row in rows)
    assert isinstance(certified, CertificateBody)
    assert order.state is InstrumentState.IN_SERVICE


def adjusted(central: Central, desk: Recalibration, who: Hand) -> UUID:
    write = central.store.write
    case = write(lambda t: desk.ask(t, "dock-1", "array", who, CaseSource.EXPERT, "bumped"))
    write(lambda t: desk.take(t, case, who))
    write(lambda t: desk.record_found(t, case, who, GOOD))
    write(lambda t: desk.adjust(t, case, who, ""))
    return case


def test_whoever_adjusted_does_not_verify_while_another_expert_is_there(array: Central, desk: Recalibration) -> None:
    who = hand(array)
    case = adjusted(array, desk, who)
    other = hand(array, "second")
    with pytest.raises(InstrumentRefused) as refusal:
        array.store.write(lambda t: desk.verify(t, case, who, certificate(array)))
    assert (refusal.value.code, refusal.value.values["who"]) == ("cases.second_person", "second 同志")
    array.store.write(lambda t: desk.verify(t, case, other, certificate(array)))
    assert (the_case(array).verified_by, the_case(array).alone) == ("second 同志", False)


def altered(central: Central) -> Certificate:
    good = certificate(central)
    return good.model_copy(update={"correction": good.correction.model_copy(update={"a_c": 0.31})})


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (altered, "certificate.refused_tampered"),
        (lambda c: certificate(c, valid_until=c.clock.now().at), "certificate.refused_expired"),
        (lambda c: certificate(c, serial="A-2"), "certificate.refused_other_instrument"),
        (lambda c: certificate(c, instrument="spot"), "certificate.refused_other_instrument"),
        (lambda c: certificate(c, expanded_c=0.43), "cases.poor_reference"),
        (lambda c: certificate(c, as_left=()), "certificate.not_judged"),
        (
            lambda c: certificate(c, as_left=(CalibrationPoint(reference_c=37, indicated_c=37.4, n=10, sd_c=0.03),)),
            "certificate.not_passed",
        ),
    ],
)
def test_a_bad_certificate_releases_nothing(array: Central, desk: Recalibration, make, code: str) -> None:
    who = hand(array)
    case = adjusted(array, desk, who)
    with pytest.raises(InstrumentRefused) as refusal:
        array.store.write(lambda t: desk.verify(t, case, who, make(array)))
    assert refusal.value.code == code
    assert the_case(array).stage is CaseStage.ADJUSTED


def test_with_keys_only_a_trusted_signature_counts(array: Central) -> None:
    key, stranger = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    trust, at = Trust([key.public_key()]), array.clock.now().at
    good = sign(certificate(array), key)
    assert documents.judge(good, "array", "A-1", at, trust) == ""
    for bad in (certificate(array), sign(certificate(array), stranger)):
        assert documents.judge(bad, "array", "A-1", at, trust) == documents.UNSIGNED


def test_certificates_of_a_gate_are_kept_refused_ones_too(array: Central) -> None:
    array.say("dock-1", CertificateBody(certificate=certificate(array)))
    array.say("dock-1", CertificateBody(certificate=altered(array)))
    with array.store.read() as connection:
        kept = documents.of_instrument(connection, "dock-1", "array")
    assert sorted(one.refused for one in kept) == ["", "certificate_tampered"]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (AsFound((FoundPoint(73, 37.1),), 0.15, 0.5), "cases.implausible"),
        (AsFound((FoundPoint(37, 43.1),), 0.15, 0.5), "cases.error_too_large"),
        (AsFound((FoundPoint(37, float("nan")),), 0.15, 0.5), "cases.implausible"),
        (AsFound((FoundPoint(37, 37.1),), 0.43, 0.5), "cases.poor_reference"),
        (AsFound((FoundPoint(37, 37.1),), -1.0, 0.5), "cases.bad_uncertainty"),
        (AsFound((), 0.15, 0.5), "cases.no_points"),
    ],
)
def test_what_cannot_be_is_refused_with_the_likely_slip(found: AsFound, code: str) -> None:
    with pytest.raises(InstrumentRefused) as refusal:
        check_found(found)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("readings_c", "gain_pct"),
    [((33.6, 36.45, 38.35, 41.2), -5.0), ((34.3, 37.3, 39.3, 42.3), 0.0), ((34.3, 37.3, 39.3), None)],
)
def test_what_is_found_tells_a_gain_from_an_offset(readings_c, gain_pct) -> None:
    points = (FoundPoint(*pair) for pair in zip((34, 37, 39, 42), readings_c, strict=False))
    assert AsFound(tuple(points), 0.15, 0.5).gain_pct == (None if gain_pct is None else pytest.approx(gain_pct))


def passes(central: Central, gate: str, values_c: list[float], reference_offset_c: float | None = None) -> list[UUID]:
    at, ids = central.clock.now().at, []
    for number, value_c in enumerate(values_c):
        said = a_measurement(
            at + timedelta(seconds=number),
            gate,
            body_c=value_c,
            adjusted_c=value_c,
            u_c=0.3,
            baseline_c=0.0,
            reference_offset_c=reference_offset_c,
        )
        letter = central.up.letter(gate, MeasurementBody(measurement=said, verdict=a_verdict(VerdictKind.PASS)))
        central.ingest.receive(letter.topic, letter.payload)
        ids.append(said.passage)
    central.settle()
    return ids


def alarms(central: Central) -> tuple[UUID, UUID, UUID]:
    """Let the gate raise three alerts: one just above the limit, one far above, one by another instrument."""
    at, found = central.clock.now().at, []
    for number, (value_c, instrument) in enumerate(((37.6, "array"), (39.2, "array"), (37.6, "spot"))):
        changes = {"body_c": value_c, "adjusted_c": value_c, "u_c": 0.3, "baseline_c": 0.0, "instrument": instrument}
        alert = an_alert(at + timedelta(seconds=10 + number), "dock-1", **changes)
        central.say("dock-1", alert)
        found.append(alert.passage)
    return found[0], found[1], found[2]


def test_the_review_is_right_to_the_person(array: Central, desk: Recalibration) -> None:
    check(array, 0.0)
    array.clock.advance(60)
    missed, healthy, likely = passes(array, "dock-1", [37.6, 36.4, 36.85])
    false_alarm, real, other = alarms(array)
    array.clock.advance(600)
    who, write = hand(array), array.store.write
    case = write(lambda t: desk.ask(t, "dock-1", "array", who, CaseSource.EXPERT, "reads low"))
    write(lambda t: desk.take(t, case, who))
    low = AsFound((FoundPoint(37, 36.5),), 0.15, 0.5)
    review = write(lambda t: desk.record_found(t, case, who, low))
    with array.store.read() as connection:
        page = retrospect.load(connection, review)
    assert page.review.passages == 5
    assert {name: [row.passage for row in rows] for name, rows in page.lists.items()} == {
        ReviewList.POSSIBLY_MISSED: [missed],
        ReviewList.EXTENDED: [likely],
        ReviewList.POSSIBLY_FALSE: [],
    }
    assert {healthy, false_alarm, real, other}.isdisjoint(row.passage for rows in page.lists.values() for row in rows)


def test_what_a_blackbody_in_view_had_taken_off_misjudged_nobody(array: Central, desk: Recalibration) -> None:
    passes(array, "dock-1", [36.5, 36.6, 36.7], reference_offset_c=0.1)
    array.clock.advance(60)
    check(array, 0.0)
    array.clock.advance(60)
    passes(array, "dock-1", [37.2], reference_offset_c=-0.4)
    (hidden,) = passes(array, "dock-1", [37.2], reference_offset_c=0.1)  # the plate did not see it
    array.clock.advance(600)
    who, write = hand(array), array.store.write
    case = write(lambda t: desk.ask(t, "dock-1", "array", who, CaseSource.EXPERT, "reads low"))
    write(lambda t: desk.take(t, case, who))
    review = write(lambda t: desk.record_found(t, case, who, AsFound((FoundPoint(37, 36.5),), 0.15, 0.5)))
    with array.store.read() as connection:
        page = retrospect.load(connection, review)
    assert [row.passage for row in page.lists[ReviewList.POSSIBLY_MISSED]] == [hidden]


def test_the_other_list_holds_whom_an_instrument_that_read_high_stopped(array: Central, desk: Recalibration) -> None:
    passes(array, "dock-1", [37.2])
    false_alarm, real, other = alarms(array)
    array.clock.advance(60)
    who, write = hand(array), array.store.write
    case = write(lambda t: desk.ask(t, "dock-1", "array", who, CaseSource.EXPERT, "reads high"))
    write(lambda t: desk.take(t, case, who))
    review = write(lambda t: desk.record_found(t, case, who, AsFound((FoundPoint(37, 37.5),), 0.15, 0.5)))
    with array.store.read() as connection:
        page = retrospect.load(connection, review)
    assert [row.passage for row in page.lists[ReviewList.POSSIBLY_FALSE]] == [false_alarm]
    assert page.lists[ReviewList.POSSIBLY_MISSED] == page.lists[ReviewList.EXTENDED] == []
    assert {real, other}.isdisjoint(row.passage for rows in page.lists.values() for row in rows)


@pytest.mark.parametrize(("value_c", "reads_c", "listed"), [(37.6, 36.5, "possibly_missed"), (37.2, 37.5, None)])
def test_a_fever_that_a_contact_reading_found_was_no_alarm_of_the_instruments(
    array: Central, desk: Recalibration, value_c: float, reads_c: float, listed: str | None
) -> None:
    changes = {"body_c": value_c, "adjusted_c": value_c, "u_c": 0.3, "baseline_c": 0.0}
    said = a_verdict(VerdictKind.PASS).model_copy(update={"reasons": (Reason.CONTACT_FEVER,)})
    alert = an_alert(array.clock.now().at, "dock-1", **changes).model_copy(update={"verdict": said})
    passed = MeasurementBody(measurement=alert.measurement, verdict=a_verdict(VerdictKind.PASS))
    array.say("dock-1", passed)
    array.say("dock-1", alert)
    array.clock.advance(60)
    who, write = hand(array), array.store.write
    case = write(lambda t: desk.ask(t, "dock-1", "array", who, CaseSource.EXPERT, "reads wrong"))
    write(lambda t: desk.take(t, case, who))
    review = write(lambda t: desk.record_found(t, case, who, AsFound((FoundPoint(37, reads_c),), 0.15, 0.5)))
    with array.store.read() as connection:
        page = retrospect.load(connection, review)
    assert page.review.passages == 1
    found = {name: [(row.passage, row.alert) for row in rows] for name, rows in page.lists.items() if rows}
    assert found == ({} if listed is None else {ReviewList(listed): [(alert.passage, alert.id)]})


def test_a_day_is_counted_once_and_the_fleet_shows_who_slid(array: Central) -> None:
    names = ("dock-1", "dock-2", "dock-3")
    for gate in names[1:]:
        name(array, gate)
    start = array.clock.now().at.date()
    for day in range(10):
        for gate in names:
            slid_c = -0.4 if gate == "dock-1" and day >= 6 else 0.0
            passes(array, gate, [36.5 + slid_c + 0.05 * (i % 20) for i in range(100)])
        array.surveillance.look(array.store, start + timedelta(days=day))
        array.surveillance.look(array.store, start + timedelta(days=day))
        array.clock.advance(86_400)
        name(array)
    with array.store.read() as connection:
        life = current(connection, "dock-1", "array")
        fleet = assess(life, [], Known.read(connection, start + timedelta(days=9)), array.surveillance.zone)
    assert state(array) in {InstrumentState.WATCH, InstrumentState.SUSPECT}
    assert the_case(array).gate == "dock-1"
    chart = next(one for one in fleet.streams if one.stream == "fleet")
    less_usual_c = [point.value.value_c for point in chart.points]
    assert less_usual_c[:6] == pytest.approx([0.0] * 6)
    assert all(-0.4 <= value_c < -0.25 for value_c in less_usual_c[6:])
    with array.store.read() as connection:
        assert len(cases.page(connection, closed=False)) == 1
        assert array.surveillance.catch_up(array.store, date(2026, 2, 4)) == 1
