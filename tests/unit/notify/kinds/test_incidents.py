"""Tests of what services that call people are sent."""

from __future__ import annotations

from harness.recorder import Recorder
from tocsin.notify.keys import short_key
from unit.notify.conftest import Send, a_message


def test_pagerduty_knows_an_incident_by_its_key(web: Recorder, send: Send) -> None:
    """An alert triggers and its end resolves the same `dedup_key`."""
    address = f"{web.url}/v2/enqueue"
    send("pagerduty", a_message(), url=address, routing_key="R" * 32, component="ssh")
    send("pagerduty", a_message(is_over=True, key="other"), url=address, routing_key="R" * 32)
    opened, ended = (request.json for request in web.requests)
    assert ("trigger", "resolve") == (opened["event_action"], ended["event_action"])
    assert "tocsin:alert_1" == opened["dedup_key"] == ended["dedup_key"]
    assert ("error", "ssh", "tocsin") == tuple(
        opened["payload"][name] for name in ("severity", "component", "source")
    )
    assert "web-1" == opened["payload"]["custom_details"]["Host"]
    assert "payload" not in ended


def test_opsgenie_knows_an_alert_by_its_alias(web: Recorder, send: Send) -> None:
    """An alert is made and closed by the same alias."""
    send("opsgenie", a_message(), url=web.url, key="K", teams=["soc"])
    send("opsgenie", a_message(is_over=True), url=web.url, key="K")
    made, closed = web.requests
    assert "GenieKey K" == made.headers["Authorization"]
    assert ("tocsin:alert_1", "P2") == (made.json["alias"], made.json["priority"])
    assert [{"name": "soc", "type": "team"}] == made.json["responders"]
    assert "/v2/alerts/tocsin%3Aalert_1/close?identifierType=alias" == closed.path


def test_victorops_and_alertmanager_get_the_key_and_the_end(web: Recorder, send: Send) -> None:
    """Both are told one incident's beginning and end under one key."""
    send("victorops", a_message(), url=f"{web.url}/integrations/generic/20131114/alert/KEY/soc")
    send("victorops", a_message(is_over=True), url=web.url)
    send("alertmanager", a_message(), url=web.url, labels={"team": "soc"})
    send("alertmanager", a_message(is_over=True), url=f"{web.url}/api/v2/alerts")
    begun, ended, firing, over = (request.json for request in web.requests)
    assert ("CRITICAL", "RECOVERY") == (begun["message_type"], ended["message_type"])
    assert begun["entity_id"] == ended["entity_id"]
    assert "/api/v2/alerts" == web.requests[2].path == web.requests[3].path
    assert {
        "alertname": "alert.opened",
        "severity": "high",
        "key": "tocsin:alert_1",
        "team": "soc",
    } == firing[0]["labels"]
    assert "startsAt" in firing[0]
    assert "endsAt" in over[0]


def test_long_keys_stay_distinct() -> None:
    """A key a service would cut ends in a hash of the whole."""
    one, other = short_key("a" * 400 + "1", 255), short_key("a" * 400 + "2", 255)
    assert len(one) == len(other) <= 255
    assert one != other
