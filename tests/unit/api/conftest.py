"""A platform with accounts and no network, and clients logged in by role; for tests of routes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import APIRouter
from fastapi.testclient import TestClient

from tocsin.accounts import Accounts, Audit, Role
from tocsin.api.application import build
from tocsin.api.services import Services
from tocsin.core.actor import SYSTEM
from tocsin.core.announce import Announcer
from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.database import Database

PASSWORD = "correct horse battery"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

ClientAs = Callable[..., TestClient]


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at noon."""
    return ManualClock(from_iso("2026-11-24T12:00:00Z"))


@pytest.fixture
def platform(tmp_path: Path, clock: ManualClock) -> Iterator[Services]:
    """The services every route needs; add yours with `dataclasses.replace(platform, store=...)`."""
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    audit = Audit(clock)
    accounts = Accounts(clock, audit, hasher=CHEAP)
    yield Services(db=db, clock=clock, announcer=Announcer(), audit=audit, accounts=accounts)
    db.close()


@pytest.fixture
def client_as(platform: Services) -> Iterator[ClientAs]:
    """Return a maker of clients: `client_as("analyst", [router], store=store)`.

    The client calls with an API key of the role; None calls as nobody. `routers` are mounted under
    `/api/v1`, `root_routers` at the root; further keywords replace services of the platform.
    """
    open_clients: list[TestClient] = []

    def make(
        role: Role | None,
        routers: Sequence[APIRouter] | None = None,
        root_routers: Sequence[APIRouter] | None = None,
        **services: Any,
    ) -> TestClient:
        mounted: dict[str, Any] = {}
        if routers is not None:
            mounted["routers"] = routers
        if root_routers is not None:
            mounted["root_routers"] = root_routers
        client = TestClient(build(replace(platform, **services), **mounted), base_url="http://testserver")
        if role is not None:
            with platform.db.write() as tx:
                _, secret = platform.accounts.keys.add(tx, f"test-{role}", role, actor=SYSTEM)
            client.headers["Authorization"] = f"Bearer {secret}"
        open_clients.append(client)
        return client

    yield make
    for client in open_clients:
        client.close()
