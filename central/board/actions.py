"""What people do at the board, the same for pages and programs: one transaction, then the news."""

from uuid import UUID

from sqlalchemy import select

from central import gates
from central.access.audit import Action, record
from central.access.sessions import Session
from central.alerts.decisions import Choice, Decided
from central.alerts.lifecycle import AlertEvent
from central.alerts.register import Party, Transition, UnknownAlert
from central.board.desk import Desk
from central.gates import Standing
from central.store.dialect import insert_new
from central.store.tables import crops, picture_views
from central.store.writer import Transaction


def move(desk: Desk, session: Session, alert: UUID, event: AlertEvent, reason: str = "") -> Transition:
    """Acknowledge an alert or hand it back. Raises UnknownAlert, TransitionRefused, WriterBusy."""
    party = Party(session.account.full_name, session.address, session.account.id)

    def work(transaction: Transaction) -> Transition:
        moved = desk.decisions.register.move(transaction, alert, event, party, reason)
        transaction.after_commit(lambda: desk.news.transition(moved))
        return moved

    return desk.store.write(work)


def decide(desk: Desk, session: Session, choice: Choice) -> Decided:
    """Take a decision. Raises what `Decisions.decide` raises, and WriterBusy."""
    reason = ""
    if choice.reason_code != "other":
        reason = desk.phrases.text(f"why.{choice.reason_code}", desk.settings.web.language)

    def work(transaction: Transaction) -> Decided:
        decided, moved = desk.decisions.decide(transaction, choice, session.account, session.address, reason)
        if moved is not None:
            transaction.after_commit(lambda: desk.news.transition(moved))
        return decided

    return desk.store.write(work)


def settle_gate(desk: Desk, session: Session, gate: str, standing: Standing) -> None:
    """Accept a station, filing what it has said so far, or refuse it. Raises UnknownGate, WriterBusy."""

    def work(transaction: Transaction) -> None:
        gates.settle(transaction, gate, standing, by=session.account.name, address=session.address)
        if standing is Standing.ACCEPTED:
            filed = desk.filing.file_held(transaction, gate, desk.ingest.read)
            transaction.after_commit(lambda: desk.ingest.settle(filed))
        transaction.after_commit(lambda: desk.news.gate(gate, standing))

    desk.store.write(work)
    desk.admit()


def picture(desk: Desk, session: Session, alert: UUID) -> bytes:
    """Return an alert's picture; the first look of each session is logged. Raises UnknownAlert, WriterBusy."""

    def work(transaction: Transaction) -> bytes:
        png = transaction.connection.execute(select(crops.c.png).where(crops.c.alert == alert)).scalar()
        if png is None:
            raise UnknownAlert(f"no picture of alert {alert}")
        view = {"alert": alert, "session": session.digest, "account": session.account.id, "at": transaction.at}
        seen = picture_views.c.alert == alert, picture_views.c.session == session.digest
        if transaction.connection.execute(select(picture_views.c.at).where(*seen)).first() is None:
            insert_new(transaction.connection, picture_views, [view])
            record(transaction, Action.PICTURE_VIEWED, session.account.name, str(alert), address=session.address)
        return bytes(png)

    return desk.store.write(work)
