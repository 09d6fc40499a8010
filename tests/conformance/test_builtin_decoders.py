"""What a Wazuh agent's modules and our own agent send meets the stock rules written for it.

The inputs are ours, in the formats the modules document. The stock ruleset is not part of the project;
the tests skip where it is absent.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tocsin.agent.findings import (
    AgentFinding,
    FileFinding,
    FileState,
    InventoryFinding,
    Listener,
    PortFinding,
    ProcessFinding,
    encode_finding,
)
from tocsin.core.clock import SECOND, from_iso
from tocsin.core.event import Event
from tocsin.core.record import Kind, Record
from tocsin.rules import Correlation, Ruleset, load

AT = from_iso("2026-11-24T10:00:00Z")


@pytest.fixture(scope="module")
def stock(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """The stock ruleset as its default settings load it."""
    source, folder = real_data / "wazuh", tmp_path_factory.mktemp("stock")
    for kind in ("decoders", "rules", "lists"):
        shutil.copytree(source / kind, folder / kind, copy_function=shutil.copyfile)
    (folder / "rules" / "0215-policy_rules.xml").unlink()
    return load([folder])


def play(stock: Ruleset, kind: Kind, *raws: bytes | str) -> list[Event]:
    """Return the events of records of one agent, an hour apart."""
    records = [
        Record(
            "agent-1",
            seq,
            raw if isinstance(raw, bytes) else raw.encode(),
            AT + seq * 3_600 * SECOND,
            kind,
            host="web1",
            agent="001",
        )
        for seq, raw in enumerate(raws, start=1)
    ]
    return Correlation(stock).settle(stock.classify(records))


def rule_ids(events: list[Event]) -> list[Any]:
    """Return each event's rule; None where there is none."""
    return [event.fields.get("rule.id") for event in events]


def fim(kind: str, action: str, **more: Any) -> str:
    """Return a file integrity event."""
    attributes = {"type": kind, "size": 3, "perm": "rw-r--r--", "uid": "0", "user_name": "root"}
    data = {"path": "/etc/hosts", "mode": "realtime", "type": action, "timestamp": AT // SECOND}
    return json.dumps({"type": "event", "data": {**data, "attributes": attributes, **more}})


def windows(provider: str, channel: str, event_id: int, level: int, **data: str) -> str:
    """Return a Windows event as an agent sends it; `keywords` among the data belong to its system part."""
    keywords = data.pop("keywords", "0x8000000000000000")
    inner = "".join(f"<Data Name='{name}'>{value}</Data>" for name, value in data.items())
    event = (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name='{provider}'/><EventID>{event_id}</EventID><Level>{level}</Level>"
        f"<Keywords>{keywords}</Keywords><TimeCreated SystemTime='2026-11-24T09:59:59.5Z'/>"
        f"<Channel>{channel}</Channel><Computer>ws1</Computer></System><EventData>{inner}</EventData></Event>"
    )
    return json.dumps({"Message": "What happened.", "Event": event})


def security(event_id: int, *, failed: bool = False, **data: str) -> str:
    """Return an event of the security log."""
    keywords = "0x8010000000000000" if failed else "0x8020000000000000"
    return windows("Microsoft-Windows-Security-Auditing", "Security", event_id, 0, keywords=keywords, **data)


def sysmon(event_id: int, **data: str) -> str:
    """Return an event of Sysmon."""
    return windows("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational", event_id, 4, **data)


def check(result: str | None, number: int = 5000) -> str:
    """Return the result of one configuration check."""
    about: dict[str, Any] = {"id": number, "title": "Ensure X", "compliance": {"cis": "1.1"}}
    about |= {"result": result} if result else {"status": "Not applicable", "reason": "no such file"}
    return json.dumps({"type": "check", "id": 7, "policy": "CIS", "policy_id": "cis", "check": about})


def summary(score: int) -> str:
    """Return the summary of a policy's checks."""
    counts = {"passed": score, "failed": 100 - score, "invalid": 0, "total_checks": 100, "score": score}
    return json.dumps({"type": "summary", "scan_id": 7, "name": "CIS", "policy_id": "cis", **counts})


def ciscat(**cis: Any) -> str:
    """Return a benchmark's result."""
    kind = "scan_info" if "score" in cis else "scan_result"
    return json.dumps({"type": kind, "scan_id": 9, "cis": {"rule_title": "Ensure X", **cis}})


PORTS = "ossec: output: 'netstat listening ports':\ntcp 0.0.0.0:22 0.0.0.0:* 812/sshd\n"
SCANS = "Host: 192.0.2.7 (web1), open ports: 22(tcp)"

FIRES: list[tuple[Kind, str, list[str]]] = [
    ("syscheck", "550", [fim("file", "modified", changed_attributes=["size"], old_attributes={"size": 2})]),
    ("syscheck", "553", [fim("file", "deleted")]),
    ("syscheck", "554", [fim("file", "added")]),
    ("syscheck", "594", [fim("registry_key", "modified")]),
    ("syscheck", "597", [fim("registry_key", "deleted")]),
    ("syscheck", "598", [fim("registry_key", "added")]),
    ("syscheck", "750", [fim("registry_value", "modified", value_name="Run")]),
    ("syscheck", "751", [fim("registry_value", "deleted", value_name="Run")]),
    ("syscheck", "752", [fim("registry_value", "added", value_name="Run")]),
    ("rootcheck", "510", ["Trojaned version of file '/bin/ls' detected. Signature used: 'x' (Generic)."]),
    (
        "rootcheck",
        "511",
        ["NTFS Alternate data stream found: 'C:\\a:Zone.Identifier'. Possible hidden content."],
    ),
    ("rootcheck", "512", ["Windows Audit: Null sessions allowed. Reference: 1 ."]),
    ("rootcheck", "513", ["Windows Malware: Ginwui Backdoor. File: C:\\zsyhide.dll."]),
    ("rootcheck", "514", ["Application Found: Chat. File: C:\\chat.exe."]),
    ("rootcheck", "515", ["Starting rootcheck scan."]),
    ("rootcheck", "516", ["System Audit: SSH Hardening - 1: Port 22. File: /etc/ssh/sshd_config."]),
    ("rootcheck", "518", ["Application Found: Adware - X. File: C:\\x.exe."]),
    ("rootcheck", "519", ["System Audit: Web vulnerability - Outdated. File: /var/www/x.php."]),
    ("rootcheck", "521", ["Process '666' hidden from /proc. Possible kernel level rootkit."]),
    ("rootcheck", "522", ["File '/etc/x' is owned by root and has written permissions to anyone."]),
    ("hostinfo", "581", [SCANS]),
    ("hostinfo", "580", [SCANS, SCANS + " 4444(tcp)"]),
    ("syscollector", "221", [json.dumps({"type": "dbsync_ports", "operation": "INSERTED", "data": {}})]),
    ("sca", "19001", [summary(95)]),
    ("sca", "19002", [summary(85)]),
    ("sca", "19003", [summary(60)]),
    ("sca", "19004", [summary(40)]),
    ("sca", "19005", [summary(7)]),
    ("sca", "19007", [check("failed")]),
    ("sca", "19008", [check("passed")]),
    ("sca", "19009", [check(None)]),
    ("sca", "19010", [check("failed"), check("passed")]),
    ("sca", "19011", [check("passed"), check("failed")]),
    ("sca", "19012", [check("passed"), check(None)]),
    ("sca", "19013", [check("failed"), check(None)]),
    ("sca", "19014", [check(None), check("failed")]),
    ("sca", "19015", [check(None), check("passed")]),
    ("ciscat", "87404", [ciscat(score=95)]),
    ("ciscat", "87406", [ciscat(result="pass")]),
    ("ciscat", "87412", [ciscat(result="error")]),
    ("ciscat", "87418", [ciscat(result="fail")]),
    ("winevent", "60106", [security(4624, LogonType="3", TargetUserName="bob")]),
    ("winevent", "60103", [security(4985)]),
    ("winevent", "60122", [security(4625, failed=True, TargetUserName="bob", IpAddress="192.0.2.9")]),
    ("winevent", "60109", [security(4720, TargetUserName="eve")]),
    ("winevent", "60110", [security(4738, TargetUserName="eve")]),
    ("winevent", "60112", [security(4719, CategoryId="%%8273", AuditPolicyChanges="%%8448")]),
    ("winevent", "60115", [security(4740, TargetUserName="bob")]),
    ("winevent", "67027", [security(4688, NewProcessName="C:\\x.exe")]),
    ("winevent", "60602", [windows("App", "Application", 1000, 2)]),
    ("winevent", "61102", [windows("Disk", "System", 7, 2)]),
    ("winevent", "61138", [windows("Service Control Manager", "System", 7045, 4, ServiceName="x")]),
    ("winevent", "61603", [sysmon(1, Image="C:\\Windows\\x.exe", CommandLine="x")]),
    ("winevent", "61605", [sysmon(3, Image="C:\\x.exe", DestinationIp="192.0.2.9", DestinationPort="9999")]),
    ("winevent", "61613", [sysmon(11, Image="C:\\x.exe", TargetFilename="C:\\y.txt")]),
    ("line", "533", [PORTS, PORTS + "tcp 0.0.0.0:4444 0.0.0.0:* 99/nc\n"]),
    ("line", "531", ["ossec: output: 'df -P': /dev/sda1 41152736 41152736 0 100% /"]),
    ("line", "532", ["ossec: output: 'df -P': /dev/sr0 41152736 41152736 0 100% /media/cdrom"]),
    ("line", "591", ["ossec: File rotated (inode changed): '/var/log/syslog'."]),
    ("line", "592", ["ossec: File size reduced (inode remained): '/var/log/syslog'."]),
]


@pytest.mark.parametrize(("kind", "rule", "raws"), FIRES, ids=[f"{kind}-{rule}" for kind, rule, _ in FIRES])
def test_the_stock_rule_for_it_fires(stock: Ruleset, kind: Kind, rule: str, raws: list[str]) -> None:
    """The last of the records has the verdict that the stock rules give upstream."""
    events = play(stock, kind, *raws)
    assert rule == rule_ids(events)[-1]
    assert all("error.message" not in event.fields for event in events)


OURS = {
    "550": FileFinding("modified", "/etc/hosts", size=3, changed_attributes=("size",), old=FileState(size=2)),
    "553": FileFinding("deleted", "/etc/hosts", old=FileState(size=2)),
    "554": FileFinding("added", "/etc/hosts", size=3),
    "510": PortFinding("hidden", "tcp", "0.0.0.0", 4444, evidence="bind fails"),
    "521": ProcessFinding("hidden", 666, "kill(0) answers"),
    "506": AgentFinding("stopped", version="1"),
    "592": AgentFinding("log_truncated", path="/var/log/x"),
    "560": AgentFinding("watch_overflow", path="/etc"),
    "203": AgentFinding("spool_overflow"),
}


@pytest.mark.parametrize("rule", OURS)
def test_our_agents_findings_meet_the_stock_rules(stock: Ruleset, rule: str) -> None:
    """Stock rules for file integrity, rootkits and the agent itself fire for our agent."""
    assert [rule] == rule_ids(play(stock, "finding", encode_finding(OURS[rule])))


def test_a_new_listening_port_of_our_agent_changes_the_listing(stock: Ruleset) -> None:
    """The rule for a changed listing of ports fires, and shows what it was before."""
    ssh, nc = Listener("tcp", "0.0.0.0", 22, 8, "sshd"), Listener("tcp", "0.0.0.0", 4444, 9, "nc")
    listings = [InventoryFinding(action="ports", ports=ports) for ports in ((ssh,), (ssh,), (ssh, nc))]
    events = play(stock, "finding", *map(encode_finding, listings))
    assert ["530", "530", "533"] == rule_ids(events)
    assert "8/sshd" in str(events[-1].fields["previous_log"])


def test_a_new_agent_is_told_from_one_that_started_again(stock: Ruleset) -> None:
    """The first start of an agent is rule 501, later ones 503."""
    started = encode_finding(AgentFinding("started", version="1"))
    assert ["501", "503"] == rule_ids(play(stock, "finding", started, started))


def test_a_check_counts_only_when_its_result_changed(stock: Ruleset) -> None:
    """The same result again has no verdict; what it was before is among the fields when it changed."""
    events = play(stock, "sca", check("failed"), check("failed"), check("passed"), check("passed", 5001))
    assert ["19007", None, "19010", "19008"] == rule_ids(events)
    assert "failed" == events[2].fields["data.sca.check.previous_result"]
    assert "data.sca.check.previous_result" not in events[3].fields


def test_a_scan_counts_only_when_ports_changed(stock: Ruleset) -> None:
    """The same ports of a host again are no finding; the decoder says whether the host is new."""
    events = play(stock, "hostinfo", SCANS, SCANS, SCANS + " 80(tcp)")
    assert ["581", None, "580"] == rule_ids(events)
    assert "hostinfo_modified" == events[-1].fields["decoder.name"]


def test_the_first_sight_of_a_rootcheck_finding(tmp_path: Path) -> None:
    """`if_fts` holds once for each host, title and file."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.xml").write_text(
        '<group name="x,"><rule id="7" level="0"><category>ossec</category>'
        "<description>.</description></rule>"
        '<rule id="100100" level="5"><category>ossec</category><decoded_as>rootcheck</decoded_as><if_fts />'
        "<description>New.</description></rule></group>"
    )
    one, other = "File '/bin/ls' is odd.", "File '/bin/ps' is odd."
    assert ["100100", "7", "100100"] == rule_ids(play(load([tmp_path]), "rootcheck", one, one, other))
