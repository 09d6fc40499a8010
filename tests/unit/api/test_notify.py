"""The routes of telling people."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from harness.recorder import recording
from tocsin.accounts.audit import AuditFilter
from tocsin.api.notify import router
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.core.actor import SYSTEM, Actor
from tocsin.core.detection import Detection, EventRef
from tocsin.core.sealing import Seal
from tocsin.notify.channels import of_settings
from tocsin.notify.service import Notifications, Settings
from tocsin.notifying import TellingTrail

ANA = Actor("user", "ana")
BASE = "/api/v1/notify"


@pytest.fixture
def web():
    with recording() as recorder:
        yield recorder


@pytest.fixture
def service(platform):
    base, problems = of_settings(
        {
            "relay": {
                "kind": "email",
                "host": "relay.example.org",
                "sender": "t@example.org",
                "password": "pw",
            }
        },
        {},
        "tocsin.toml",
    )
    assert problems == ()
    settings = Settings(base=base, private=("127.0.0.0/8",), personal="relay")
    seal = Seal(Fernet.generate_key())
    return Notifications(platform.db, platform.clock, platform.audit, seal, settings=settings)


@pytest.fixture
def parts(platform, service, tmp_path):
    """Alerts and cases whose trail tells people."""
    trail = TellingTrail(platform.audit, service)
    cases = CaseService(platform.clock, trail, FileStore(tmp_path / "files"))
    return {
        "notifications": service,
        "cases": cases,
        "alerts": AlertService(platform.clock, trail, cases),
    }


def detection(number: int = 1, severity: int = 3) -> Detection:
    return Detection(
        rule_id="ssh",
        rule_name="SSH brute force",
        rule_kind="sigma",
        rule_version="1",
        severity=severity,
        group_key=f"192.0.2.{number}",
        title="many failures",
        description="",
        at=5,
        events=(EventRef(f"a~{number}", 5),),
        tags=("ssh",),
        group_field="source.ip",
    )


def test_a_channel_is_added_tested_changed_and_removed(client_as, parts, platform, web):
    """Its secrets are taken and never given back; each change is in the audit trail."""
    client = client_as("administrator", [router], **parts)
    options = {"url": f"{web.url}/very-secret-path", "secret": "s3cret!!", "method": "POST"}
    added = client.post(f"{BASE}/channels", json={"name": "hook", "kind": "webhook", "options": options})
    assert 201 == added.status_code
    assert (["secret", "url"], {"method": "POST"}, ["127.0.0.1"]) == tuple(
        added.json()[name] for name in ("secrets", "options", "hosts")
    )
    everything = client.get(f"{BASE}/channels").text
    assert "s3cret" not in everything
    assert "very-secret-path" not in everything
    assert {"sent": True, "error": None, "permanent": False} == client.post(
        f"{BASE}/channels/hook/test"
    ).json()
    assert "Test of the channel hook" == web.requests[0].json["title"]
    web.answer = lambda _: (410, {}, b"gone")
    assert "the service answered 410: gone" == client.post(f"{BASE}/channels/hook/test").json()["error"]
    assert client.patch(f"{BASE}/channels/hook", json={"enabled": False}).json()["enabled"] is False
    assert 204 == client.delete(f"{BASE}/channels/hook").status_code
    assert 404 == client.post(f"{BASE}/channels/hook/test").status_code
    with platform.db.read() as tx:
        entries = platform.audit.entries(tx, AuditFilter(kind="channel", subject="hook"), 10)
    assert ["delete", "update", "test", "test", "create"] == [entry.action for entry in entries]


def test_what_stands_in_the_settings_is_changed_there(client_as, parts):
    """It is listed, without its password, and refused to be changed or made again."""
    client = client_as("administrator", [router], **parts)
    (listed,) = client.get(f"{BASE}/channels").json()["items"]
    assert (True, ["password"]) == (listed["of_settings"], listed["secrets"])
    assert 409 == client.patch(f"{BASE}/channels/relay", json={"enabled": False}).status_code
    assert 409 == client.delete(f"{BASE}/channels/relay").status_code
    body = {"name": "relay", "kind": "webhook", "options": {"url": "https://x.example.org"}}
    assert 409 == client.post(f"{BASE}/channels", json=body).status_code


def test_what_is_wrong_is_said(client_as, parts):
    """Unknown kinds, options and channels are named with the likely intended ones."""
    client = client_as("administrator", [router], **parts)
    for body, words in (
        ({"name": "a", "kind": "slak", "options": {}}, "did you mean 'slack'"),
        ({"name": "a", "kind": "slack", "options": {"urll": "x"}}, "did you mean 'url'"),
        ({"name": "A b", "kind": "slack", "options": {"url": "https://x"}}, "name"),
    ):
        answer = client.post(f"{BASE}/channels", json=body)
        assert 400 == answer.status_code
        assert words in answer.text
    answer = client.put(f"{BASE}/routes/all", json={"channels": ["relai"]})
    assert (400, True) == (answer.status_code, "did you mean 'relay'" in answer.text)


def test_an_alert_is_told_by_a_route_and_explained(client_as, parts, platform, service, web):
    """From the detection to the message, with the reasons of every route, and the outbox beside it."""
    client = client_as("administrator", [router], **parts)
    body = {"name": "hook", "kind": "webhook", "options": {"url": web.url}}
    client.post(f"{BASE}/channels", json=body)
    client.put(f"{BASE}/routes/high", json={"channels": ["hook"], "severity": "high", "tags": ["ssh"]})
    client.put(f"{BASE}/routes/cases", json={"channels": ["hook"], "events": ["case.opened"]})
    with platform.db.write() as tx:
        alert_id = parts["alerts"].record(tx, detection()).alert_id
        parts["alerts"].record(tx, detection())  # joins: nothing is told
    explained = client.get(f"{BASE}/explain?subject=1").json()
    assert {"high": True, "cases": False} == {each["route"]: each["matches"] for each in explained["routes"]}
    assert ["alert.opened is not one of case.opened"] == explained["routes"][0]["reasons"]
    assert ["waiting"] == [each["status"] for each in explained["messages"]]
    service.delivery.step()
    assert "[high] Alert 1: many failures" == web.requests[0].json["title"]
    assert {"source.ip": "192.0.2.1", "Tags": "ssh"}.items() <= web.requests[0].json["facts"].items()
    with platform.db.write() as tx:
        parts["alerts"].promote(tx, alert_id, ANA)
    service.delivery.step()
    assert "[high] Case 1 opened: many failures" == web.requests[1].json["title"]
    outbox = client.get(f"{BASE}/outbox?status=sent").json()
    assert ({"waiting": 0, "sent": 2, "dead": 0}, 2) == (outbox["counts"], len(outbox["items"]))
    whole = client.get(f"{BASE}/outbox/{outbox['items'][1]['id']}").json()
    assert "192.0.2.1" in whole["body"]


def test_a_dead_message_is_tried_again_or_discarded(client_as, parts, platform, service, web):
    """Whoever repaired the channel has what failed sent."""
    client = client_as("administrator", [router], **parts)
    body = {"name": "hook", "kind": "webhook", "options": {"url": web.url}}
    client.post(f"{BASE}/channels", json=body)
    client.put(f"{BASE}/routes/all", json={"channels": ["hook"]})
    web.answer = lambda _: (403, {}, b"no")
    with platform.db.write() as tx:
        for number in (1, 2):
            parts["alerts"].record(tx, detection(number))
    service.delivery.step()
    dead = client.get(f"{BASE}/outbox?status=dead").json()["items"]
    assert ["the service answered 403: no"] * 2 == [each["error"] for each in dead]
    web.answer = lambda _: (200, {}, b"")
    assert "waiting" == client.post(f"{BASE}/outbox/{dead[0]['id']}/retry").json()["status"]
    assert 204 == client.delete(f"{BASE}/outbox/{dead[1]['id']}").status_code
    service.delivery.step()
    assert {"waiting": 0, "sent": 1, "dead": 0} == client.get(f"{BASE}/outbox").json()["counts"]


def test_who_may_do_what(client_as, parts):
    """Analysts look; only administrators change channels and routes; agents do neither."""
    analyst, agent = client_as("analyst", [router], **parts), client_as("agent", [router], **parts)
    assert 200 == analyst.get(f"{BASE}/channels").status_code
    assert 200 == analyst.get(f"{BASE}/kinds").status_code
    assert 403 == analyst.put(f"{BASE}/routes/all", json={"channels": ["relay"]}).status_code
    assert 403 == analyst.post(f"{BASE}/channels/relay/test").status_code
    assert 403 == agent.get(f"{BASE}/channels").status_code
    assert 403 == analyst.put(f"{BASE}/preferences", json={"address": "a@example.org"}).status_code


def test_people_say_where_they_want_mail(client_as, parts, platform):
    """Logged in, one asks for mail about what is assigned to one, and ends it."""
    client = client_as(None, [router], **parts)
    with platform.db.write() as tx:
        platform.accounts.users.add(
            tx, "ana", name="Ana", role="analyst", password="correct horse battery", actor=SYSTEM
        )
        token = platform.accounts.sessions.log_in(tx, "ana", "correct horse battery").token
    client.cookies.set("tocsin_session", token)
    client.headers["X-Requested-With"] = "tocsin"
    kept = client.put(f"{BASE}/preferences", json={"address": "ana@example.org"}).json()
    assert ("ana@example.org", ["alert.assigned", "case.assigned"], True) == (
        kept["address"],
        kept["events"],
        kept["available"],
    )
    assert 400 == client.put(f"{BASE}/preferences", json={"address": "a@b\r\nBcc: c@d"}).status_code
    assert [] == client.put(f"{BASE}/preferences", json={"address": ""}).json()["events"]
