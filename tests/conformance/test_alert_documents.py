"""The documents of Wazuh's alerts: their form, and that every name in them finds our events.

Every sample is stored; then each value of its document is searched for under its name in the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.core.record import Kind, Record
from tocsin.query.elasticsearch_dsl import read_filter
from tocsin.query.lucene import parse_lucene
from tocsin.query.predicate import compile_predicate
from tocsin.rules import Correlation, Ruleset, load
from tocsin.rules.alert_document import AlertDocuments, alert_id
from tocsin.store.base import Batch, Selection
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")
SECONDS = NOON // 1_000_000
DECODERS = """<decoder name="sshd"><program_name>^sshd$</program_name></decoder>
<decoder name="sshd-failed"><parent>sshd</parent><prematch>^Failed </prematch>
<regex offset="after_prematch">^(\\S+) for (\\S+) from (\\S+) port (\\d+) (\\S+) (\\S+) (\\S+)</regex>
<order>extra_data, user, srcip, srcport, protocol, url, tty.name</order></decoder>
<decoder name="json"><prematch>^{</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>"""
RULES = """<group name="test,pci_dss_10.2.4,gdpr_IV_35.7.d,nist_800_53_AU.14,hipaa_164.312.b,">
<rule id="1" level="0"><category>syslog</category><description>Found</description></rule>
<rule id="7" level="0"><category>ossec</category><description>Found</description></rule>
<rule id="100100" level="12"><decoded_as>sshd</decoded_as><description>Failed for $(user)</description>
<mitre><id>T1110</id><id>T1110.001</id></mitre><info type="cve">2024-1</info>
<group>authentication_failed,tsc_CC6.1,gpg13_7.1,</group></rule>
<rule id="100101" level="5"><decoded_as>json</decoded_as><description>JSON</description></rule>
{}</group>"""
BUILT_IN = (
    *("windows_eventchannel", "syscheck_new_entry", "syscheck_integrity_changed", "rootcheck", "sca"),
    *("syscheck_registry_value_modified", "syscollector"),
)
ATTRIBUTES = {
    "type": "file",
    "size": 9,
    "perm": "rw-r--r--",
    "uid": "0",
    "gid": "0",
    "user_name": "root",
    "group_name": "adm",
    "inode": 71,
    "mtime": SECONDS,
    "hash_md5": "aa",
    "hash_sha1": "bb",
    "hash_sha256": "cc",
}
OLD = {
    "size": 8,
    "perm": "rw-rw-rw-",
    "uid": "1",
    "gid": "1",
    "user_name": "bin",
    "group_name": "bin",
    "inode": 70,
    "mtime": SECONDS - 60,
    "hash_md5": "dd",
    "hash_sha1": "ee",
    "hash_sha256": "ff",
}
AUDIT = {
    "user_id": "1",
    "user_name": "eve",
    "group_id": "2",
    "group_name": "wheel",
    "process_id": 77,
    "process_name": "/bin/vi",
    "audit_uid": "3",
    "audit_name": "bob",
    "effective_uid": "4",
    "effective_name": "sue",
    "ppid": 66,
    "cwd": "/tmp",
    "parent_name": "/bin/sh",
    "parent_cwd": "/root",
}


def _fim(kind: str, action: str, **more: Any) -> str:
    data = {"path": "/etc/hosts", "mode": "whodata", "type": action, "timestamp": SECONDS}
    return json.dumps({"type": "event", "data": {**data, "attributes": {**ATTRIBUTES, "type": kind}, **more}})


WINDOWS = (
    "<Event><System><Provider Name='Microsoft-Windows-Sysmon' Guid='{1}'/><EventID>1</EventID>"
    "<Level>4</Level>"
    "<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>ws1</Computer></System><EventData>"
    "<Data Name='Image'>C:\\Windows\\x.exe</Data><Data Name='CommandLine'>x /y</Data>"
    "<Data Name='ParentImage'>C:\\p.exe</Data><Data Name='DestinationIp'>192.0.2.9</Data>"
    "<Data Name='TargetUserName'>bob</Data></EventData></Event>"
)
CHECK = {
    "id": 5000,
    "title": "Ensure X",
    "description": "d",
    "rationale": "r",
    "remediation": "m",
    "compliance": {"cis": "1.1,1.2", "cis_csc": "3"},
    "file": "/etc/x",
    "result": "failed",
}
SAMPLES: dict[str, tuple[Kind, str]] = {
    "ssh": (
        "line",
        "Nov 24 11:59:58 web1 sshd[9]: Failed password for eve from 192.0.2.7 port 4242 ssh2 /u pts/1",
    ),
    "json": (
        "line",
        json.dumps(
            {"srcip": "192.0.2.8", "action": "drop", "id": 7, "a": {"b": "c", "n": 3, "yes": True}}
            | {"list": ["x", "y"], "http": {"request": {"method": "GET"}}}
            | {"status": "ok", "data": "d", "systemname": "s"}
        ),
    ),
    "windows": ("winevent", json.dumps({"Message": "Made.", "Event": WINDOWS})),
    "fim": (
        "syscheck",
        _fim(
            "file",
            "modified",
            changed_attributes=["size", "mtime"],
            old_attributes=OLD,
            audit=AUDIT,
            tags="one,two",
            content_changes="+a",
            hard_links=["/x", "/y"],
            symbolic_path="/link",
        ),
    ),
    "registry": ("syscheck", _fim("registry_value", "modified", arch="[x64]", value_name="Run")),
    "rootcheck": ("rootcheck", "Trojaned version of file '/bin/ls' detected. Signature used: 'x' (Generic)."),
    "sca": ("sca", json.dumps({"type": "check", "id": 7, "policy": "P", "policy_id": "p", "check": CHECK})),
    "syscollector": (
        "syscollector",
        json.dumps(
            {"type": "dbsync_ports", "operation": "INSERTED", "data": {"local_port": 22, "protocol": "tcp"}}
        ),
    ),
}
OF_ANOTHER_FORM = {
    **dict.fromkeys(("timestamp", "id", "manager.name", "rule.mail"), "made for the document"),
    **dict.fromkeys(("syscheck.mtime_after", "syscheck.mtime_before"), "our times have another form"),
}


@pytest.fixture(scope="module")
def ruleset(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """A few decoders and rules of ours that meet the samples."""
    folder = tmp_path_factory.mktemp("content")
    for kind, text in (("decoders", DECODERS), ("rules", RULES)):
        (folder / kind).mkdir()
        rules = "".join(
            f'<rule id="{100200 + number}" level="7"><category>ossec</category>'
            f"<decoded_as>{name}</decoded_as><description>Found</description></rule>"
            for number, name in enumerate(BUILT_IN)
        )
        (folder / kind / "a.xml").write_text(text.replace("{}</group>", rules + "</group>"))
    loaded = load([folder])
    assert not loaded.problems
    return loaded


def _event(ruleset: Ruleset, kind: Kind, raw: str, agent: str = "agt_1") -> Event:
    host = "web1" if agent else ""
    record = Record(
        "agent:agt_1", 7, raw.encode(), NOON, kind, "" if kind != "line" else "/var/log/x", host, agent
    )
    return Correlation(ruleset).settle(ruleset.classify([record]))[0]


def _document(ruleset: Ruleset, name: str) -> dict[str, Any]:
    return AlertDocuments("soc").document(_event(ruleset, *SAMPLES[name]))


def _leaves(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            for one in value if isinstance(value, list) else [value]:
                yield f"{prefix}{name}", one


@pytest.mark.parametrize("name", SAMPLES)
def test_every_name_of_the_document_finds_the_event(ruleset: Ruleset, tmp_path: Path, name: str) -> None:
    """Stored, the event is found by each of its document's values under the document's names."""
    event = _event(ruleset, *SAMPLES[name])
    document = AlertDocuments("soc").document(event)
    store = DuckDBStore(tmp_path / "log", ManualClock(NOON))
    try:
        store.commit(Batch(event.source, [event], event.seq))
        missed = []
        for field, value in _leaves(document):
            if field in OF_ANOTHER_FORM or (field == "location" and "log.file.path" not in event.fields):
                continue
            text = json.dumps(value.splitlines()[0]) if isinstance(value, str) else str(value)
            if field.startswith("rule.") and f"data.sca.check.compliance.{field[5:]}" in event.fields:
                continue  # a check's own requirements are searched under the check's names
            if field == "full_log" and name == "windows":
                continue  # our event keeps what was sent
            query = parse_lucene(f"{field}:{text}", now=NOON)
            if not (store.count(Selection(query)) and compile_predicate(query)(event)):
                missed.append((field, value))
            clause = read_filter([{"match_phrase": {field: value}}])
            if not compile_predicate(clause)(event):
                missed.append((f"match_phrase {field}", value))
        assert missed == []
    finally:
        store.close()


def test_a_line_of_syslog(ruleset: Ruleset) -> None:
    """The whole document of a composite-free alert."""
    document = _document(ruleset, "ssh")
    event = _event(ruleset, *SAMPLES["ssh"])
    assert document == {
        "timestamp": "2026-11-24T11:59:58.000+0000",
        "rule": {
            "level": 12,
            "description": "Failed for eve",
            "id": "100100",
            "firedtimes": 1,
            "mail": True,
            "cve": "2024-1",
            "groups": ["test", "authentication_failed"],
            "pci_dss": ["10.2.4"],
            "gdpr": ["IV_35.7.d"],
            "gpg13": ["7.1"],
            "hipaa": ["164.312.b"],
            "nist_800_53": ["AU.14"],
            "tsc": ["CC6.1"],
            "mitre": {
                "id": ["T1110", "T1110.001"],
                "tactic": ["Credential Access"],
                "technique": ["Brute Force", "Password Guessing"],
            },
        },
        "agent": {"id": "agt_1", "name": "web1"},
        "manager": {"name": "soc"},
        "id": alert_id(event),
        "predecoder": {"program_name": "sshd", "timestamp": "Nov 24 11:59:58", "hostname": "web1"},
        "decoder": {"name": "sshd", "parent": "sshd"},
        "data": {
            "extra_data": "password",
            "dstuser": "eve",
            "srcip": "192.0.2.7",
            "srcport": "4242",
            "protocol": "ssh2",
            "url": "/u",
            "tty": {"name": "pts/1"},
        },
        "full_log": SAMPLES["ssh"][1],
        "location": "/var/log/x",
    }


def test_a_log_in_json(ruleset: Ruleset) -> None:
    """Numbers are text in the document and numbers in our event; a list stays one."""
    data = _document(ruleset, "json")["data"]
    assert data["a"] == {"b": "c", "n": "3", "yes": "true"}
    assert (data["list"], data["id"], data["http"]) == (["x", "y"], "7", {"request": {"method": "GET"}})
    assert 3 == _event(ruleset, *SAMPLES["json"]).fields["data.a.n"]


def test_a_windows_event(ruleset: Ruleset) -> None:
    """Only the names of the Windows decoder stand in the data; the full log is its JSON."""
    document = _document(ruleset, "windows")
    assert list(document["data"]) == ["win"]
    assert document["data"]["win"]["eventdata"]["image"] == "C:\\Windows\\x.exe"
    assert json.loads(document["full_log"]) == document["data"]
    assert document["location"] == "EventChannel"


def test_a_changed_file(ruleset: Ruleset) -> None:
    """File integrity has an object of its own and a full log in words."""
    document = _document(ruleset, "fim")
    assert "data" not in document
    found = document["syscheck"]
    assert (found["path"], found["event"], found["mode"]) == ("/etc/hosts", "modified", "whodata")
    assert (found["size_before"], found["size_after"]) == ("8", "9")
    assert (found["perm_before"], found["perm_after"]) == ("rw-rw-rw-", "rw-r--r--")
    assert (found["inode_before"], found["inode_after"]) == (70, 71)
    assert (found["mtime_before"], found["mtime_after"]) == ("2026-11-24T11:59:00", "2026-11-24T12:00:00")
    assert found["changed_attributes"] == ["size", "mtime"]
    assert (found["tags"], found["hard_links"]) == (["one", "two"], ["/x", "/y"])
    audit = found["audit"]
    assert (audit["user"], audit["login_user"]) == ({"id": "1", "name": "eve"}, {"id": "3", "name": "bob"})
    assert audit["effective_user"] == {"id": "4", "name": "sue"}
    assert (audit["process"]["id"], audit["process"]["name"]) == ("77", "/bin/vi")
    assert document["full_log"].splitlines()[:2] == ["File '/etc/hosts' modified", "Hard links: '/x,/y'"]
    assert "Size changed from '8' to '9'" in document["full_log"]


def test_requirements_of_a_check_join_the_rules(ruleset: Ruleset) -> None:
    """What a check complies with stands in the rule, as lists."""
    document = _document(ruleset, "sca")
    assert (document["rule"]["cis"], document["rule"]["cis_csc"]) == (["1.1", "1.2"], ["3"])
    assert document["data"]["sca"]["check"]["result"] == "failed"


def test_the_managers_own_event_and_hidden_logs(ruleset: Ruleset) -> None:
    """Without an agent it is agent 000; a rule may keep the full log back; no verdict, no rule."""
    documents = AlertDocuments("soc", options=lambda _: frozenset({"no_full_log", "no_email_alert"}))
    document = documents.document(_event(ruleset, *SAMPLES["ssh"], agent=""))
    assert document["agent"] == {"id": "000", "name": "soc"}
    assert "full_log" not in document
    assert document["rule"]["mail"] is False
    plain = Event("syslog:udp:192.0.2.1", 1, NOON, NOON, "hi", {})
    document = AlertDocuments("soc").document(plain)
    assert ("rule" in document, document["location"]) == (False, "syslog:udp:192.0.2.1")


def test_the_identifier_never_changes_and_differs_between_events() -> None:
    """Seconds of reception, and a number made of source and sequence."""
    events = [Event(source, seq, NOON, NOON, "", {}) for source in ("a", "b") for seq in range(50)]
    identifiers = [alert_id(event) for event in events]
    assert identifiers == [alert_id(event) for event in events]
    assert len(set(identifiers)) == 100
    assert all(one.startswith(f"{SECONDS}.") for one in identifiers)
