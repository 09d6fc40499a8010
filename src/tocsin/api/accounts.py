"""Routes of the first run, sessions, users, API keys and the audit trail."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from tocsin.accounts import AuditEntry, AuditFilter, Principal, UnauthenticatedError
from tocsin.accounts.keys import APIKey
from tocsin.accounts.sessions import NewSession
from tocsin.accounts.users import User
from tocsin.api.access import SESSION_COOKIE, public, require
from tocsin.api.attempts import LoginAttempts
from tocsin.api.paging import Paging, listing, paging
from tocsin.api.services import Services, services
from tocsin.core.clock import from_iso, to_iso
from tocsin.core.errors import DeniedError, InvalidError

router = APIRouter(tags=["accounts"])

_Services = Annotated[Services, Depends(services)]
_Anyone = Annotated[Principal, Depends(require())]
_Administrator = Annotated[Principal, Depends(require("admin"))]


class SetupIn(BaseModel):
    """The first administrator, and the token `tocsin up` printed."""

    token: str = Field(max_length=256)
    login: str = Field(max_length=64)
    password: str = Field(max_length=1024)


class LoginIn(BaseModel):
    """A login and its password."""

    login: str = Field(max_length=64)
    password: str = Field(max_length=1024)


class UserIn(BaseModel):
    """A user to make."""

    login: str = Field(max_length=64)
    name: str = Field("", max_length=128)
    role: str
    password: str = Field(max_length=1024)


class UserChangeIn(BaseModel):
    """What to change of a user; what is left out stays."""

    name: str | None = Field(None, max_length=128)
    role: str | None = None
    locked: bool | None = None
    password: str | None = Field(None, max_length=1024)


class PasswordIn(BaseModel):
    """A user's present password and the new one."""

    current: str = Field(max_length=1024)
    password: str = Field(max_length=1024)


class APIKeyIn(BaseModel):
    """A key to make."""

    name: str = Field(max_length=128)
    role: str
    expires_at: str | None = Field(None, max_length=64)


@router.get("/setup", dependencies=[Depends(public("says only whether anyone can log in yet"))])
def setup_needed(services: _Services) -> dict[str, bool]:
    """Say whether the first administrator is still to be made."""
    with services.db.read() as tx:
        return {"needed": services.accounts.needs_setup(tx)}


@router.post("/setup", dependencies=[Depends(public("checks the setup token"))])
def set_up(body: SetupIn, request: Request, response: Response, services: _Services) -> dict[str, Any]:
    """Make the first administrator and log in."""
    attempts, address = _attempts(request, services), _address(request)
    attempts.check("setup", address)
    try:
        with services.db.write() as tx:
            session = services.accounts.set_up(tx, body.token, body.login, body.password)
    except UnauthenticatedError:
        attempts.refused("setup", address)
        raise
    _hand_over(session, request, response)
    return {"user": _caller(session.principal)}


@router.post("/session", dependencies=[Depends(public("checks the password"))])
def log_in(body: LoginIn, request: Request, response: Response, services: _Services) -> dict[str, Any]:
    """Log in; a session the browser still had is ended."""
    attempts, address = _attempts(request, services), _address(request)
    attempts.check(body.login, address)
    try:
        with services.db.write() as tx:
            session = services.accounts.sessions.log_in(
                tx, body.login, body.password, replaces=request.cookies.get(SESSION_COOKIE)
            )
    except UnauthenticatedError:
        attempts.refused(body.login, address)
        with services.db.write() as tx:
            services.accounts.sessions.refused(tx, body.login, address)
        raise
    attempts.accepted(body.login)
    _hand_over(session, request, response)
    return {"user": _caller(session.principal)}


@router.get("/session")
def who_am_i(caller: _Anyone) -> dict[str, Any]:
    """Return the caller."""
    return {"user": _caller(caller)}


@router.delete("/session", status_code=204)
def log_out(_caller: _Anyone, request: Request, response: Response, services: _Services) -> None:
    """End the caller's session."""
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        with services.db.write() as tx:
            services.accounts.sessions.end(tx, token)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")


@router.post("/session/password", status_code=204)
def change_password(
    body: PasswordIn, caller: _Anyone, request: Request, response: Response, services: _Services
) -> None:
    """Change the caller's own password: every session ends, and this browser gets a new one."""
    if SESSION_COOKIE not in request.cookies or not caller.is_person:
        raise DeniedError("only a person who is logged in has a password to change")
    attempts, address = _attempts(request, services), _address(request)
    attempts.check(caller.login, address)
    try:
        with services.db.write() as tx:
            services.accounts.users.change_own_password(
                tx, caller.login, body.current, body.password, caller.actor
            )
            session = services.accounts.sessions.begin(tx, caller.login)
    except DeniedError:
        attempts.refused(caller.login, address)
        raise
    _hand_over(session, request, response)


@router.get("/users")
def list_users(_caller: _Administrator, services: _Services) -> dict[str, Any]:
    """List every user."""
    with services.db.read() as tx:
        return listing(_user(each) for each in services.accounts.users.all(tx))


@router.post("/users", status_code=201)
def add_user(body: UserIn, caller: _Administrator, services: _Services) -> dict[str, Any]:
    """Make a user."""
    with services.db.write() as tx:
        return _user(
            services.accounts.users.add(
                tx,
                body.login,
                name=body.name,
                role=body.role,
                password=body.password,
                actor=caller.actor,
            )
        )


@router.patch("/users/{login}")
def change_user(
    login: str, body: UserChangeIn, caller: _Administrator, services: _Services
) -> dict[str, Any]:
    """Change a user."""
    with services.db.write() as tx:
        changes = body.model_dump(exclude_none=True)
        return _user(services.accounts.users.change(tx, login, actor=caller.actor, **changes))


@router.get("/api-keys")
def list_keys(_caller: _Administrator, services: _Services) -> dict[str, Any]:
    """List every API key, without its secret."""
    with services.db.read() as tx:
        return listing(_key(each) for each in services.accounts.keys.all(tx))


@router.post("/api-keys", status_code=201)
def add_key(body: APIKeyIn, caller: _Administrator, services: _Services) -> dict[str, Any]:
    """Make an API key; its secret is in this answer and nowhere else."""
    expires_at = from_iso(body.expires_at) if body.expires_at else None
    with services.db.write() as tx:
        key, secret = services.accounts.keys.add(
            tx, body.name, body.role, actor=caller.actor, expires_at=expires_at
        )
    return {**_key(key), "key": secret}


@router.delete("/api-keys/{identifier}", status_code=204)
def revoke_key(identifier: str, caller: _Administrator, services: _Services) -> None:
    """Revoke an API key."""
    with services.db.write() as tx:
        services.accounts.keys.revoke(tx, identifier, actor=caller.actor)


@router.get("/audit")
def list_audit(
    _caller: _Administrator,
    services: _Services,
    page: Annotated[Paging, Depends(paging)],
    kind: Annotated[str | None, Query(max_length=32)] = None,
    subject: Annotated[str | None, Query(max_length=256)] = None,
    actor: Annotated[str | None, Query(max_length=160)] = None,
) -> dict[str, Any]:
    """List the audit trail, newest first."""
    wanted = AuditFilter(kind, subject, actor, _entry_id(page.cursor))
    with services.db.read() as tx:
        entries = services.audit.entries(tx, wanted, page.limit)
    following = str(entries[-1].id) if len(entries) == page.limit else None
    return listing((audit_entry(each) for each in entries), following=following)


def audit_entry(entry: AuditEntry) -> dict[str, Any]:
    """Return an entry of the audit trail as the API shows it."""
    return {
        "at": to_iso(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "kind": entry.kind,
        "subject": entry.subject,
        "details": entry.details,
    }


def _entry_id(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidError(f"{cursor!r} is no cursor of this list")
    return int(cursor)


def _attempts(request: Request, services: Services) -> LoginAttempts:
    state = request.app.state
    if not hasattr(state, "login_attempts"):
        settings = services.api
        state.login_attempts = LoginAttempts(
            services.clock, attempts=settings.login_attempts, window_us=settings.login_window_us
        )
    found: LoginAttempts = state.login_attempts
    return found


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _hand_over(session: NewSession, request: Request, response: Response) -> None:
    response.set_cookie(
        SESSION_COOKIE,
        session.token,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _caller(caller: Principal) -> dict[str, Any]:
    return {
        "login": caller.login,
        "name": caller.name,
        "role": caller.role,
        "permissions": sorted(caller.permissions),
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else to_iso(at)


def _user(user: User) -> dict[str, Any]:
    return {
        "login": user.login,
        "name": user.name,
        "role": user.role,
        "locked": user.locked,
        "created_at": to_iso(user.created_at),
        "last_login_at": _instant(user.last_login_at),
    }


def _key(key: APIKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "created_by": key.created_by,
        "created_at": to_iso(key.created_at),
        "expires_at": _instant(key.expires_at),
        "last_used_at": _instant(key.last_used_at),
    }
