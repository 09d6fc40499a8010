"""Documents of Beats: the line within is read as if it had come by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin.core.clock import from_iso
from tocsin.core.event import Event
from tocsin.core.record import Record
from tocsin.decode.analysis import Analyst
from tocsin.decode.decoders import Decoders
from tocsin.decode.subject import Subject

NOW = from_iso("2026-11-24T12:00:00Z")
LINE = "Nov 24 10:00:01 web1 sshd[77]: Failed password for root from 203.0.113.9 port 22 ssh2"
SHIPPED: dict[str, Any] = {
    "@timestamp": "2026-11-24T10:00:05.000Z",
    "@metadata": {"beat": "filebeat"},
    "message": LINE,
    "log": {"offset": 12, "file": {"path": "/var/log/auth.log"}},
    "agent": {"type": "filebeat", "name": "gateway"},
    "host": {"name": "gateway"},
    "event": {"original": LINE, "dataset": "system.auth"},
    "tags": ["prod"],
}
WINDOWS: dict[str, Any] = {
    "@timestamp": "2026-11-24T10:00:05.000Z",
    "message": "An account failed to log on.",
    "log": {"level": "information"},
    "host": {"name": "dc1"},
    "winlog": {
        "channel": "Security",
        "event_id": "4625",
        "provider_name": "Microsoft-Windows-Security-Auditing",
        "computer_name": "dc1.corp.example",
        "record_id": 991,
        "keywords": ["Audit Failure"],
        "process": {"pid": 640, "thread": {"id": 700}},
        "event_data": {"TargetUserName": "bob", "IpAddress": "203.0.113.9", "SubjectUserName": "-"},
    },
}


def decode(document: Any, source: str = "beats:a:filebeat", location: str = "") -> tuple[Subject, Event]:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Analyst(Decoders([])).decode(Record(source, 1, raw, NOW, "json", location=location))


def test_the_line_is_what_rules_see() -> None:
    """Program, time and text are the line's; host and file are the sender's; the document is kept whole."""
    subject, event = decode(SHIPPED)
    assert (subject.log, subject.program) == (LINE.partition("]: ")[2], "sshd")
    assert (subject.hostname, subject.location) == ("gateway", "/var/log/auth.log")
    assert event.message == LINE
    assert event.raw is not None
    assert json.loads(event.raw) == SHIPPED
    assert event.at == from_iso("2026-11-24T10:00:01Z")
    assert event.fields["host.name"] == "gateway"
    assert event.fields["host.hostname"] == "web1"
    assert event.fields["log.file.path"] == "/var/log/auth.log"
    assert event.fields["event.dataset"] == "system.auth"
    assert event.fields["process.pid"] == 77
    assert "event.original" not in event.fields


def test_a_line_without_a_time_has_the_documents() -> None:
    """The Beat says when it read the line."""
    _, event = decode(SHIPPED | {"message": "no time here"})
    assert event.at == from_iso("2026-11-24T10:00:05Z")


@pytest.mark.parametrize(
    ("document", "source", "is_line"),
    [
        (SHIPPED, "bulk:key:filebeat-8", True),
        ({"message": LINE}, "bulk:key:app", False),
        ({"message": LINE, "@version": "1"}, "beats:a:logstash", True),
        ({"line": LINE, "file": "/x", "host": "h"}, "beats:a:lumberjack", True),
        ({"message": 7}, "beats:a:logstash", False),
        ({"system": {"cpu": 1}}, "beats:a:metricbeat", False),
        (SHIPPED | {"agent": {"type": "metricbeat"}, "@metadata": {}}, "bulk:key:x", False),
    ],
)
def test_knows_whose_documents_hold_lines(document: dict[str, Any], source: str, is_line: bool) -> None:
    """All that a Beats receiver takes; of others, those that say that Filebeat made them."""
    assert is_line == (decode(document, source)[0].program == "sshd")


def test_the_older_forms_say_host_and_file_too() -> None:
    """Logstash's `host` as text, and the pairs of version 1."""
    subject, event = decode({"line": "x", "file": "/var/log/x", "host": "h9"})
    assert (subject.hostname, event.fields["log.file.path"]) == ("h9", "/var/log/x")


def test_what_was_parsed_before_is_json_to_rules() -> None:
    """A line that no decoder knows, with fields that somebody took from it."""
    subject, _ = decode({"message": "text", "@version": "1", "alert": {"signature_id": 7}})
    assert subject.decoder == "json"
    assert subject.values["alert.signature_id"] == "7"
    assert decode({"message": "text", "@version": "1"})[0].decoder == ""


def test_fields_of_the_line_stand() -> None:
    """What encloses a line replaces nothing that was read from it, and says nothing in our name."""
    _, event = decode(SHIPPED | {"process": {"pid": 1}, "rule": {"level": 15}})
    assert event.fields["process.pid"] == 77
    assert "rule.level" not in event.fields


def test_winlogbeat_is_a_windows_event() -> None:
    """Under the names Wazuh's rules use, and under ECS."""
    subject, event = decode(WINDOWS, "bulk:key:winlogbeat-8")
    assert subject.decoder == "windows_eventchannel"
    assert subject.values["win.system.eventid"] == "4625"
    assert subject.values["win.system.severityvalue"] == "AUDIT_FAILURE"
    assert subject.values["win.system.processid"] == "640"
    assert subject.values["win.eventdata.targetusername"] == "bob"
    assert "win.eventdata.subjectusername" not in subject.values
    assert event.fields["source.ip"] == "203.0.113.9"
    assert event.fields["user.name"] == "bob"
    assert event.message == "An account failed to log on."
    assert event.at == from_iso("2026-11-24T10:00:05Z")
    assert event.fields["host.name"] == "dc1.corp.example"


def test_winlogbeats_other_blocks() -> None:
    """Data without names, user data, and the event's own XML where it is shipped."""
    log = {"channel": "System", "event_id": 7, "event_data": {"param1": "a", "param2": "b"}}
    assert decode({"winlog": log})[0].values["win.eventdata.data"] == "a, b"
    cleared = {"xml_name": "LogFileCleared", "SubjectUserName": "eve"}
    log = {"channel": "Security", "event_id": 1102, "user_data": cleared}
    assert decode({"winlog": log})[0].values["win.logfilecleared.subjectusername"] == "eve"
    xml = "<Event><System><EventID>1</EventID><Level>2</Level><Channel>C</Channel></System></Event>"
    values = decode({"winlog": log, "event": {"original": xml}})[0].values
    assert (values["win.system.eventid"], values["win.system.severityvalue"]) == ("1", "ERROR")


@pytest.mark.parametrize(
    "document",
    [
        b'{"message":"\\ud800 x","host":{"name":"\\ud800"},"log":{"file":{"path":"\\ud800"}}}',
        {"message": "x", "host": {"name": 7}, "log": [], "agent": "a", "event": 3},
        {"winlog": {"channel": "C", "event_id": 1}, "event": {"original": "<Event><junk"}},
        {"winlog": {"channel": ["C"], "event_id": {"a": 1}, "event_data": {"a": [1], "b": None, "": True}}},
    ],
)
def test_odd_documents_are_kept(document: Any) -> None:
    """Whatever stands in them, the event can be written and says why it could not be read."""
    _, event = decode(document)
    json.dumps(event.fields).encode()
    event.message.encode()
