"""Pages of the back office: accounts and the audit log."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from central.access import accounts
from central.access.accounts import AccountRefused
from central.access.audit import Action
from central.board.desk import Desk
from central.board.doors import Acting, Administrator, Auditor, Form, TheDesk, text
from central.store.tables import audit
from contract.vocabulary import Role

router = APIRouter(include_in_schema=False, dependencies=[Acting])

PAGE = 100


@router.get("/audit")
def audit_log(
    request: Request, desk: TheDesk, session: Auditor, action: Action | None = None, before: int | None = None
) -> HTMLResponse:
    """Show the audit log, the newest first."""
    query = select(audit).order_by(audit.c.number.desc()).limit(PAGE)
    if action is not None:
        query = query.where(audit.c.action == action)
    if before is not None:
        query = query.where(audit.c.number < before)
    with desk.store.read() as connection:
        rows = connection.execute(query).all()
    return desk.pages.page(
        request,
        "audit.html",
        desk=desk,
        session=session,
        now=desk.now(),
        rows=[(row, Action(row.action)) for row in rows],
        action=action,
        actions=list(Action),
        more=rows[-1].number if len(rows) == PAGE else None,
    )


@router.get("/accounts")
def all_accounts(request: Request, desk: TheDesk, session: Administrator) -> HTMLResponse:
    """Show every account."""
    return _accounts(request, desk, session)


@router.post("/accounts")
def create(request: Request, desk: TheDesk, session: Administrator, form: Form) -> Response:
    """Make an account with a password that is shown once and must be replaced."""
    roles = frozenset(Role(role) for role in form.getlist("roles") if isinstance(role, str))
    password = accounts.random_password()
    hashed = accounts.hash_password(password)
    name = text(form, "name")
    try:
        desk.store.write(
            lambda transaction: accounts.create(
                transaction,
                name,
                text(form, "full_name"),
                roles,
                hashed,
                by=session.account.name,
                address=session.address,
                must_change=True,
            )
        )
    except AccountRefused as refusal:
        return _accounts(request, desk, session, error=refusal.code, status_code=422)
    return _accounts(request, desk, session, made=(name, password))


@router.post("/accounts/{account}/password")
def reset(request: Request, desk: TheDesk, session: Administrator, account: UUID, form: Form) -> Response:
    """Give an account a new password that is shown once and must be replaced."""
    password = accounts.random_password()
    hashed = accounts.hash_password(password)
    desk.store.write(
        lambda transaction: accounts.set_password(
            transaction, account, hashed, by=session.account.name, address=session.address, must_change=True
        )
    )
    return _accounts(request, desk, session, made=(text(form, "name"), password))


@router.post("/accounts/{account}/disable")
def disable(request: Request, desk: TheDesk, session: Administrator, account: UUID, form: Form) -> Response:
    """Shut an account out; nobody can shut themselves out."""
    del form
    if account == session.account.id:
        return _accounts(request, desk, session, error="account.own", status_code=422)
    desk.store.write(
        lambda transaction: accounts.disable(transaction, account, by=session.account.name, address=session.address)
    )
    return RedirectResponse("/accounts", 303)


def _accounts(
    request: Request,
    desk: Desk,
    session: Administrator,
    *,
    error: str = "",
    made: tuple[str, str] | None = None,
    status_code: int = 200,
) -> HTMLResponse:
    with desk.store.read() as connection:
        found = accounts.all_accounts(connection)
    return desk.pages.page(
        request,
        "accounts.html",
        status_code=status_code,
        desk=desk,
        session=session,
        now=desk.now(),
        accounts=found,
        roles=list(Role),
        error=desk.phrases.text(error, desk.language(request)) if error else "",
        made=made,
    )
