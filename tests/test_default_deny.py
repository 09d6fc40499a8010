"""Nobody gets in by default: every route decides about access, and does so when called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from tocsin.accounts import PERMISSIONS, ROLES, Accounts, Audit
from tocsin.api.access import Public, Require
from tocsin.api.application import UnguardedRouteError, api_routes, build, guards_of
from tocsin.api.services import Services
from tocsin.core.actor import SYSTEM
from tocsin.core.announce import Announcer
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database

PUBLIC = {
    ("GET", "/api/v1/setup"),
    ("POST", "/api/v1/setup"),
    ("POST", "/api/v1/session"),
    ("GET", "/healthz"),
    ("POST", "/api/agent/v1/enrol"),
    ("POST", "/api/agent/v1/batch"),
    ("POST", "/api/agent/v1/heartbeat"),
}
"""Routes without a login. Those of agents check the enrolment token or the agent's key themselves."""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A platform that can tell callers apart."""
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    clock = SystemClock()
    audit = Audit(clock)
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    accounts = Accounts(clock, audit, hasher=hasher)
    yield Services(db=db, clock=clock, announcer=Announcer(), audit=audit, accounts=accounts)
    db.close()


@pytest.fixture
def app(services: Services) -> FastAPI:
    """The application with every router there is."""
    return build(services)


def test_a_route_without_a_guard_does_not_start(services: Services) -> None:
    """Forgetting the guard is an error at start, not a hole."""
    router = APIRouter()
    router.add_api_route("/forgotten", lambda: "open", methods=["GET"])
    with pytest.raises(UnguardedRouteError, match="/forgotten"):
        build(services, [router])


def test_every_route_has_a_guard(app: FastAPI) -> None:
    """Each route requires permissions or is public on purpose, with a reason."""
    routes = list(api_routes(app))
    assert len(routes) > 10
    for route in routes:
        assert guards_of(route), route.path
        for guard in guards_of(route):
            if isinstance(guard, Public):
                assert guard.reason, route.path


def test_the_public_routes_are_these(app: FastAPI) -> None:
    """A new public route has to be written down here."""
    found = {
        (method, route.path)
        for route in api_routes(app)
        if all(isinstance(guard, Public) for guard in guards_of(route))
        for method in route.methods or ()
    }
    assert found - PUBLIC == set()


def test_nobody_and_a_key_without_permission_are_refused_everywhere(app: FastAPI, services: Services) -> None:
    """Every guarded route answers 401 to nobody, and 403 to a role that lacks what it requires."""
    with services.db.write() as tx:
        secrets = {role: services.accounts.keys.add(tx, role, role, actor=SYSTEM)[1] for role in ROLES}
    client = TestClient(app)
    for route in api_routes(app):
        required = [guard for guard in guards_of(route) if isinstance(guard, Require)]
        for method in route.methods or () if required else ():
            assert client.request(method, str(route.path)).status_code == 401, route.path
            for role, permissions in ROLES.items():
                if not any(guard.lets_in(permissions) for guard in required):
                    headers = {"Authorization": f"Bearer {secrets[role]}"}
                    answer = client.request(method, str(route.path), headers=headers)
                    assert answer.status_code == 403, (role, method, route.path)


def test_roles_hold_what_they_should() -> None:
    """An administrator may do all, read-only nothing but read, an agent only hand in."""
    assert ROLES["administrator"] == set(PERMISSIONS)
    assert all(name.endswith(":read") for name in ROLES["read-only"])
    assert ROLES["agent"] == {"ingest"}
    assert not ROLES["analyst"] & {"admin", "agents:write", "rules:write", "ingest"}
