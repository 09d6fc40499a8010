"""The routes of exceptions."""

from __future__ import annotations

import pytest

from tocsin.accounts.audit import AuditFilter
from tocsin.api.exceptions import router
from tocsin.detect.exception_book import ExceptionBook
from tocsin.detect.ruleset import RuleSet

BODY = {"condition": "source.ip: 192.0.2.7", "reason": "scanner", "expires_at": "2026-12-01T00:00:00Z"}


@pytest.fixture
def book(platform):
    return ExceptionBook(platform.clock, platform.audit, lambda: RuleSet([]))


def test_one_is_added_read_changed_and_removed(client_as, book, platform):
    """With owner, figures and expiry; each change is in the audit trail."""
    client = client_as("administrator", [router], exceptions=book)
    added = client.post("/api/v1/exceptions", json=BODY | {"rule_id": "5712"}).json()
    assert ("5712", 0, False, None) == (
        added["rule_id"],
        added["hits"],
        added["expired"],
        added["last_hit_at"],
    )
    assert added["owner"] == added["created_by"]
    path = f"/api/v1/exceptions/{added['id']}"
    later = client.patch(path, json={"expires_at": "2027-01-01T00:00:00Z", "owner": "carol"}).json()
    assert ("2027-01-01T00:00:00Z", "carol") == (later["expires_at"][:19] + "Z", later["owner"])
    assert [added["id"]] == [
        each["id"] for each in client.get("/api/v1/exceptions?rule=5712").json()["items"]
    ]
    assert [] == client.get("/api/v1/exceptions?rule=1").json()["items"]
    platform.clock.advance(60 * 86_400_000_000)
    assert client.get(path).json()["expired"] is True
    assert 204 == client.delete(path).status_code
    assert 404 == client.get(path).status_code
    with platform.db.read() as tx:
        entries = platform.audit.entries(tx, AuditFilter(kind="exception", subject=added["id"]), 10)
    assert ["delete", "update", "create"] == [entry.action for entry in entries]


def test_what_is_wrong_is_said(client_as, book):
    """A condition that cannot be read, an expiry in the past, an unknown rule."""
    client = client_as("administrator", [router], exceptions=book)
    for wrong, status in (
        ({"condition": "a: ("}, 400),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400),
        ({"rule_id": "nope"}, 404),
        ({"expires_at": "2026-12-01T00:00:00"}, 400),
    ):
        assert status == client.post("/api/v1/exceptions", json=BODY | wrong).status_code, wrong


def test_only_who_may_change_rules_makes_them(client_as, book):
    """Others read them; nobody in particular does nothing."""
    analyst = client_as("analyst", [router], exceptions=book)
    assert 200 == analyst.get("/api/v1/exceptions").status_code
    assert 403 == analyst.post("/api/v1/exceptions", json=BODY).status_code
    assert 401 == client_as(None, [router], exceptions=book).get("/api/v1/exceptions").status_code
