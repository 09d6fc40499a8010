"""Tests of tickets: one is made, more becomes a comment, nothing is told twice."""

from __future__ import annotations

import json

from harness.recorder import Answer, Recorder, Request
from unit.notify.conftest import Send, a_message


class Tracker:
    """A Jira that remembers issues and comments."""

    def __init__(self) -> None:
        self.issues: list[dict[str, object]] = []
        self.comments: list[str] = []

    def __call__(self, request: Request) -> Answer:
        if request.path.endswith("/search"):
            mark = request.json["jql"].split('labels = "')[1].split('"')[0]
            found = [{"key": "SOC-1"} for issue in self.issues if mark in issue["labels"]]  # type: ignore[operator]
            return 200, {}, json.dumps({"issues": found}).encode()
        if request.path.endswith("/comment"):
            if request.method == "GET":
                return 200, {}, json.dumps({"comments": self.comments}).encode()
            self.comments.append(request.json["body"])
            return 201, {}, b"{}"
        self.issues.append(request.json["fields"])
        return 201, {}, b'{"key": "SOC-1"}'


def test_jira_makes_one_issue_and_comments_once(web: Recorder, send: Send) -> None:
    """The same message makes no second issue; another of the alert is one comment, however often it comes."""
    tracker = web.answer = Tracker()
    options = {"url": web.url, "project": "SOC", "user": "bot", "token": "t", "labels": ["siem"]}
    send("jira", a_message(), **options)
    for _ in range(2):
        send("jira", a_message(key="alert.closed:1", title="closed"), **options)
    assert 1 == len(tracker.issues)
    assert ["closed"] == [comment.splitlines()[0] for comment in tracker.comments]
    assert {"key": "SOC"} == tracker.issues[0]["project"]
    assert "Basic Ym90OnQ=" == web.requests[0].headers["Authorization"]


def test_jira_takes_a_personal_access_token(web: Recorder, send: Send) -> None:
    """Without a login the token is a bearer's."""
    web.answer = Tracker()
    send("jira", a_message(), url=web.url, project="SOC", token="pat")
    assert "Bearer pat" == web.requests[0].headers["Authorization"]


def test_servicenow_knows_a_record_by_its_correlation(web: Recorder, send: Send) -> None:
    """A record is looked for by the key; found, it gets a work note."""
    web.answer = lambda _: (200, {}, b'{"result": []}')
    send("servicenow", a_message(), url=web.url, user="u", password="p", fields={"category": "security"})
    web.answer = lambda _: (200, {}, b'{"result": [{"sys_id": "abc"}]}')
    send("servicenow", a_message(), url=web.url, user="u", password="p")
    looked, made, _, noted = web.requests
    assert "correlation_id%3Dtocsin%3Aalert_1" in looked.path
    assert ("tocsin:alert_1", "security", "2") == tuple(
        made.json[name] for name in ("correlation_id", "category", "urgency")
    )
    assert ("PATCH", "/api/now/table/incident/abc") == (noted.method, noted.path)
