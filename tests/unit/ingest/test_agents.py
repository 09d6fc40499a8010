"""The registry of agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tocsin.core.actor import Actor
from tocsin.core.clock import SECOND, ManualClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.ingest.agents import Agents, Heartbeat
from tocsin.ingest.errors import UnknownKeyError
from tocsin.ingest.tables import AgentRow, EnrolmentTokenRow

ADMIN = Actor("user", "ada")
HOST = {"hostname": "web1", "os": "Debian 13", "addresses": ["192.0.2.7"], "version": "0.1.0"}


class Trail:
    """Remembers what was audited."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, str]] = []

    def record(
        self,
        tx: Any,
        actor: Actor,
        action: str,
        *,
        kind: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.entries.append((str(actor), action, kind))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_700_000_000_000_000)


@pytest.fixture
def trail() -> Trail:
    return Trail()


@pytest.fixture
def agents(clock: ManualClock, trail: Trail) -> Agents:
    return Agents(clock, trail)


def test_enrols_with_a_token_and_is_known_by_its_key(
    agents: Agents, database: Database, trail: Trail
) -> None:
    """The token makes an agent; the key finds it; both are audited."""
    with database.write() as tx:
        _, secret = agents.add_token(tx, actor=ADMIN)
        agent, key = agents.enrol(tx, secret, "web1", HOST)
        assert agents.find(tx, key) == agent
    assert agent.status == "never"
    assert agent.host == HOST
    assert agent.version == "0.1.0"
    assert trail.entries == [
        ("ada", "create", "enrolment-token"),
        (f"agent:{agent.id}", "enrol", "agent"),
    ]


def test_a_token_serves_as_often_as_it_says(agents: Agents, database: Database) -> None:
    """Used up, it enrols nobody."""
    with database.write() as tx:
        token, secret = agents.add_token(tx, actor=ADMIN, uses=2)
        assert token.uses_left == 2
        agents.enrol(tx, secret, "a", {})
        agents.enrol(tx, secret, "b", {})
        with pytest.raises(UnknownKeyError):
            agents.enrol(tx, secret, "c", {})
        assert agents.tokens(tx) == []
        assert [agent.name for agent in agents.all(tx)] == ["a", "b"]


def test_a_token_expires(agents: Agents, database: Database, clock: ManualClock) -> None:
    """After its time it enrols nobody and is not listed."""
    with database.write() as tx:
        _, secret = agents.add_token(tx, actor=ADMIN, expires_in_s=60)
        clock.advance(60 * SECOND)
        with pytest.raises(UnknownKeyError):
            agents.enrol(tx, secret, "a", {})
        assert agents.tokens(tx) == []


def test_a_removed_token_enrols_nobody(agents: Agents, database: Database) -> None:
    """Removal counts at once."""
    with database.write() as tx:
        token, secret = agents.add_token(tx, actor=ADMIN)
        agents.remove_token(tx, token.id, actor=ADMIN)
        with pytest.raises(UnknownKeyError):
            agents.enrol(tx, secret, "a", {})
        with pytest.raises(NotFoundError):
            agents.remove_token(tx, token.id, actor=ADMIN)


@pytest.mark.parametrize("wrong", ["", "x", "\ud800", "' OR 1=1 --"])
def test_wrong_secrets_are_refused(agents: Agents, database: Database, wrong: str) -> None:
    """Whatever is offered as token or key."""
    with database.write() as tx:
        agents.add_token(tx, actor=ADMIN)
        with pytest.raises(UnknownKeyError):
            agents.enrol(tx, wrong, "a", {})
        with pytest.raises(UnknownKeyError):
            agents.find(tx, wrong)


def test_secrets_are_not_kept(agents: Agents, database: Database) -> None:
    """The database holds hashes only."""
    with database.write() as tx:
        _, secret = agents.add_token(tx, actor=ADMIN, uses=5)
        agent, key = agents.enrol(tx, secret, "a", {})
        row, token = tx.get(AgentRow, agent.id), tx.query(EnrolmentTokenRow).one()
        assert row is not None
        kept = f"{vars(row)}{vars(token)}"
    assert secret not in kept
    assert key not in kept


def test_status_follows_the_heartbeat(agents: Agents, database: Database, clock: ManualClock) -> None:
    """Never, active, silent, active again."""
    with database.write() as tx:
        _, secret = agents.add_token(tx, actor=ADMIN)
        agent, _ = agents.enrol(tx, secret, "a", {})
        beat = Heartbeat(
            spool={"records": 3}, collectors={"logs": {"state": "running"}}, inventory={"os": "x"}
        )
        agents.heard(tx, agent.id, beat)
        seen = agents.get(tx, agent.id)
        assert (seen.status, seen.spool, seen.inventory) == ("active", {"records": 3}, {"os": "x"})
        clock.advance(121 * SECOND)
        assert agents.get(tx, agent.id).status == "silent"
        agents.heard(tx, agent.id)
        assert agents.get(tx, agent.id).status == "active"
        assert agents.get(tx, agent.id).inventory == {"os": "x"}


def test_a_revoked_agent_is_not_let_in(agents: Agents, database: Database, trail: Trail) -> None:
    """Its key is worth nothing, it stays listed, and revoking twice is audited once."""
    with database.write() as tx:
        _, secret = agents.add_token(tx, actor=ADMIN)
        agent, key = agents.enrol(tx, secret, "a", {})
        assert agents.revoke(tx, agent.id, actor=ADMIN).status == "revoked"
        agents.revoke(tx, agent.id, actor=ADMIN)
        with pytest.raises(UnknownKeyError):
            agents.find(tx, key)
        assert [each.status for each in agents.all(tx)] == ["revoked"]
        with pytest.raises(NotFoundError):
            agents.revoke(tx, "agt_none", actor=ADMIN)
    assert [action for _, action, _ in trail.entries].count("revoke") == 1


def test_bounds_what_an_agent_says_of_itself(agents: Agents, database: Database) -> None:
    """Neither a huge host document nor a strange name gets in."""
    with database.write() as tx:
        _, secret = agents.add_token(tx, actor=ADMIN, uses=9)
        with pytest.raises(InvalidError):
            agents.enrol(tx, secret, "a", {"x": "y" * 2_000_000})
        agent, _ = agents.enrol(tx, secret, "\x1b[31m" + "n" * 999, {})
        assert agent.name == ("[31m" + "n" * 999)[:255]
        with pytest.raises(InvalidError):
            agents.heard(tx, agent.id, Heartbeat(collectors={"x": "y" * 2_000_000}))


@pytest.mark.parametrize(("uses", "life"), [(0, 60), (-1, 60), (1, 0), (1, 10**9), (10**9, 60)])
def test_bounds_tokens(agents: Agents, database: Database, uses: int, life: int) -> None:
    """A token for nobody or for ever is no token."""
    with database.write() as tx, pytest.raises(InvalidError):
        agents.add_token(tx, actor=ADMIN, uses=uses, expires_in_s=life)
