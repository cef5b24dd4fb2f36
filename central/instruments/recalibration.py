"""The steps of a case, each with what it does to the instrument; every method works in the caller's transaction."""

from dataclasses import dataclass
from uuid import UUID

from central.access.sessions import Session
from central.dispatch import Dispatch
from central.instruments import documents, retrospect
from central.instruments.cases import (
    Case,
    CaseOutcome,
    CaseSource,
    CaseStage,
    change,
    demand,
    experts,
    find,
    note,
    open_case,
    open_of,
    other_experts,
)
from central.instruments.clean import FIRST_CHECKS, first_checks, passed_check
from central.instruments.found import AsFound, as_json, check_found
from central.instruments.life import Ground, Hand, Life, current, move
from central.instruments.lifecycle import CAUTION, Evidence
from central.instruments.refusal import InstrumentRefused
from central.instruments.wording import coded
from central.store.writer import Transaction
from contract.calibration import Certificate
from contract.messages import CertificateBody
from contract.signing import Trust
from contract.vocabulary import InstrumentState

_S = InstrumentState


@dataclass(frozen=True, slots=True)
class Recalibration:
    """What moves cases and the instruments in them."""

    dispatch: Dispatch
    trust: Trust

    def ask(self, transaction: Transaction, gate: str, instrument: str, by: Hand, source: CaseSource, why: str) -> UUID:
        """Ask for an expert: the instrument becomes suspect if it still measures, and a case is opened."""
        if not why:
            raise InstrumentRefused("cases.say_why")
        life = current(transaction.connection, gate, instrument)
        case = open_case(transaction, gate, instrument, source, by, why)
        if life.state in {_S.IN_SERVICE, _S.WATCH}:
            self._move(transaction, find(transaction.connection, case), _S.SUSPECT, by, why)
        return case

    def tend(
        self, transaction: Transaction, gate: str, instrument: str, target: InstrumentState, by: Hand, why: str
    ) -> Life:
        """Move an instrument outside of a case's own steps; a return to service ends a case as a false flag."""
        if not why:
            raise InstrumentRefused("cases.say_why")
        if target in {_S.RECAL, _S.VERIFY}:
            raise InstrumentRefused("cases.through_case")
        connection = transaction.connection
        life, case = current(connection, gate, instrument), open_of(connection, gate, instrument)
        ground = Ground(why, references=() if case is None else (f"case:{case.id}",))
        if target is _S.IN_SERVICE and life.state is _S.VERIFY:
            raise InstrumentRefused("cases.through_case")
        if target is _S.IN_SERVICE and life.state is _S.COMMISSIONING:
            return self._commission(transaction, life, by, why)
        if target is _S.IN_SERVICE:
            checks = passed_check(connection, life, transaction.at)
            have = frozenset({Evidence.PASSED_CHECK}) if checks else frozenset[Evidence]()
            ground = Ground(why, have, (*ground.references, *(f"check:{check.id}" for check in checks)))
        moved = move(transaction, self.dispatch, gate, instrument, target, by, ground)
        if case is not None and target is _S.IN_SERVICE:
            self._end(transaction, case, by, CaseOutcome.FALSE_FLAG, why)
        if case is not None and target is _S.RETIRED:
            self._end(transaction, case, by, CaseOutcome.RETIRED, why)
        return moved

    def _commission(self, transaction: Transaction, life: Life, by: Hand, why: str) -> Life:
        """Bring a new instrument into service: a certificate that passes, and the first checks under it."""
        connection = transaction.connection
        certificate = documents.newest_usable(connection, life.gate, life.instrument)
        if certificate is None:
            raise InstrumentRefused("life.needs_pass_certificate")
        self._still_good(transaction, life, certificate)
        documents.release(certificate)
        made = first_checks(connection, life, certificate, transaction.at)
        if len(made) < FIRST_CHECKS:
            raise InstrumentRefused("life.needs_commissioned", made=len(made), wanted=FIRST_CHECKS)
        self.dispatch.send(transaction, life.gate, CertificateBody(certificate=certificate))
        have = frozenset({Evidence.COMMISSIONED, Evidence.PASS_CERTIFICATE})
        references = (f"certificate:{certificate.id}", *(f"check:{check.id}" for check in made))
        ground = Ground(why, have, references, certificate.sha256)
        return move(transaction, self.dispatch, life.gate, life.instrument, _S.IN_SERVICE, by, ground)

    def _still_good(self, transaction: Transaction, life: Life, certificate: Certificate) -> None:
        """Raise InstrumentRefused if a certificate that was good when it came is not any more."""
        serial = documents.serial_of(transaction.connection, life.gate, life.instrument)
        good_for = serial or certificate.serial
        if why := documents.judge(certificate, life.instrument, good_for, transaction.at, self.trust):
            raise InstrumentRefused(documents.sentence(why))

    def assign(self, transaction: Transaction, case: UUID, by: Hand, expert: UUID) -> None:
        """Say whose case it is. Raises InstrumentRefused if that account is no expert's."""
        standing = find(transaction.connection, case)
        demand(standing, CaseStage.OPENED, CaseStage.ASSIGNED)
        name = dict(experts(transaction.connection)).get(expert)
        if name is None:
            raise InstrumentRefused("cases.no_expert")
        values = {"expert": expert, "expert_name": name, "assigned_at": transaction.at, "taken_at": None}
        change(transaction, case, stage=CaseStage.ASSIGNED, **values)
        note(transaction, case, by, coded("assigned", name))

    def take(self, transaction: Transaction, case: UUID, by: Hand) -> None:
        """Begin: the case is the expert's own and the instrument stops deciding."""
        standing = find(transaction.connection, case)
        demand(standing, CaseStage.OPENED, CaseStage.ASSIGNED)
        if standing.expert not in {None, by.account}:
            raise InstrumentRefused("cases.other_expert", who=standing.expert_name)
        life = current(transaction.connection, standing.gate, standing.instrument)
        if CAUTION[life.state] < CAUTION[_S.OUT]:
            self._move(transaction, standing, _S.OUT, by, standing.reason)
            life = current(transaction.connection, standing.gate, standing.instrument)
        if life.state is _S.OUT:
            self._move(transaction, standing, _S.RECAL, by, standing.reason)
        values = {"expert": by.account, "expert_name": by.who, "taken_at": transaction.at}
        change(
            transaction, case, stage=CaseStage.ASSIGNED, assigned_at=standing.assigned_at or transaction.at, **values
        )
        note(transaction, case, by, coded("taken"))

    def record_found(self, transaction: Transaction, case: UUID, by: Hand, found: AsFound) -> UUID | None:
        """Keep what it showed before adjustment; returns the review that was opened, if |e| > U."""
        standing = self._own(transaction, case, by, CaseStage.ASSIGNED)
        if standing.taken_at is None:
            raise InstrumentRefused("cases.take_first")
        check_found(found)
        change(transaction, case, stage=CaseStage.AS_FOUND, as_found=as_json(found), as_found_at=transaction.at)
        values = {"value": f"{found.error_c:+.3f}", "expanded": f"{found.expanded_c:g}", "zone": found.zone}
        note(transaction, case, by, coded("found", **values))
        if not found.significant:
            return None
        return retrospect.make(transaction, standing, found.error_c, found.expanded_c / 2, by)

    def adjust(self, transaction: Transaction, case: UUID, by: Hand, remark: str) -> None:
        """Note the adjustment; the instrument waits to be verified."""
        standing = self._own(transaction, case, by, CaseStage.AS_FOUND)
        have = frozenset({Evidence.AS_FOUND})
        self._move(transaction, standing, _S.VERIFY, by, remark or standing.reason, have=have)
        change(transaction, case, stage=CaseStage.ADJUSTED, adjusted_at=transaction.at, adjusted_by=by.account)
        note(transaction, case, by, coded("adjusted", remark))

    def verify(self, transaction: Transaction, case: UUID, by: Hand, certificate: Certificate) -> None:
        """Accept the certificate as left, a second expert where there is one. Raises InstrumentRefused."""
        connection = transaction.connection
        standing = find(connection, case)
        demand(standing, CaseStage.ADJUSTED)
        alone = standing.adjusted_by == by.account
        if alone and (others := other_experts(connection, by.account)):
            raise InstrumentRefused("cases.second_person", who="、".join(others))
        if certificate.instrument != standing.instrument:
            raise InstrumentRefused("certificate.refused_other_instrument")
        kept = documents.keep(transaction, standing.gate, certificate, by.who, self.trust)
        if kept.refused:
            raise InstrumentRefused(kept.sentence)
        documents.release(certificate)
        values = {"certificate": certificate.id, "alone": alone}
        change(
            transaction, case, stage=CaseStage.VERIFIED, verified_at=transaction.at, verified_by=by.who[:80], **values
        )
        code = "verified_alone" if alone else "verified"
        note(transaction, case, by, coded(code, certificate=certificate.id, sha256=certificate.sha256))

    def fail(self, transaction: Transaction, case: UUID, by: Hand, why: str) -> None:
        """Verification failed: back on the bench; what was found before stays."""
        standing = find(transaction.connection, case)
        demand(standing, CaseStage.ADJUSTED, CaseStage.VERIFIED)
        if not why:
            raise InstrumentRefused("cases.say_why")
        self._move(transaction, standing, _S.OUT, by, why)
        self._move(transaction, standing, _S.RECAL, by, why)
        change(transaction, case, stage=CaseStage.AS_FOUND, verified_at=None, verified_by="", certificate=None)
        note(transaction, case, by, coded("failed", why))

    def close(self, transaction: Transaction, case: UUID, by: Hand) -> None:
        """Return the instrument to service under its new certificate, which goes to the gate first."""
        standing = find(transaction.connection, case)
        demand(standing, CaseStage.VERIFIED)
        kept = None
        if standing.certificate is not None:
            kept = documents.find(transaction.connection, standing.certificate, standing.gate)
        if kept is None or kept.refused:
            raise InstrumentRefused("certificate.not_judged")
        certificate = kept.certificate
        self._still_good(transaction, current(transaction.connection, standing.gate, standing.instrument), certificate)
        self.dispatch.send(transaction, standing.gate, CertificateBody(certificate=certificate))
        have = frozenset({Evidence.PASS_CERTIFICATE})
        self._move(transaction, standing, _S.IN_SERVICE, by, standing.reason, have=have, certificate=certificate)
        self._end(transaction, standing, by, CaseOutcome.RECALIBRATED)

    def _move(
        self,
        transaction: Transaction,
        case: Case,
        target: InstrumentState,
        by: Hand,
        why: str,
        *,
        have: frozenset[Evidence] = frozenset(),
        certificate: Certificate | None = None,
    ) -> None:
        references = (f"case:{case.id}", *((f"certificate:{certificate.id}",) if certificate else ()))
        ground = Ground(why, have, references, certificate.sha256 if certificate else "")
        move(transaction, self.dispatch, case.gate, case.instrument, target, by, ground)

    def _own(self, transaction: Transaction, case: UUID, by: Hand, stage: CaseStage) -> Case:
        standing = find(transaction.connection, case)
        demand(standing, stage)
        if standing.expert != by.account:
            raise InstrumentRefused("cases.other_expert", who=standing.expert_name)
        return standing

    def _end(self, transaction: Transaction, case: Case, by: Hand, outcome: CaseOutcome, why: str = "") -> None:
        values = {"closed_at": transaction.at, "closed_by": by.who[:80], "outcome": outcome}
        change(transaction, case.id, stage=CaseStage.CLOSED, **values)
        note(transaction, case.id, by, coded("closed", why, outcome=outcome))


def source_of(session: Session) -> CaseSource:
    """Return as what somebody asks for an expert."""
    for source in (CaseSource.TECHNICIAN, CaseSource.DUTY_OFFICER):
        if source.value in session.account.roles:
            return source
    return CaseSource.EXPERT
