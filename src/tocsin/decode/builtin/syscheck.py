"""File integrity: a file, registry key or registry value that was added, modified or deleted.

Source of the JSON: Wazuh 4's file integrity events, `{"type": "event", "data": {"path", "mode", "type",
"timestamp", "attributes": {..}, "changed_attributes": [..], "old_attributes": {..}, "audit": {..}, ..}}`.
Rules see Wazuh's names (`file`, `size`, `size_before`, ..); the event has ECS names for what the file is
now and `syscheck.*` for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.core.clock import SECOND, to_iso
from tocsin.decode.builtin.syscheck_text import change_text
from tocsin.decode.builtin.values import as_bytes, keep, put, put_list
from tocsin.decode.jsondoc import parse_object
from tocsin.decode.subject import Subject

_ACTIONS = {"added": "new_entry", "modified": "integrity_changed", "deleted": "deleted"}
_REGISTRY = ("registry_key", "registry_value")
NAMES: frozenset[str] = frozenset(
    {
        *(f"syscheck_{name}" for name in _ACTIONS.values()),
        *(f"syscheck_{kind}_{action}" for kind in _REGISTRY for action in _ACTIONS),
    }
)
"""The decoders' names."""

ATTRIBUTES = {
    "size": ("size", "file.size"),
    "perm": ("perm", "file.mode"),
    "uid": ("uid", "file.uid"),
    "gid": ("gid", "file.gid"),
    "user_name": ("uname", "file.owner"),
    "group_name": ("gname", "file.group"),
    "inode": ("inode", "file.inode"),
    "mtime": ("mtime", "file.mtime"),
    "hash_md5": ("md5", "file.hash.md5"),
    "hash_sha1": ("sha1", "file.hash.sha1"),
    "hash_sha256": ("sha256", "file.hash.sha256"),
    "attributes": ("win_attributes", "syscheck.attrs_after"),
    "value_type": ("value_type", "syscheck.value_type"),
}
"""Attributes by their name in the JSON: the rules' name and the event's field."""
_AUDIT = {
    "user_id": ("user_id", "syscheck.audit.user.id"),
    "user_name": ("user_name", "user.name"),
    "group_id": ("group_id", "syscheck.audit.group.id"),
    "group_name": ("group_name", "syscheck.audit.group.name"),
    "process_id": ("process_id", "process.pid"),
    "process_name": ("process_name", "process.executable"),
    "parent_name": ("parent_name", "process.parent.executable"),
    "ppid": ("ppid", "process.parent.pid"),
    "cwd": ("cwd", "process.working_directory"),
    "parent_cwd": ("parent_cwd", "syscheck.audit.process.parent_cwd"),
    "audit_uid": ("audit_uid", "syscheck.audit.login_user.id"),
    "audit_name": ("audit_name", "syscheck.audit.login_user.name"),
    "effective_uid": ("effective_uid", "syscheck.audit.effective_user.id"),
    "effective_name": ("effective_name", "user.effective.name"),
}
_DETAILS = {
    "path": ("file", "file.path"),
    "mode": ("mode", "syscheck.mode"),
    "type": ("event_type", "event.action"),
    "content_changes": ("changed_content", "syscheck.diff"),
    "symbolic_path": ("symbolic_path", "syscheck.symbolic_path"),
    "arch": ("arch", "syscheck.arch"),
    "value_name": ("value_name", "syscheck.value_name"),
}
_LISTS = {
    "changed_attributes": ("changed_fields", "syscheck.changed_attributes"),
    "tags": ("tag", "syscheck.tags"),
    "hard_links": ("hard_links", "syscheck.hard_links"),
}


def read_syscheck(subject: Subject, raw: bytes) -> Any:
    """Read one event of the module; return its time in seconds, if it states one.

    Raises `ValueError` for what is no JSON object, or states no path or no kind of change we know. The
    module's notes on the course of a scan give an event without a decoder.
    """
    document = parse_object(raw)
    subject.category = "ossec"
    data = document.get("data")
    if document.get("type") != "event":
        keep(subject, "event.action", str(document.get("type", ""))[:64])
        return data.get("timestamp") if isinstance(data, dict) else None
    if not isinstance(data, dict):
        raise ValueError("the event has no data")  # noqa: TRY004  # bad input, not a wrong argument
    put_change(subject, data)
    return data.get("timestamp")


def put_change(subject: Subject, data: Mapping[str, Any]) -> None:
    """Give rules and event one change; raises `ValueError` when it has no path or is of no known kind."""
    path, action = data.get("path"), data.get("type")
    if not (isinstance(path, str) and path and isinstance(action, str) and action in _ACTIONS):
        raise ValueError(f"a change of {path!r} with the type {action!r} is not known")
    now, old = _mapping(data.get("attributes")), _mapping(data.get("old_attributes"))
    kind = now.get("type") or data.get("entry_type")
    subject.decoder = f"syscheck_{kind}_{action}" if kind in _REGISTRY else f"syscheck_{_ACTIONS[action]}"
    for name, (key, field) in _DETAILS.items():
        put(subject, key, field, data.get(name))
    for name, (key, field) in _LISTS.items():
        put_list(subject, key, field, _list(data.get(name)))
    put(subject, "entry_type", "syscheck.entry_type", kind or "file")
    for name, (key, field) in ATTRIBUTES.items():
        _put_attribute(subject, name, (key, field), now.get(name))
        before = field.replace("_after", "_before") if "_after" in field else f"syscheck.{key}_before"
        _put_attribute(subject, name, (f"{key}_before", before), old.get(name))
    for name, (key, field) in _AUDIT.items():
        put(subject, key, field, _mapping(data.get("audit")).get(name))
    subject.message = change_text(data, now, old)
    subject.rewrite(as_bytes(subject.message))


def _put_attribute(subject: Subject, name: str, target: tuple[str, str], value: Any) -> None:
    key, field = target
    if name == "mtime" and isinstance(value, int) and 0 <= value < 2**40:
        subject.values[key] = str(value)
        keep(subject, field, value * SECOND if field == "file.mtime" else to_iso(value * SECOND))
    elif name == "perm" and isinstance(value, dict):
        put(subject, key, f"syscheck.win_perm_{'before' if key.endswith('_before') else 'after'}", value)
    else:
        put(subject, key, field, value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Any:
    """Return several texts as a list: the module writes tags with commas between, links as JSON in a text."""
    if isinstance(value, str) and value.startswith("["):
        value = value.strip("[]").replace('"', "")
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
