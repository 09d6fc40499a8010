"""Who calls: an API key in any of the ways Elasticsearch's clients send one, or a user by Basic."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from typing import Annotated

from fastapi import Depends, Request

from tocsin.accounts import Permission, Principal, UnauthenticatedError
from tocsin.api.access import Require, bearer
from tocsin.api.attempts import LoginAttempts
from tocsin.api.services import Services
from tocsin.core.errors import DeniedError

_REMEMBERED = 1_000


class RequireKey(Require):
    """Lets in who has the permissions.

    `Bearer <key>`, `ApiKey` with the key or with base64 of `id:key`, `Basic` with a key as the password, or
    `Basic` with a user's login and password.
    """

    def __call__(self, request: Request) -> Principal:
        """Return the caller; raises `UnauthenticatedError` or `DeniedError`."""
        caller = _known(request)
        if not self.lets_in(caller.permissions):
            raise DeniedError(f"needs {' or '.join(self.permissions)}, which the role {caller.role} lacks")
        return caller


def require_key(*permissions: Permission, any_of: bool = False) -> RequireKey:
    """Return the guard that needs the permissions, or one of them."""
    return RequireKey(*permissions, any_of=any_of)


Caller = Annotated[Principal, Depends(require_key("ingest", "events:read", "alerts:write", any_of=True))]
Sender = Annotated[Principal, Depends(require_key("ingest"))]
Reader = Annotated[Principal, Depends(require_key("events:read"))]
Writer = Annotated[Principal, Depends(require_key("ingest", "alerts:write", any_of=True))]
"""Who may append events or keep documents; which of the two an index is decides what is needed of them."""


class BasicLogins:
    """Sessions of users who prove themselves on every request, so that each costs one password check.

    A session ends as every session does: idleness, age, a new password, a lock.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, str] = OrderedDict()
        self._attempts = LoginAttempts(
            services.clock, attempts=services.api.login_attempts, window_us=services.api.login_window_us
        )

    def find(self, login: str, password: str, address: str) -> Principal | None:
        """Return the user; None when login or password is wrong. Raises `TooManyRequestsError`."""
        proof = hashlib.sha256(f"{login}\0{password}".encode()).hexdigest()
        sessions = self._services.accounts.sessions
        with self._lock:
            token = self._tokens.get(proof)
        if token is not None:
            with self._services.db.read() as tx:
                caller = sessions.find(tx, token)
            if caller is not None:
                return caller
        return self._log_in(login, password, address, proof)

    def _log_in(self, login: str, password: str, address: str, proof: str) -> Principal | None:
        sessions = self._services.accounts.sessions
        self._attempts.check(login, address)
        try:
            with self._services.db.write() as tx:
                session = sessions.log_in(tx, login, password)
        except UnauthenticatedError:
            self._attempts.refused(login, address)
            with self._services.db.write() as tx:
                sessions.refused(tx, login, address)
            return None
        self._attempts.accepted(login)
        with self._lock:
            self._tokens[proof] = session.token
            while len(self._tokens) > _REMEMBERED:
                self._tokens.popitem(last=False)
        return session.principal


def _known(request: Request) -> Principal:
    services: Services = request.app.state.services
    login, secret = _secret(request)
    keys = services.accounts.keys
    with services.db.read() as tx:
        caller = keys.find(tx, secret) if secret else None
        stale = caller is not None and keys.is_stale(tx, secret)
    if stale:
        with services.db.write() as tx:
            keys.touch(tx, secret)
    if caller is None and login and secret:
        address = request.client.host if request.client else "unknown"
        caller = _logins(request, services).find(login, secret, address)
    if caller is None:
        raise UnauthenticatedError("the API key or login is missing, unknown or expired")
    return caller


def _logins(request: Request, services: Services) -> BasicLogins:
    state = request.app.state
    if not hasattr(state, "basic_logins"):
        state.basic_logins = BasicLogins(services)
    found: BasicLogins = state.basic_logins
    return found


def _secret(request: Request) -> tuple[str, str]:
    """Return the login of Basic, which others have none of, and the secret."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("apikey", "basic"):
        return "", bearer(request) or ""
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except ValueError:  # no base64, or no UTF-8 in it: a client given the bare key sends it as it is
        return "", value.strip() if scheme.lower() == "apikey" else ""
    name, colon, secret = decoded.partition(":")
    if not colon:
        return "", decoded
    return (name if scheme.lower() == "basic" else ""), secret
