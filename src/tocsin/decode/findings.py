"""Findings of our own agent, under the names that Wazuh's rules know for its built-in decoders.

Source of the JSON: `tocsin.agent.findings`. File integrity findings come out as `syscheck_*`; the rest
as `tocsin_port`, `tocsin_process`, `tocsin_inventory` and `tocsin_agent`. All are of type `ossec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.decode.jsondoc import JSONOptions, put_document
from tocsin.decode.naming import renamed
from tocsin.decode.subject import Subject

FIM_DECODERS = {
    "added": "syscheck_new_entry",
    "modified": "syscheck_integrity_changed",
    "deleted": "syscheck_deleted",
}
OTHER_DECODERS = {kind: f"tocsin_{kind}" for kind in ("port", "process", "inventory", "agent")}
_FILE = {
    "path": ("file", "file.path"),
    "size": ("size", "file.size"),
    "mode": ("perm", "file.mode"),
    "owner": ("uname", "file.owner"),
    "group": ("gname", "file.group"),
    "mtime": ("mtime", "file.mtime"),
    "md5": ("md5", "file.hash.md5"),
    "sha1": ("sha1", "file.hash.sha1"),
    "sha256": ("sha256", "file.hash.sha256"),
}
_ECS = {
    "port": {
        "port": "server.port",
        "protocol": "network.transport",
        "process": "process.name",
        "executable": "process.executable",
        "pid": "process.pid",
    },
    "process": {"pid": "process.pid"},
    "agent": {"path": "file.path"},
}
_OPTIONS = JSONOptions(keep_null=False, arrays_as_csv=True)


def put_finding(subject: Subject, finding: Mapping[str, Any]) -> None:
    """Give a finding to rules and event; raises `ValueError` when it is of no kind we know."""
    kind, action = finding.get("type"), finding.get("action")
    subject.category = "ossec"
    if kind == "fim" and action in FIM_DECODERS:
        subject.decoder = FIM_DECODERS[str(action)]
        _put_file(subject, finding)
    elif isinstance(kind, str) and kind in OTHER_DECODERS:
        subject.decoder = OTHER_DECODERS[kind]
        _put_named(subject, finding, _ECS.get(kind, {}))
        put_document(subject, _without(finding, "type"), _OPTIONS)
    else:
        raise ValueError(f"a finding of type {kind!r} and action {action!r} is not known")


def _without(finding: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in finding.items() if name not in names}


def _put_named(subject: Subject, finding: Mapping[str, Any], names: Mapping[str, str]) -> None:
    for name, field in names.items():
        if isinstance(finding.get(name), str | int):
            renamed(name, field).store(subject.fields, _bytes(finding[name]))


def _bytes(value: str | int) -> str:
    return str(value).encode("utf-8", "replace").decode("latin-1")


def _put_file(subject: Subject, finding: Mapping[str, Any]) -> None:
    """Put the file's state as rules name it; a deleted file shows its last known state."""
    old = finding.get("old")
    old = old if isinstance(old, Mapping) else {}
    now = {**old, **finding} if finding.get("action") == "deleted" else finding
    for name, (key, field) in _FILE.items():
        if isinstance(now.get(name), str | int):
            subject.put(renamed(key, field), _bytes(now[name]))
        if isinstance(old.get(name), str | int):
            subject.put(renamed(f"{key}_before", f"data.{key}_before"), _bytes(old[name]))
    document = {
        "action": finding["action"],
        "changed_fields": finding.get("changed_attributes"),
        "changed_content": finding.get("diff"),
    }
    put_document(subject, document, _OPTIONS)
