"""The programming interface of the expert's desk, /api/v1: the same steps, doors and refusals as the pages."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection

from central import gates
from central.access.audit import Action
from central.access.roles import Permission
from central.access.sessions import Session
from central.board import cases as pages
from central.board.case_resources import (
    Asking,
    Assigning,
    CaseDetail,
    CaseResource,
    CertificateResource,
    Finding,
    LifeResource,
    Remark,
    ReviewResource,
    StepResource,
    StreamResource,
    Tending,
    Verifying,
    steps,
)
from central.board.desk import Desk
from central.board.doors import Acting, OwnRequest, TheDesk, Viewer, allow
from central.board.instruments import evidence
from central.board.resources import Problem
from central.instruments import cases, documents, retrospect
from central.instruments.life import Hand
from central.instruments.recalibration import source_of
from central.instruments.refusal import InstrumentRefused
from central.instruments.streams import DESIGNS
from central.store.writer import Transaction
from contract.calibration import Certificate

_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Problem, "description": "Nobody is logged in"},
    403: {"model": Problem, "description": "Not this account's right, or no token"},
    404: {"model": Problem, "description": "There is no such instrument, case, certificate or review"},
    422: {"model": Problem, "description": "It cannot be done so; the message says why and what to do"},
}
router = APIRouter(prefix="/api/v1", responses=_PROBLEMS)
Tender = Annotated[Session, Depends(allow(Permission.TEND))]
ACT: Final[dict[str, Any]] = {"dependencies": [OwnRequest, Acting]}


@router.get("/instruments/{gate}/{instrument}", tags=["instruments"])
def read_instrument(desk: TheDesk, _: Viewer, gate: str, instrument: str) -> LifeResource:
    """Read where an instrument stands: state, charts, newest checks and everything that was changed."""
    with desk.store.read() as connection:
        return _life(connection, desk, gate, instrument)


@router.post("/instruments/{gate}/{instrument}/state", tags=["instruments"], **ACT)
def tend(desk: TheDesk, session: Tender, gate: str, instrument: str, wish: Tending) -> LifeResource:
    """Take a step of the lifecycle's table."""
    hand = Hand.of(session)
    desk.store.write(
        lambda transaction: desk.recalibration.tend(transaction, gate, instrument, wish.state, hand, wish.reason)
    )
    desk.news.gate(gate, "instrument")
    return read_instrument(desk, session, gate, instrument)


@router.post("/instruments/{gate}/{instrument}/cases", tags=["cases"], status_code=201, **ACT)
def ask(desk: TheDesk, session: Tender, gate: str, instrument: str, wish: Asking) -> CaseDetail:
    """Ask for an expert: the instrument becomes suspect at once; an open case is returned as it is."""
    hand, source = Hand.of(session), source_of(session)
    case = desk.store.write(
        lambda transaction: desk.recalibration.ask(transaction, gate, instrument, hand, source, wish.reason)
    )
    return _told(desk, case)


@router.post("/gates/{gate}/certificates", tags=["certificates"], status_code=201, **ACT)
def upload(desk: TheDesk, session: Tender, gate: str, certificate: Certificate) -> CertificateResource:
    """Keep a certificate for an instrument of a gate, and say whether it may be used; nothing is released by it."""
    name = session.account.full_name

    def work(transaction: Transaction) -> documents.Kept:
        gates.find(transaction.connection, gate)
        return documents.keep(transaction, gate, certificate, name, desk.recalibration.trust)

    kept = desk.store.write(work)
    return CertificateResource.of(kept)


@router.get("/certificates/{certificate}", tags=["certificates"])
def read_certificate(desk: TheDesk, _: Viewer, certificate: UUID) -> CertificateResource:
    """Read the newest arrival of a certificate."""
    return CertificateResource.of(_kept(desk, certificate))


@router.get("/cases", tags=["cases"])
def list_cases(
    desk: TheDesk,
    _: Viewer,
    *,
    closed: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[CaseResource]:
    """List open cases, the oldest first, or closed ones, the newest first."""
    with desk.store.read() as connection:
        return [CaseResource.of(case) for case in cases.page(connection, closed=closed, limit=limit)]


@router.get("/cases/{case}", tags=["cases"])
def read_case(desk: TheDesk, _: Viewer, case: UUID) -> CaseDetail:
    """Read one case with its history and reviews."""
    with desk.store.read() as connection:
        return _detail(connection, case)


@router.post("/cases/{case}/assign", tags=["cases"], **ACT)
def assign(desk: TheDesk, session: pages.Assigner, case: UUID, wish: Assigning) -> CaseDetail:
    """Say whose case it is."""
    hand = Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.assign(transaction, case, hand, wish.expert))
    return _told(desk, case)


@router.post("/cases/{case}/take", tags=["cases"], **ACT)
def take(desk: TheDesk, session: pages.Expert, case: UUID) -> CaseDetail:
    """Begin the work: the instrument stops deciding."""
    hand = Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.take(transaction, case, hand))
    return _told(desk, case)


@router.post("/cases/{case}/as-found", tags=["cases"], **ACT)
def record_found(desk: TheDesk, session: pages.Expert, case: UUID, finding: Finding) -> CaseDetail:
    """Keep what it showed before any adjustment; |e| > U opens a review."""
    hand = Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.record_found(transaction, case, hand, finding.found()))
    return _told(desk, case)


@router.post("/cases/{case}/adjust", tags=["cases"], **ACT)
def adjust(desk: TheDesk, session: pages.Expert, case: UUID, wish: Remark) -> CaseDetail:
    """Note the adjustment."""
    hand = Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.adjust(transaction, case, hand, wish.remark))
    return _told(desk, case)


@router.post("/cases/{case}/verify", tags=["cases"], **ACT)
def verify(desk: TheDesk, session: pages.Expert, case: UUID, wish: Verifying) -> CaseDetail:
    """Accept the certificate as left, a second expert where there is one."""
    hand, given = Hand.of(session), wish.certificate
    certificate = _kept(desk, given).certificate if isinstance(given, UUID) else given
    desk.store.write(lambda transaction: desk.recalibration.verify(transaction, case, hand, certificate))
    return _told(desk, case)


@router.post("/cases/{case}/fail", tags=["cases"], **ACT)
def fail(desk: TheDesk, session: pages.Expert, case: UUID, wish: Remark) -> CaseDetail:
    """Say that the verification failed, and why."""
    hand = Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.fail(transaction, case, hand, wish.remark))
    return _told(desk, case)


@router.post("/cases/{case}/close", tags=["cases"], **ACT)
def close(desk: TheDesk, session: pages.Expert, case: UUID) -> CaseDetail:
    """Return the instrument to service under its new certificate."""
    hand = Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.close(transaction, case, hand))
    return _told(desk, case)


@router.get("/reviews/{review}", tags=["cases"])
def read_review(desk: TheDesk, session: pages.Reviewer, review: UUID) -> ReviewResource:
    """Read whom a wrong instrument may have misjudged; the look is logged."""
    return ReviewResource.of(pages.read_review(desk, session, review, Action.REVIEW_VIEWED))


def _life(connection: Connection, desk: Desk, gate: str, instrument: str) -> LifeResource:
    seen = evidence(connection, desk, gate, instrument)
    journal = tuple(
        StepResource(
            at=row.at,
            who=row.who,
            reason=row.reason,
            from_state=before,
            to_state=after,
            evidence=tuple(row.evidence.split()),
        )
        for row, before, after in seen["journal"]
    )
    return LifeResource.of(
        seen["life"],
        seen["found"],
        cases.open_of(connection, gate, instrument),
        streams=tuple(StreamResource.of(one, DESIGNS[one.stream].h) for one in seen["found"].streams),
        checks=tuple(seen["checks"]),
        journal=journal,
    )


def _detail(connection: Connection, case: UUID) -> CaseDetail:
    found = CaseDetail.of(cases.find(connection, case))
    history = steps(cases.history(connection, case))
    reviews = tuple(row.id for row in retrospect.of_case(connection, case))
    return found.model_copy(update={"history": history, "reviews": reviews})


def _told(desk: Desk, case: UUID) -> CaseDetail:
    """Return a case after a step, and tell the board that an instrument changed."""
    with desk.store.read() as connection:
        found = _detail(connection, case)
    desk.news.gate(found.gate, "instrument")
    return found


def _kept(desk: Desk, certificate: UUID) -> documents.Kept:
    with desk.store.read() as connection:
        kept = documents.find(connection, certificate)
    if kept is None:
        raise InstrumentRefused("certificate.unknown")
    return kept
