"""An exception is proposed from an alert closed as false positive."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tocsin.api import exceptions
from tocsin.api.proposals import router
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.core.actor import Actor
from tocsin.core.clock import from_iso
from tocsin.core.detection import Detection, EventRef
from tocsin.core.event import Event
from tocsin.detect.exception_book import ExceptionBook
from tocsin.detect.ruleset import RuleSet

NOON = from_iso("2026-11-24T12:00:00Z")
ADA = Actor("user", "ada")


def event(seq, host):
    return Event("t", seq, NOON, NOON, "", {"source.ip": "192.0.2.7", "host.name": host})


@pytest.fixture
def desk(platform, tmp_path):
    """Two alerts of a rule, one for each host."""
    log = {each.id: each for each in (event(1, "web1"), event(2, "web1"), event(3, "web2"))}
    alerts = AlertService(
        platform.clock, platform.audit, CaseService(platform.clock, platform.audit, FileStore(tmp_path / "f"))
    )
    with platform.db.write() as tx:
        for host, ids in (("web1", ("t~1", "t~2")), ("web2", ("t~3",))):
            refs = tuple(EventRef(each, NOON) for each in ids)
            alerts.record(
                tx,
                Detection(
                    "5712", "brute", "level", "v", 2, host, "brute", "", NOON, refs, group_field="host.name"
                ),
            )
    return {
        "alerts": alerts,
        "store": SimpleNamespace(get=lambda ids: [log[each] for each in ids if each in log]),
        "exceptions": ExceptionBook(platform.clock, platform.audit, lambda: RuleSet([])),
    }


def test_it_is_narrow_says_its_effect_and_can_be_sent_as_it_is(client_as, desk, platform):
    """Of two alerts of the rule it would have held back the one it was made from."""
    with platform.db.write() as tx:
        desk["alerts"].close(tx, "1", "false_positive", "our scanner", ADA)
    routers = [router, exceptions.router]
    proposal = client_as("analyst", routers, **desk).post("/api/v1/alerts/1/exception-proposal").json()
    wanted = proposal["exception"]
    assert 'host.name: "web1" AND source.ip: "192.0.2.7"' == wanted["condition"]
    assert ("5712", "our scanner") == (wanted["rule_id"], wanted["reason"])
    assert {"alerts": 2, "held_back": 1, "thinned": 0, "resolutions": {"false_positive": 1}} == proposal[
        "effect"
    ]
    added = client_as("administrator", routers, **desk).post("/api/v1/exceptions", json=wanted)
    assert (201, wanted["condition"]) == (added.status_code, added.json()["condition"])


def test_only_a_false_positive_proposes_one(client_as, desk):
    """And only to those who may look at alerts, events and rules."""
    path = "/api/v1/alerts/1/exception-proposal"
    assert 409 == client_as("analyst", [router], **desk).post(path).status_code
    assert (
        404 == client_as("analyst", [router], **desk).post(path.replace("alerts/1", "alerts/99")).status_code
    )
    assert 403 == client_as("agent", [router], **desk).post(path).status_code
