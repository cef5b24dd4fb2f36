"""Pages of the expert's desk: cases, their steps, and retrospective reviews."""

import csv
import io
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from central import gates
from central.access.audit import Action, record
from central.access.roles import Permission
from central.access.sessions import Session
from central.board.desk import Desk
from central.board.doors import Acting, Form, TheDesk, Viewer, allow, identity, text
from central.board.instruments import evidence
from central.instruments import cases, documents, retrospect
from central.instruments.found import GAIN_PCT, AsFound, FoundPoint, found_in
from central.instruments.life import Hand
from central.instruments.refusal import InstrumentRefused
from central.store.writer import Transaction
from contract.calibration import Certificate
from contract.vocabulary import VerdictKind

router = APIRouter(include_in_schema=False, dependencies=[Acting])
Assigner = Annotated[Session, Depends(allow(Permission.ASSIGN))]
Expert = Annotated[Session, Depends(allow(Permission.RECALIBRATE))]
Reviewer = Annotated[Session, Depends(allow(Permission.REVIEW))]
POINTS = 4


@router.get("/cases")
def register(request: Request, desk: TheDesk, session: Viewer) -> HTMLResponse:
    """Show open cases, the oldest first, and what came of the closed ones."""
    with desk.store.read() as connection:
        known = {gate.id: gate for gate in gates.all_gates(connection)}
        lists = [
            [(known[case.gate], case) for case in cases.page(connection, closed=closed)] for closed in (False, True)
        ]
    return desk.pages.page(
        request, "cases.html", desk=desk, session=session, now=desk.now(), waiting=lists[0], closed=lists[1]
    )


@router.get("/cases/{case}")
def one(request: Request, desk: TheDesk, session: Viewer, case: UUID) -> HTMLResponse:
    """Show one case with all its evidence, and the next step to whoever may take it."""
    with desk.store.read() as connection:
        found = cases.find(connection, case)
        seen = evidence(connection, desk, found.gate, found.instrument)
        usable = [one for one in documents.of_instrument(connection, found.gate, found.instrument) if not one.refused]
        context: dict[str, Any] = {
            "case": found,
            "history": cases.history(connection, case),
            "reviews": retrospect.of_case(connection, case),
            "experts": cases.experts(connection),
            "usable": usable,
        }
    return desk.pages.page(
        request,
        "case.html",
        desk=desk,
        session=session,
        now=desk.now(),
        may=session.account.permissions,
        mine=found.expert == session.account.id,
        points=(34, 37, 39, 42)[:POINTS],
        gain_limit=GAIN_PCT,
        **context,
        **seen,
    )


@router.post("/cases/{case}/assign")
def assign(desk: TheDesk, session: Assigner, case: UUID, form: Form) -> Response:
    """Say whose case it is."""
    expert, hand = identity(form, "expert"), Hand.of(session)
    if expert is None:
        raise InstrumentRefused("cases.no_expert")
    desk.store.write(lambda transaction: desk.recalibration.assign(transaction, case, hand, expert))
    return RedirectResponse(f"/cases/{case}", 303)


@router.post("/cases/{case}/take")
def take(desk: TheDesk, session: Expert, case: UUID, form: Form) -> Response:
    """Begin the work."""
    del form
    hand = Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.take(transaction, case, hand))
    return _moved(desk, case)


@router.post("/cases/{case}/as-found")
def as_found(desk: TheDesk, session: Expert, case: UUID, form: Form) -> Response:
    """Keep what the instrument showed before anybody touched it."""
    found, hand = _found(desk, case, form), Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.record_found(transaction, case, hand, found))
    return _moved(desk, case)


@router.post("/cases/{case}/adjust")
def adjust(desk: TheDesk, session: Expert, case: UUID, form: Form) -> Response:
    """Note the adjustment."""
    hand, remark = Hand.of(session), text(form, "remark")
    desk.store.write(lambda transaction: desk.recalibration.adjust(transaction, case, hand, remark))
    return _moved(desk, case)


@router.post("/cases/{case}/verify")
def verify(desk: TheDesk, session: Expert, case: UUID, form: Form) -> Response:
    """Accept a certificate as left."""
    hand, certificate = Hand.of(session), _certificate(desk, form)
    desk.store.write(lambda transaction: desk.recalibration.verify(transaction, case, hand, certificate))
    return _moved(desk, case)


@router.post("/cases/{case}/fail")
def fail(desk: TheDesk, session: Expert, case: UUID, form: Form) -> Response:
    """Say that the verification failed."""
    hand, why = Hand.of(session), text(form, "remark")
    desk.store.write(lambda transaction: desk.recalibration.fail(transaction, case, hand, why))
    return _moved(desk, case)


@router.post("/cases/{case}/close")
def close(desk: TheDesk, session: Expert, case: UUID, form: Form) -> Response:
    """Return the instrument to service."""
    del form
    hand = Hand.of(session)
    desk.store.write(lambda transaction: desk.recalibration.close(transaction, case, hand))
    return _moved(desk, case)


@router.get("/reviews/{review}")
def review(request: Request, desk: TheDesk, session: Reviewer, review: UUID) -> HTMLResponse:
    """Show whom a wrong instrument may have misjudged; the look is logged."""
    page = read_review(desk, session, review, Action.REVIEW_VIEWED)
    lists = [(name, [(row, VerdictKind(row.verdict)) for row in rows]) for name, rows in page.lists.items()]
    with desk.store.read() as connection:
        looks = [(row, Action(row.action)) for row in retrospect.looks(connection, review)]
    return desk.pages.page(
        request,
        "review.html",
        looks=looks,
        desk=desk,
        session=session,
        now=desk.now(),
        review=page.review,
        lists=lists,
    )


@router.get("/reviews/{review}/lists.csv")
def export(desk: TheDesk, session: Reviewer, review: UUID) -> Response:
    """Give both lists for the follow-up; the export is logged."""
    page = read_review(desk, session, review, Action.REVIEW_EXPORTED)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["list", "rank", "passage", "at_utc", "alert", "verdict", "adjusted_c", "corrected_c", "p"])
    for rows in page.lists.values():
        for rank, row in enumerate(rows, 1):
            figures = [f"{row.adjusted_c:.2f}", f"{row.corrected_c:.2f}", f"{row.p:.3f}"]
            writer.writerow([row.list, rank, row.passage, row.at.isoformat(), row.alert or "", row.verdict, *figures])
    name = f"review-{page.review.gate}-{page.review.instrument}-{review}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def read_review(desk: Desk, session: Session, review: UUID, action: Action) -> retrospect.ReviewPage:
    """Return a review; that it was looked at or taken away is logged. Raises InstrumentRefused."""

    def work(transaction: Transaction) -> retrospect.ReviewPage:
        page = retrospect.load(transaction.connection, review)
        if page is None:
            raise InstrumentRefused("review.unknown")
        detail = f"{page.review.gate}/{page.review.instrument}"
        record(transaction, action, session.account.name, str(review), detail, session.address)
        return page

    return desk.store.write(work)


def _moved(desk: Desk, case: UUID) -> Response:
    """Tell the board that an instrument changed, and show the case again."""
    with desk.store.read() as connection:
        found = cases.find(connection, case)
    desk.news.gate(found.gate, "instrument")
    return RedirectResponse(f"/cases/{case}", 303)


def _found(desk: Desk, case: UUID, form: FormData) -> AsFound:
    """Return what was typed, or what the gate's certificate says. Raises InstrumentRefused."""
    if identity(form, "from_gate") is not None:
        certificate = _certificate(desk, form)
        with desk.store.read() as connection:
            if certificate.instrument != cases.find(connection, case).instrument:
                raise InstrumentRefused("certificate.refused_other_instrument")
        return found_in(certificate)
    pairs = [(text(form, f"reference_{i}"), text(form, f"reading_{i}")) for i in range(POINTS)]
    points = tuple(FoundPoint(_number(one), _number(other)) for one, other in pairs if other)
    return AsFound(points, _number(text(form, "expanded")), _number(text(form, "mpe")))


def _number(typed: str) -> float:
    """Return a typed number; a comma will do. Raises InstrumentRefused."""
    try:
        return float(typed.replace(",", ".").replace("。", "."))
    except ValueError:
        raise InstrumentRefused("cases.not_a_number", value=typed[:20]) from None


def _certificate(desk: Desk, form: FormData) -> Certificate:
    """Return the certificate that was pasted, or one that the gate sent. Raises InstrumentRefused."""
    if pasted := text(form, "certificate"):
        return documents.read(pasted)
    chosen = identity(form, "from_gate")
    if chosen is None:
        raise InstrumentRefused("certificate.unknown")
    with desk.store.read() as connection:
        kept = documents.find(connection, chosen)
    if kept is None:
        raise InstrumentRefused("certificate.unknown")
    return kept.certificate
