"""Tables of log sources and fields: what they mean, and what is refused by line."""

from __future__ import annotations

import re

import pytest

from tocsin.core.errors import ContentError
from tocsin.core.event import Event
from tocsin.detect.sigma import LogSource, load_taxonomy
from tocsin.query.predicate import compile_predicate


def selects(source, **fields):
    """Say whether an event with the fields is of the log source."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    scope = load_taxonomy().scope(LogSource(*source))
    assert scope is not None
    return compile_predicate(scope)(Event("s", 1, 0, 0, "text", named))


SYSMON = "Microsoft-Windows-Sysmon/Operational"


@pytest.mark.parametrize(
    ("source", "fields", "expected"),
    [
        (("windows", "process_creation", ""), {"Channel": SYSMON, "EventID": 1}, True),
        (("windows", "process_creation", ""), {"Channel": "Security", "EventID": "4688"}, True),
        (("windows", "process_creation", ""), {"Channel": SYSMON, "EventID": 3}, False),
        (("windows", "process_creation", ""), {"winlog__channel": SYSMON, "winlog__event_id": "1"}, True),
        (
            ("windows", "registry_event", ""),
            {"data__win__system__channel": SYSMON, "event__code": "14"},
            True,
        ),
        (("windows", "", "security"), {"Channel": "System", "EventID": 1}, False),
        (("windows", "", ""), {"Channel": "Any"}, True),
        (("linux", "", ""), {"Channel": "Security"}, False),
        (("linux", "process_creation", ""), {"process__executable": "/bin/sh"}, True),
        (("linux", "", "auditd"), {"type": "SYSCALL"}, True),
        (("aws", "", "cloudtrail"), {"eventSource": "a", "eventName": "b", "sourceIPAddress": "c"}, True),
        (("aws", "", "cloudtrail"), {"eventName": "b"}, False),
        (("", "webserver", ""), {"http__request__method": "GET", "url__original": "/"}, True),
        (("apache", "webserver", ""), {"cs-method": "GET", "cs-uri-stem": "/"}, False),
        (("", "proxy", ""), {"c-uri": "http://a"}, True),
        (("", "dns", ""), {"query": "a.example"}, True),
        (("zeek", "", "dns"), {"event__dataset": "zeek.dns"}, True),
        (("okta", "", "okta"), {"eventType": "user.login", "published": "x"}, True),
    ],
)
def test_an_event_is_of_a_log_source(source, fields, expected):
    """By channel and number, by the fields a service has, by the shipper's dataset."""
    assert expected is selects(source, **fields)


def test_a_log_source_in_no_table_is_none():
    """Rather than one that is wider than what was asked."""
    assert load_taxonomy().scope(LogSource("windows", "", "toaster")) is None
    assert load_taxonomy().scope(LogSource("toaster", "", "")) is None


def test_fields_are_named_by_the_narrowest_table():
    """A process creation is also event 4688; what no table names gets the patterns."""
    names = load_taxonomy().names(LogSource("windows", "process_creation", ""))
    assert "NewProcessName" in names("Image")
    assert ("data.win.eventdata.hashes", "winlog.event_data.Hashes", "Hashes") == names("Hashes")
    assert "NewProcessName" not in load_taxonomy().names(LogSource("windows", "image_load", ""))("Image")


def test_the_operators_table_counts(tmp_path):
    """In the place of ours for the same log source, and beside it for the others."""
    path = tmp_path / "mine.yml"
    path.write_text(
        "fields:\n  - logsource: {product: windows}\n    names: {Hashes: [h]}\n"
        "logsources:\n  - logsource: {product: toaster}\n    when: [{heat: [1, 2]}]\n"
        "placeholders: {admins: [root]}\n"
    )
    taxonomy = load_taxonomy([path])
    assert ("h",) == taxonomy.names(LogSource("windows", "process_creation", ""))("Hashes")
    assert taxonomy.scope(LogSource("toaster", "", "")) is not None
    assert {"admins": ("root",)} == taxonomy.placeholders


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("fields: 1\n", 1, "fields is a list"),
        ("logsources:\n  - logsource: {product: x}\n", 2, "`when` lists"),
        ("logsources:\n  - logsource: {vendor: x}\n    when: [{a: 1}]\n", 2, "logsource holds"),
        ("logsources:\n  - when: [{a: {b: 1}}]\n", 2, "a is a value"),
        ("fields:\n  - logsource: {}\n    nmaes: {}\n", 2, "has no 'nmaes'"),
        ("a: 1\na: 2\n", 2, "given twice"),
        ("- 1\n", 1, "the table is a mapping"),
        ("a: [\n", 2, "not valid YAML"),
    ],
)
def test_what_is_bad_is_named_by_line(tmp_path, text, line, reason):
    """A table that cannot be kept to its meaning is not used at all."""
    path = tmp_path / "bad.yml"
    path.write_text(text)
    with pytest.raises(ContentError, match=re.escape(reason)) as caught:
        load_taxonomy([path])
    assert f"{path}:{line}" == str(caught.value.location).removesuffix(":0")
