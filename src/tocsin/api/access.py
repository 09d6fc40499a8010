"""Who may call a route. A route without a guard does not start: see `application.build`."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from tocsin.accounts import Permission, Principal, UnauthenticatedError
from tocsin.api.services import Services
from tocsin.core.errors import DeniedError

SESSION_COOKIE: Final = "tocsin_session"
CSRF_HEADER: Final = "x-requested-with"
CSRF_VALUE: Final = "tocsin"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """A dependency that decides about access. Every route has one, directly or through its router."""


class Require(Guard):
    """Lets a caller in who has every one of the permissions; returns the `Principal`.

    The caller is known by a session cookie, or by `Authorization: Bearer` with an API key. With the
    cookie, a request that changes something must carry `X-Requested-With: tocsin`, which no other
    site can make a browser send.
    """

    def __init__(self, *permissions: Permission, any_of: bool = False) -> None:
        self.permissions = permissions
        self._any_of = any_of

    def __call__(self, request: Request) -> Principal:
        """Return the caller; raises `UnauthenticatedError` or `DeniedError`."""
        caller = authenticate(request)
        if not self.lets_in(caller.permissions):
            raise DeniedError(f"needs {' '.join(self.permissions)}, which the role {caller.role} lacks")
        return caller

    def lets_in(self, permissions: frozenset[Permission]) -> bool:
        """Say whether a caller with these permissions passes."""
        held = [name in permissions for name in self.permissions]
        return (any(held) or not held) if self._any_of else all(held)


class Public(Guard):
    """Lets everyone in; `reason` says why that is right, such as a check the route makes itself."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __call__(self) -> None:
        """Let the caller in."""


def require(*permissions: Permission) -> Require:
    """Return a guard that needs all of the permissions; with none, any known caller.

    Use it as `caller: Principal = Depends(require("alerts:read"))`.
    """
    return Require(*permissions)


def require_any(*permissions: Permission) -> Require:
    """Return a guard that needs one of the permissions."""
    return Require(*permissions, any_of=True)


def public(reason: str) -> Public:
    """Return a guard that lets everyone in, as `dependencies=[Depends(public("..."))]`."""
    return Public(reason)


def authenticate(request: Request) -> Principal:
    """Return who calls; raises `UnauthenticatedError`, or `DeniedError` when the CSRF header is missing."""
    services: Services = request.app.state.services
    secret = bearer(request)
    if secret is not None:
        return _by_key(services, secret)
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise UnauthenticatedError("log in first")
    caller = _by_session(services, token)
    if request.method not in _SAFE_METHODS and request.headers.get(CSRF_HEADER) != CSRF_VALUE:
        raise DeniedError("a change with the session cookie needs the header X-Requested-With: tocsin")
    return caller


def bearer(request: Request) -> str | None:
    """Return the secret of `Authorization: Bearer`, or None when there is no such header."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def _by_key(services: Services, secret: str) -> Principal:
    keys = services.accounts.keys
    with services.db.read() as tx:
        caller = keys.find(tx, secret)
        stale = caller is not None and keys.is_stale(tx, secret)
    if caller is None:
        raise UnauthenticatedError("the API key is unknown or expired")
    if stale:
        with services.db.write() as tx:
            keys.touch(tx, secret)
    return caller


def _by_session(services: Services, token: str) -> Principal:
    sessions = services.accounts.sessions
    with services.db.read() as tx:
        caller = sessions.find(tx, token)
        stale = caller is not None and sessions.is_stale(tx, token)
    if caller is None:
        raise UnauthenticatedError("the session has ended: log in again")
    if stale:
        with services.db.write() as tx:
            sessions.touch(tx, token)
    return caller
