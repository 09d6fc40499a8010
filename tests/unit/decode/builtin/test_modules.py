"""The other modules of an agent: rootcheck, configuration checks, inventory, scans, benchmarks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tocsin.decode.builtin.ciscat import read_ciscat
from tocsin.decode.builtin.hostinfo import read_hostinfo
from tocsin.decode.builtin.rootcheck import read_rootcheck
from tocsin.decode.builtin.sca import read_sca
from tocsin.decode.builtin.syscollector import read_syscollector
from tocsin.decode.subject import Subject
from tocsin.decode.tracked import ANY, FIRST


def _read(reader: Callable[[Subject, bytes], Any], document: Any) -> Subject:
    subject = Subject("")
    subject.agent = "001"
    reader(subject, document.encode() if isinstance(document, str) else json.dumps(document).encode())
    return subject


@pytest.mark.parametrize(
    ("text", "title", "file"),
    [
        (
            "Trojaned version of file '/bin/ls' detected. Signature used: 'x' (Generic).",
            "Trojaned version of file detected.",
            "/bin/ls",
        ),
        (
            "File '/etc/x' is owned by root and has written permissions to anyone.",
            "File is owned by root and has written permissions to anyone.",
            "/etc/x",
        ),
        (
            "System Audit: SSH - 1: Port 22. File: /etc/ssh/sshd_config. Reference: 1 .",
            "System Audit: SSH - 1: Port 22.",
            "/etc/ssh/sshd_config",
        ),
        ("Starting rootcheck scan.", "Starting rootcheck scan.", None),
    ],
)
def test_rootcheck_has_title_and_file(text: str, title: str, file: str | None) -> None:
    """The first sentence, and the file it is about."""
    subject = _read(read_rootcheck, text)
    assert ("rootcheck", title, file) == (
        subject.decoder,
        subject.values["title"],
        subject.values.get("file"),
    )
    assert file == subject.fields.get("file.path")
    assert (text, {"title", "file"} & {*subject.fts}) == (subject.log, {"title", "file"})


def test_a_check_has_a_reading_for_each_former_result() -> None:
    """Rules see the former result; compliance is by framework, however it is written."""
    check = {
        "id": 5,
        "title": "T",
        "result": "failed",
        "compliance": [{"cis": ["1.1", "1.2"]}, {"tsc": ["C"]}],
    }
    subject = _read(read_sca, {"type": "check", "policy": "P", "policy_id": "p", "check": check})
    assert ("failed", "1.1,1.2") == (
        subject.values["sca.check.result"],
        subject.values["sca.check.compliance.cis"],
    )
    assert ["1.1", "1.2"] == subject.fields["data.sca.check.compliance.cis"]
    tracked = subject.tracked
    assert tracked is not None
    assert ("failed", [FIRST, "passed", "not applicable", ANY]) == (
        tracked.value,
        [reading.former for reading in tracked.readings],
    )
    assert (("sca.check.previous_result", "passed"),) == tracked.readings[1].values


def test_checks_of_another_agent_or_policy_are_others() -> None:
    """Each agent, policy and check has a key of its own."""
    keys = set()
    for agent, policy, number in (("1", "p", 5), ("2", "p", 5), ("1", "q", 5), ("1", "p", 6)):
        subject = Subject("")
        subject.agent = agent
        check = {"id": number, "result": "passed"}
        read_sca(subject, json.dumps({"type": "check", "policy_id": policy, "check": check}).encode())
        assert subject.tracked is not None
        keys.add(subject.tracked.key)
    assert 4 == len(keys)


def test_inventory_stands_under_its_groups_name() -> None:
    """Numbers stay numbers in the event; hashes of the module's own are left out."""
    data = {"local_port": 22, "protocol": "tcp", "pid": 8, "process": "sshd", "checksum": "x", "item_id": "y"}
    subject = _read(read_syscollector, {"type": "dbsync_ports", "operation": "INSERTED", "data": data})
    values, fields = subject.values, subject.fields
    assert ("22", "INSERTED", "dbsync_ports") == (
        values["port.local_port"],
        values["operation_type"],
        values["type"],
    )
    assert (22, 8, "sshd") == (fields["server.port"], fields["process.pid"], fields["process.name"])
    assert 22 == fields["data.port.local_port"]
    assert not {"port.checksum", "port.item_id"} & values.keys()


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("packages", "program.name"),
        ("processes", "process.name"),
        ("network_iface", "netinfo.iface.name"),
        ("network_address", "netinfo.addr.name"),
        ("osinfo", "os.name"),
        ("hwinfo", "hardware.name"),
        ("users", "user.name"),
        ("groups", "group.name"),
        ("services", "service.name"),
    ],
)
def test_each_table_has_its_group(table: str, name: str) -> None:
    """The names rules are written for."""
    subject = _read(
        read_syscollector, {"type": f"dbsync_{table}", "operation": "DELETED", "data": {"name": "x"}}
    )
    assert ("x", "DELETED") == (subject.values[name], subject.values["operation_type"])


def test_older_inventory_is_read_as_it_is() -> None:
    """Older agents send the group's name themselves."""
    document = {"type": "program", "ID": 7, "program": {"name": "vim"}}
    subject = _read(read_syscollector, document)
    assert ("vim", "program") == (subject.values["program.name"], subject.values["type"])
    assert "id" not in subject.values


def test_a_scanned_host_is_new_or_modified() -> None:
    """The decoder's name depends on what the scan said before."""
    subject = _read(read_hostinfo, "Host: 192.0.2.7 (web1), open ports: 22(tcp) 80(tcp)")
    assert ("192.0.2.7", "open ports: 22(tcp) 80(tcp)") == (
        subject.fields["host.ip"],
        subject.values["ports"],
    )
    tracked = subject.tracked
    assert tracked is not None
    assert [(FIRST, ""), (ANY, "hostinfo_modified")] == [
        (one.former, one.decoder) for one in tracked.readings
    ]


def test_a_benchmark_keeps_its_names() -> None:
    """Results stand under `cis.`."""
    subject = _read(read_ciscat, {"type": "scan_result", "scan_id": 9, "cis": {"result": "fail"}})
    assert ("ciscat", "fail", "9") == (
        subject.decoder,
        subject.values["cis.result"],
        subject.values["scan_id"],
    )


@pytest.mark.parametrize(
    ("reader", "raw"),
    [
        (read_sca, "[]"),
        (read_sca, "{}"),
        (read_sca, '{"type": ["check"]}'),
        (read_syscollector, '{"type": "odd"}'),
        (read_syscollector, '{"type": ["dbsync_ports"], "data": {}}'),
        (read_hostinfo, "nothing"),
        (read_ciscat, "x"),
    ],
)
def test_what_is_of_another_form_is_refused(reader: Callable[[Subject, bytes], Any], raw: str) -> None:
    """With a reason that becomes the event's error."""
    with pytest.raises(ValueError):  # noqa: PT011  # each reader has a message of its own
        _read(reader, raw)
