"""Users, sessions and the first run, below HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tocsin.accounts import Accounts, Audit, UnauthenticatedError
from tocsin.accounts.tables import APIKeyRow, SessionRow, SetupTokenRow, UserRow
from tocsin.core.actor import SYSTEM
from tocsin.core.clock import ManualClock
from tocsin.core.database import Database
from tocsin.core.errors import ConflictError, InvalidError

PASSWORD = "correct horse battery"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A database with every table."""
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    yield db
    db.close()


@pytest.fixture
def accounts() -> Accounts:
    """Accounts with a cheap password hash."""
    clock = ManualClock(1_000_000)
    return Accounts(clock, Audit(clock), hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def test_only_the_newest_setup_token_works(db: Database, accounts: Accounts) -> None:
    """A token printed by an earlier start is void."""
    with db.write() as tx:
        first, second = accounts.setup_token(tx), accounts.setup_token(tx)
    assert first
    assert second
    with pytest.raises(UnauthenticatedError), db.write() as tx:
        accounts.set_up(tx, first, "ada", PASSWORD)
    with db.write() as tx:
        assert accounts.set_up(tx, second, "ada", PASSWORD).principal.role == "administrator"
        assert accounts.setup_token(tx) is None


def test_no_secret_is_stored_readable(db: Database, accounts: Accounts) -> None:
    """Tokens, keys and passwords are kept as hashes only."""
    with db.write() as tx:
        token = accounts.setup_token(tx)
        assert token
        setup_hash = tx.scalar(select(SetupTokenRow.token_hash))
        session = accounts.set_up(tx, token, "ada", PASSWORD)
        _, key = accounts.keys.add(tx, "robot", "analyst", actor=SYSTEM)
        stored = [
            setup_hash,
            tx.scalar(select(SessionRow.token_hash)),
            tx.scalar(select(APIKeyRow.key_hash)),
            tx.scalar(select(UserRow.password_hash)),
        ]
    for secret in (token, session.token, key, PASSWORD):
        assert secret not in str(stored)


@pytest.mark.parametrize("login", ["", "a b", "key:x", "-x", "x" * 65, "ünï", "a/b"])
def test_odd_logins_are_refused(db: Database, accounts: Accounts, login: str) -> None:
    """A login is short and plain, and can never look like an API key's name."""
    with pytest.raises(InvalidError), db.write() as tx:
        accounts.users.add(tx, login, name="x", role="analyst", password=PASSWORD, actor=SYSTEM)


@pytest.mark.parametrize(
    ("role", "password"), [("root", PASSWORD), ("analyst", "short"), ("analyst", "x" * 257)]
)
def test_unknown_roles_and_weak_passwords_are_refused(
    db: Database, accounts: Accounts, role: str, password: str
) -> None:
    """Nothing is made of a role that does not exist or a password too short or too long."""
    with pytest.raises(InvalidError), db.write() as tx:
        accounts.users.add(tx, "bob", name="Bob", role=role, password=password, actor=SYSTEM)


def test_a_login_differing_only_in_case_is_taken(db: Database, accounts: Accounts) -> None:
    """`Ada` cannot pass for `ada`."""
    with db.write() as tx:
        accounts.users.add(tx, "ada", name="Ada", role="analyst", password=PASSWORD, actor=SYSTEM)
    with pytest.raises(ConflictError), db.write() as tx:
        accounts.users.add(tx, "ADA", name="Ada", role="analyst", password=PASSWORD, actor=SYSTEM)
