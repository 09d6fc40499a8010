"""File integrity events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tocsin.decode.builtin.syscheck import read_syscheck
from tocsin.decode.subject import Subject

NOW = {
    "type": "file",
    "size": 3,
    "perm": "rw-r--r--",
    "uid": "0",
    "user_name": "root",
    "mtime": 1_764_000_060,
    "hash_md5": "new",
}
OLD = {"size": 2, "mtime": 1_764_000_000, "hash_md5": "old", "uid": "1"}


def _subject(**data: Any) -> Subject:
    event = {"path": "/etc/hosts", "mode": "realtime", "type": "modified", "attributes": NOW, **data}
    subject = Subject("")
    read_syscheck(subject, json.dumps({"type": "event", "data": event}).encode())
    return subject


def test_rules_see_each_attribute_before_and_after() -> None:
    """Under Wazuh's names, as text."""
    values = _subject(old_attributes=OLD, changed_attributes=["size", "md5"], tags="a,b").values
    assert {
        "file": "/etc/hosts",
        "size": "3",
        "size_before": "2",
        "uid_before": "1",
    }.items() <= values.items()
    assert {"md5": "new", "md5_before": "old", "mtime": "1764000060"}.items() <= values.items()
    assert {"changed_fields": "size,md5", "tag": "a,b", "mode": "realtime"}.items() <= values.items()
    assert {"event_type": "modified", "entry_type": "file", "uname": "root"}.items() <= values.items()


def test_the_event_keeps_numbers_and_times() -> None:
    """What the file is now has ECS names; what it was stands under `syscheck.`."""
    fields = _subject(old_attributes=OLD, tags="a,b", content_changes="+x").fields
    assert (3, 2) == (fields["file.size"], fields["syscheck.size_before"])
    assert 1_764_000_060_000_000 == fields["file.mtime"]
    assert "2025-11-24T16:00:00.000000Z" == fields["syscheck.mtime_before"]
    assert (["a", "b"], "+x") == (fields["syscheck.tags"], fields["syscheck.diff"])
    assert ("0", "modified") == (fields["file.uid"], fields["event.action"])


def test_the_text_says_what_changed() -> None:
    """One statement a line; rules and people read it instead of the JSON."""
    subject = _subject(old_attributes=OLD, changed_attributes=["size"], content_changes="+x")
    assert subject.message.splitlines() == [
        "File '/etc/hosts' modified",
        "Mode: realtime",
        "Changed attributes: size",
        "Size changed from '2' to '3'",
        "Ownership changed from '1' to '0'",
        "Old modification time was: '1764000000', now it is '1764000060'",
        "Old md5sum was: 'old'",
        "New md5sum is : 'new'",
        "",
        "What changed:",
        "+x",
    ]
    assert subject.log == subject.message


@pytest.mark.parametrize(
    ("kind", "action", "decoder"),
    [
        ("file", "added", "syscheck_new_entry"),
        ("file", "deleted", "syscheck_deleted"),
        ("registry_key", "added", "syscheck_registry_key_added"),
        ("registry_value", "deleted", "syscheck_registry_value_deleted"),
    ],
)
def test_kind_and_change_name_the_decoder(kind: str, action: str, decoder: str) -> None:
    """Files, registry keys and their values have decoders of their own."""
    subject = _subject(type=action, attributes={"type": kind}, arch="[x64]", value_name="Run")
    assert (decoder, "ossec") == (subject.decoder, subject.category)
    assert ("[x64]", "Run") == (subject.values["arch"], subject.values["value_name"])


def test_windows_permissions_are_kept_whole() -> None:
    """An access list is no octal mode; it has a field of its own."""
    rights = {"S-1-5-18": {"name": "SYSTEM", "allowed": ["read"]}}
    subject = _subject(attributes={**NOW, "perm": rights, "attributes": "HIDDEN"})
    assert rights == json.loads(str(subject.fields["syscheck.win_perm_after"]))
    assert ("HIDDEN", "HIDDEN") == (subject.values["win_attributes"], subject.fields["syscheck.attrs_after"])
    assert "file.mode" not in subject.fields


def test_names_beyond_ascii_survive() -> None:
    """A path is bytes to rules and text to the event."""
    subject = _subject(path="/tmp/ü")
    assert ("/tmp/ü", "/tmp/Ã¼") == (subject.fields["file.path"], subject.values["file"])
    assert "File '/tmp/ü' modified" == subject.message.splitlines()[0]


def test_notes_about_a_scan_have_no_decoder() -> None:
    """The start and end of a scan are events without a finding."""
    subject = Subject("")
    at = read_syscheck(subject, b'{"type":"scan_start","data":{"timestamp":1764000000}}')
    assert (1_764_000_000, "", "scan_start") == (at, subject.decoder, subject.fields["event.action"])


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"no",
        b'{"type":"event"}',
        b'{"type":"event","data":{"path":"/x","type":"odd"}}',
        b'{"type":"event","data":{"path":"/x","type":["added"]}}',
        b'{"type":"event","data":{"path":"","type":"added"}}',
    ],
)
def test_what_is_no_change_is_refused(raw: bytes) -> None:
    """With a reason, whatever it holds."""
    with pytest.raises(ValueError):  # noqa: PT011  # each input has a message of its own
        read_syscheck(Subject(""), raw)
