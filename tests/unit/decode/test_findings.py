"""Findings of the agent."""

from __future__ import annotations

import json

import pytest

from tocsin.agent.findings import FileFinding, FileState, Listener, PortFinding, encode_finding
from tocsin.decode.findings import put_finding
from tocsin.decode.subject import Subject


def _subject(raw: bytes) -> Subject:
    subject = Subject("")
    put_finding(subject, json.loads(raw))
    return subject


def test_a_modified_file_has_wazuhs_names_and_ecs_fields() -> None:
    """Rules see `file`, `perm`, `sha256_before`, `changed_fields`; the event has `file.*`."""
    finding = FileFinding(
        "modified",
        "/etc/passwd",
        size=10,
        mode="0644",
        owner="root",
        sha256="ab",
        changed_attributes=("size", "sha256"),
        old=FileState(size=9, sha256="cd"),
        diff="--- x",
    )
    subject = _subject(encode_finding(finding))
    assert ("syscheck_integrity_changed", "ossec") == (subject.decoder, subject.category)
    values = subject.values
    assert ("/etc/passwd", "rw-r--r--", "cd", "9") == (
        values["file"],
        values["perm"],
        values["sha256_before"],
        values["size_before"],
    )
    assert "size,sha256" == values["changed_fields"]
    fields = subject.fields
    assert ("/etc/passwd", 10, "ab") == (fields["file.path"], fields["file.size"], fields["file.hash.sha256"])
    assert ("0644", 9) == (fields["file.mode"], fields["syscheck.size_before"])
    assert ["size", "sha256"] == fields["syscheck.changed_attributes"]
    assert "--- x" == fields["syscheck.diff"]
    assert "modified" == fields["event.action"]


def test_a_deleted_file_shows_what_it_was() -> None:
    """For a deleted file the last known state is the state."""
    subject = _subject(encode_finding(FileFinding("deleted", "/x", old=FileState(sha256="cd"))))
    assert "syscheck_deleted" == subject.decoder
    assert "cd" == subject.fields["file.hash.sha256"]


def test_a_port_has_the_keys_of_its_json() -> None:
    """Other findings keep their JSON keys for rules, and ECS fields where there are some."""
    finding = PortFinding(
        "opened", "tcp", "0.0.0.0", 4444, pid=7, process="nc", user="www", old=Listener("tcp", "::", 4444)
    )
    subject = _subject(encode_finding(finding))
    assert "tocsin_port" == subject.decoder
    assert ("4444", "opened", "www") == tuple(subject.values[k] for k in ("port", "action", "dstuser"))
    assert 4444 == subject.fields["server.port"]
    assert ("nc", 7, "www") == tuple(subject.fields[k] for k in ("process.name", "process.pid", "user.name"))
    assert "::" == subject.values["old.address"]


@pytest.mark.parametrize("raw", [b"{}", b'{"type": "fim"}', b'{"type": "other"}', b'{"type": ["fim"]}'])
def test_unknown_findings_are_refused(raw: bytes) -> None:
    """A finding of no known kind is refused with what it says it is."""
    with pytest.raises(ValueError, match="not known"):
        _subject(raw)


def test_a_change_reads_like_one_of_the_file_integrity_module() -> None:
    """Owner, permissions and inode before and after, how it was noticed, and the text in words."""
    old = FileState(mode="0644", uid=0, inode=70, mtime=1_764_000_000_000_000)
    finding = FileFinding(
        "modified",
        "/etc/x",
        mode="0666",
        uid=1000,
        inode=71,
        mtime=1_764_000_060_000_000,
        changed_attributes=("mode", "uid", "inode", "mtime"),
        old=old,
        trigger="realtime",
    )
    subject = _subject(encode_finding(finding))
    values = subject.values
    assert ("rw-r--r--", "rw-rw-rw-", "0", "1000") == (
        values["perm_before"],
        values["perm"],
        values["uid_before"],
        values["uid"],
    )
    assert ("realtime", "permission,uid,inode,mtime") == (values["mode"], values["changed_fields"])
    assert ("0666", "1000", "71") == tuple(
        subject.fields[f"file.{name}"] for name in ("mode", "uid", "inode")
    )
    assert 1_764_000_060_000_000 == subject.fields["file.mtime"]
    assert subject.message.splitlines() == [
        "File '/etc/x' modified",
        "Mode: realtime",
        "Changed attributes: permission,uid,inode,mtime",
        "Permissions changed from 'rw-r--r--' to 'rw-rw-rw-'",
        "Ownership changed from '0' to '1000'",
        "Inode changed from '70' to '71'",
        "Old modification time was: '1764000000', now it is '1764000060'",
    ]
