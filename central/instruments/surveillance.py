"""What central does about instruments by itself: it hears reports, looks at the charts, waits no longer than allowed.

Every act is one towards caution, in the transaction of what caused it. WATCH asks the technician for a check today;
whoever is watched for a day without a clean check becomes suspect, and whoever is suspect for a day goes out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

import structlog
from sqlalchemy import Connection

from central.dispatch import Dispatch
from central.instruments import days, documents
from central.instruments.assessment import Assessment, Known, assess, assess_checks, checks
from central.instruments.cases import CaseSource, open_case
from central.instruments.life import SYSTEM, Ground, Hand, Life, current, lives, move
from central.instruments.lifecycle import CAUTION, MEASURES, Actor
from central.instruments.normalising import NARROW_C, narrow_c
from central.instruments.recalibration import Recalibration
from central.instruments.refusal import UnknownInstrument
from central.instruments.registry import all_instruments, of_gate
from central.instruments.scatter import Scatters
from central.instruments.streams import Cause
from central.instruments.thermometers import CONTACT
from central.instruments.wording import coded
from central.store.store import Store
from central.store.writer import Transaction
from contract.calibration import Certificate
from contract.messages import CheckResult, DriftReport
from contract.signing import Trust
from contract.vocabulary import HealthFlag, InstrumentState

SCREEN: Final = "screen"
WATCHED: Final = frozenset({SCREEN, CONTACT})
"""Only instruments that decide on people have a life; air sensors and plates are parts of theirs."""
WATCH_FOR: Final = timedelta(hours=24)
SUSPECT_FOR: Final = timedelta(hours=24)
CALIBRATION_GRACE: Final = timedelta(days=7)
CATCH_UP_DAYS: Final = 7
"""Days that are counted after an outage of central itself; passages of longer ago are there on request."""
READS_WRONG: Final = frozenset(
    {
        HealthFlag.STUCK,
        HealthFlag.NOISE,
        HealthFlag.NORMALISING,
        HealthFlag.NON_UNIFORMITY,
        HealthFlag.GAIN,
        HealthFlag.OFFSET_EXCESS,
    }
)
"""Flags of a gate that mean wrong readings; the others ask for a look."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Surveillance:
    """Hears and acts; what takes a transaction works in the caller's."""

    dispatch: Dispatch
    zone: tzinfo
    trust: Trust = field(default_factory=lambda: Trust(()))
    scatters: Scatters = field(default_factory=Scatters)

    @property
    def recalibration(self) -> Recalibration:
        """The steps of cases, for what gates and their technicians do."""
        return Recalibration(self.dispatch, self.trust)

    def hear_check(self, transaction: Transaction, gate: str, check: CheckResult) -> None:
        """Look at the charts again with this check in them; a failed one asks for attention by itself."""
        life = _life(transaction.connection, gate, check.instrument)
        if life is None:
            return
        found = assess_checks(transaction.connection, life, check, self.zone, self.scatters)
        if not self.act(transaction, found, (f"check:{check.id}",)) and not check.passed:
            why = coded("check", value=f"{check.residual_c:+.2f}")
            self._caution(transaction, life, InstrumentState.WATCH, why, (f"check:{check.id}",))

    def hear_drift(self, transaction: Transaction, gate: str, report: DriftReport) -> None:
        """Believe a gate that doubts its own instrument."""
        life = _life(transaction.connection, gate, report.instrument)
        if life is None:
            return
        target = InstrumentState.SUSPECT if report.flag in READS_WRONG else InstrumentState.WATCH
        why = coded("flag", flag=report.flag, value=f"{report.value:g}", limit=f"{report.limit:g}")
        self._caution(transaction, life, target, why, (f"report:{report.id}",), CaseSource.GATE)

    def hear_certificate(self, transaction: Transaction, gate: str, certificate: Certificate) -> documents.Kept:
        """Keep a certificate that a gate's technician made, with whether it may be used."""
        return documents.keep(transaction, gate, certificate, f"{gate}: {certificate.made_by}", self.trust)

    def act(self, transaction: Transaction, found: Assessment, references: tuple[str, ...] = ()) -> bool:
        """Do what an assessment asks for; False if it asks for nothing more than is the case."""
        if found.state is None or (found.cause is Cause.DISAGREE and _blamed(transaction.connection, found)):
            return False
        life = current(transaction.connection, found.gate, found.instrument)
        why = "; ".join(_told(found))
        streams = tuple(f"stream:{one.stream}" for one in found.speaking)
        return self._caution(transaction, life, found.state, why, (*references, *streams))

    def look(self, store: Store, day: date) -> list[Assessment]:
        """Count a day that is over and act on what it says; doing it again changes nothing.

        Only counting and acting hold the writer; the charts are run on a reader's connection.
        """
        store.write(lambda transaction: days.keep(transaction, day, self.zone))
        with store.read() as connection:
            known, end = Known.read(connection, day), days.bounds(day, self.zone)[1]
            found = [
                assess(
                    life,
                    checks(connection, life, life.verified_at, end),
                    known,
                    self.zone,
                    self.scatters.of(connection, life, day, self.zone),
                )
                for life in _screening(connection)
            ]
            narrow = [
                (life, spread_c)
                for life in _screening(connection)
                if (spread_c := narrow_c(known.own(life, days.Series.PASSERS), day)) is not None
            ]
        store.write(lambda transaction: self._act_on(transaction, found, narrow))
        return found

    def _act_on(self, transaction: Transaction, found: list[Assessment], narrow: list[tuple[Life, float]]) -> None:
        for one in found:
            self.act(transaction, one)
        for life, spread_c in narrow:
            why = coded("flag", flag=HealthFlag.NORMALISING, value=f"{spread_c:.2f}", limit=f"{NARROW_C:g}")
            now = current(transaction.connection, life.gate, life.instrument)
            self._caution(transaction, now, InstrumentState.SUSPECT, why, ())

    def catch_up(self, store: Store, today: date) -> int:
        """Look at every day that is over and was not looked at; returns how many."""
        with store.read() as connection:
            newest = days.last_day(connection)
        first = today - timedelta(days=CATCH_UP_DAYS)
        if newest is not None:
            first = max(first, newest + timedelta(days=1))
        count = (today - first).days
        for number in range(count):
            self.look(store, first + timedelta(days=number))
        return max(count, 0)

    def overdue(self, transaction: Transaction) -> None:
        """Let nothing wait: watched without a clean check becomes suspect; suspect, or overdue for calibration, out."""
        for life in lives(transaction.connection).values():
            waited = transaction.at - life.since
            if life.state is InstrumentState.WATCH and waited > WATCH_FOR:
                why = f"{coded('watched_for', hours=_hours(WATCH_FOR))}; {life.reason}"
                self._caution(transaction, life, InstrumentState.SUSPECT, why, ())
            elif life.state is InstrumentState.SUSPECT and waited > SUSPECT_FOR:
                why = f"{coded('suspect_for', hours=_hours(SUSPECT_FOR))}; {life.reason}"
                self._caution(transaction, life, InstrumentState.OUT, why, ())
        for one in all_instruments(transaction.connection):
            until = one.health.certificate_until
            if one.health.role == SCREEN and until is not None and transaction.at - until > CALIBRATION_GRACE:
                life = current(transaction.connection, one.gate, one.instrument)
                why, ended = coded("overdue", days=CALIBRATION_GRACE.days), f"certificate:{one.health.certificate_id}"
                self._caution(transaction, life, InstrumentState.OUT, why, (ended,))

    def _caution(
        self,
        transaction: Transaction,
        life: Life,
        target: InstrumentState,
        why: str,
        references: tuple[str, ...],
        source: CaseSource = CaseSource.DRIFT,
    ) -> bool:
        """Move towards caution and open a case; False if the instrument stands there already or measures nobody."""
        if life.state not in MEASURES or CAUTION[target] <= CAUTION[life.state]:
            return False
        hand = Hand(SYSTEM.who, (Actor.SYSTEM,), name=SYSTEM.name)
        case = open_case(transaction, life.gate, life.instrument, source, hand, why, references)
        ground = Ground(why, references=(f"case:{case}", *references))
        move(transaction, self.dispatch, life.gate, life.instrument, target, hand, ground)
        log.warning("instrument", gate=life.gate, instrument=life.instrument, state=target, reason=why)
        return True


def _life(connection: Connection, gate: str, instrument: str) -> Life | None:
    """Return an instrument's life, or None for one that its gate has not named yet: there is nothing to move."""
    try:
        return current(connection, gate, instrument)
    except UnknownInstrument:
        return None


def _screening(connection: Connection) -> Iterator[Life]:
    for one in all_instruments(connection):
        if one.health.role in WATCHED:
            yield current(connection, one.gate, one.instrument)


def _blamed(connection: Connection, found: Assessment) -> bool:
    """Say whether another instrument of the gate is known to be the wrong one of two that disagree."""
    doubted = {InstrumentState.SUSPECT, InstrumentState.OUT, InstrumentState.RECAL}
    return any(
        current(connection, one.gate, one.instrument).state in doubted
        for one in of_gate(connection, found.gate)
        if one.health.role == SCREEN and one.instrument != found.instrument
    )


def _told(found: Assessment) -> Iterator[str]:
    for one in found.speaking:
        newest = one.points[-1].value.value_c if one.points else 0.0
        flag = one.evidence().flag
        if flag is None:
            yield coded("stream", stream=one.stream, value=f"{newest:+.2f}")
        else:
            since = one.points[flag.change_point - 1].day.isoformat()
            yield coded("stream_since", stream=one.stream, value=f"{newest:+.2f}", since=since)
    if found.cause is not None:
        yield coded("cause", cause=found.cause)


def _hours(span: timedelta) -> int:
    return round(span / timedelta(hours=1))


def local_zone(now: datetime) -> tzinfo:
    """Return the zone of this machine, in which a district's day begins."""
    zone = now.astimezone().tzinfo
    if zone is None:
        raise ValueError("the machine names no time zone")
    return zone
