"""Findings of our own agent, under the names that Wazuh's rules know for its built-in decoders.

Source of the JSON: `tocsin.agent.findings`. A changed file is a `syscheck_*` event, what hides itself a
`rootcheck` one, the facts about a host a `syscollector` one; the rest is `tocsin_port` and
`tocsin_agent`. All are of type `ossec`.

What the agent says of itself also has the text by which Wazuh's agents say it, so that decoders and rules
made for those read it; where no decoder does, it is `tocsin_agent`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.core.clock import SECOND
from tocsin.core.permissions import symbolic
from tocsin.decode.builtin.rootcheck import put_rootcheck
from tocsin.decode.builtin.syscheck import put_change
from tocsin.decode.builtin.values import as_bytes, store
from tocsin.decode.jsondoc import JSONOptions, put_document
from tocsin.decode.subject import Subject

OTHER_DECODERS = {kind: f"tocsin_{kind}" for kind in ("port", "agent")}
_FILE = {
    "size": "size",
    "mode": "perm",
    "owner": "user_name",
    "group": "group_name",
    "uid": "uid",
    "gid": "gid",
    "inode": "inode",
    "mtime": "mtime",
    "md5": "hash_md5",
    "sha1": "hash_sha1",
    "sha256": "hash_sha256",
}
"""The agent's names of a file's attributes, and those of the file integrity module."""
_KEPT = {"mode": "file.mode", "mtime": "file.mtime"}
_ECS = {
    "port": {
        "port": "server.port",
        "protocol": "network.transport",
        "process": "process.name",
        "executable": "process.executable",
        "pid": "process.pid",
        "user": "user.name",
    },
    "process": {"pid": "process.pid"},
    "agent": {"path": "file.path"},
}
_AGENT_TEXTS = {
    "started": "ossec: Agent started: '{host}->any'.",
    "stopped": "ossec: Agent stopped: '{host}->any'.",
    "spool_overflow": "wazuh: Agent buffer: 'full'.",
    "log_truncated": "ossec: File size reduced (inode remained): '{path}'.",
    "watch_overflow": "ossec: Real-time inotify kernel queue is full. Some events may be lost.",
}
_HIDDEN = {
    "port": "Port '{port}'({protocol}) hidden. Kernel-level rootkit or trojaned version of netstat.",
    "process": "Process '{pid}' hidden from /proc. Possible kernel level rootkit.",
}
_OPTIONS = JSONOptions(keep_null=False, arrays_as_csv=True)


def put_finding(subject: Subject, finding: Mapping[str, Any], host: str = "") -> None:
    """Give a finding to rules and event; raises `ValueError` when it is of no kind we know.

    `host` is the name of the agent's host.
    """
    kind, action = str(finding.get("type")), str(finding.get("action"))
    subject.category = "ossec"
    if kind == "fim":
        _put_file(subject, finding)
        return
    if kind in _HIDDEN and action == "hidden":
        put_rootcheck(subject, _HIDDEN[kind].format_map(_Gaps(finding)))
    elif kind == "inventory":
        subject.decoder = "syscollector"
        if action == "ports" and isinstance(finding.get("ports"), list):
            subject.rewrite(as_bytes(_listing(finding["ports"])))
        put_document(subject, {"operation_type": _operation(finding), **_facts(finding)}, _OPTIONS)
    elif kind in OTHER_DECODERS:
        subject.decoder = OTHER_DECODERS[kind]
        text = _AGENT_TEXTS.get(action, "") if kind == "agent" else ""
        if text:
            subject.rewrite(as_bytes(text.format_map(_Gaps(finding, host=host))))
    else:
        raise ValueError(f"a finding of type {kind!r} and action {action!r} is not known")
    for name, field in _ECS.get(kind, {}).items():
        if isinstance(finding.get(name), str | int):
            store(subject, field, finding[name])
    put_document(subject, {name: value for name, value in finding.items() if name != "type"}, _OPTIONS)


def _put_file(subject: Subject, finding: Mapping[str, Any]) -> None:
    put_change(subject, _change(finding))
    subject.values["action"] = str(finding["action"])
    former = finding.get("old")
    is_gone = finding["action"] == "deleted" and isinstance(former, Mapping)
    now = former if is_gone else finding
    for name, field in _KEPT.items():  # more exact than what the module's own events say
        if isinstance(now, Mapping) and isinstance(now.get(name), str | int):
            subject.fields.pop(field, None)
            store(subject, field, now[name])


class _Gaps(dict[str, Any]):
    """Values for a text; what the finding does not say is a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"


def _change(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file finding as the file integrity module would say it.

    A deleted file shows its last known state.
    """
    former = finding.get("old")
    old = _attributes(former if isinstance(former, Mapping) else {})
    is_gone = finding.get("action") == "deleted"
    changed = finding.get("changed_attributes")
    return {
        "path": finding.get("path"),
        "type": finding.get("action"),
        "mode": finding.get("trigger"),
        "attributes": {"type": "file", **(old if is_gone else _attributes(finding))},
        "old_attributes": old,
        "changed_attributes": [_changed(name) for name in changed] if isinstance(changed, list) else None,
        "content_changes": finding.get("diff"),
    }


def _attributes(state: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: state[key] for key, name in _FILE.items() if isinstance(state.get(key), str | int)}
    if isinstance(found.get("mtime"), int):
        found["mtime"] //= SECOND
    if "perm" in found:
        found["perm"] = symbolic(str(found["perm"]))
    return found


def _changed(name: Any) -> str:
    """Return a changed attribute as the file integrity module calls it in its list of them."""
    return "permission" if name == "mode" else _FILE.get(str(name), str(name)).removeprefix("hash_")


def _listing(ports: list[Any]) -> str:
    """Return listening ports as the command says it that Wazuh's agents run for rule 533."""
    shown = (_Gaps(port) for port in ports if isinstance(port, Mapping))
    form = "{protocol} {address}:{port} {pid}/{process}"
    return "\n".join(["ossec: output: 'netstat listening ports':", *(form.format_map(one) for one in shown)])


def _operation(finding: Mapping[str, Any]) -> str:
    return "MODIFIED" if finding.get("changed_attributes") else "INSERTED"


def _facts(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts about a host under the inventory module's names."""
    host = finding.get("host")
    if not isinstance(host, Mapping):
        return {}
    cpu = host.get("cpu")
    cpu = cpu if isinstance(cpu, Mapping) else {}
    memory = host.get("memory_bytes")
    return {
        "os": {
            "hostname": host.get("hostname"),
            "name": host.get("os"),
            "platform": host.get("os_id"),
            "version": host.get("os_version"),
            "release": host.get("kernel"),
            "architecture": host.get("architecture"),
        },
        "hardware": {
            "cpu_name": cpu.get("model"),
            "cpu_cores": cpu.get("count"),
            "ram_total": memory // 1024 if isinstance(memory, int) else None,
        },
    }
