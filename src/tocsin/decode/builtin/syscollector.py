"""Inventory of a host (syscollector): one port, process, package, .. that appeared, changed or went.

Source of the JSON: Wazuh 4's inventory module: `{"type": "dbsync_ports", "operation": "INSERTED", "data":
{..}}`, and of its older versions `{"type": "port", "port": {..}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.decode.builtin.values import store
from tocsin.decode.jsondoc import JSONOptions, parse_object, put_document
from tocsin.decode.subject import Subject

NAMES: frozenset[str] = frozenset({"syscollector"})
_KINDS = {
    "ports": "port",
    "processes": "process",
    "packages": "program",
    "hotfixes": "hotfix",
    "hwinfo": "hardware",
    "osinfo": "os",
    "network_iface": "netinfo.iface",
    "network_protocol": "netinfo.proto",
    "network_address": "netinfo.addr",
    "users": "user",
    "groups": "group",
    "services": "service",
    "browser_extensions": "browser_extension",
}
_OLDER = {"program", "port", "process", "hardware", "hotfix", "network", "OS"}
_RENAMED = {
    "hardware": {"board_serial": "serial"},
    "os": {"os_name": "name", "os_version": "version", "os_platform": "platform"},
}
_DROPPED = frozenset({"checksum", "scan_time", "item_id"})
_ECS = {
    "port.local_port": "server.port",
    "port.protocol": "network.transport",
    "port.process": "process.name",
    "port.pid": "process.pid",
    "process.name": "process.name",
    "process.pid": "process.pid",
    "process.cmd": "process.executable",
    "process.ppid": "process.parent.pid",
    "user.name": "user.name",
    "user.id": "user.id",
}
_OPTIONS = JSONOptions(keep_null=False, arrays_as_csv=True)


def read_syscollector(subject: Subject, raw: bytes) -> Any:
    """Read one event of the module; raises `ValueError` for what is none."""
    document = parse_object(raw)
    subject.decoder, subject.category = "syscollector", "ossec"
    kind, data = document.get("type"), document.get("data")
    if isinstance(kind, str) and kind.startswith("dbsync_") and isinstance(data, dict):
        put_fact(subject, kind.removeprefix("dbsync_"), data, document.get("operation"))
    elif isinstance(kind, str) and kind in _OLDER:
        put_document(subject, {name: value for name, value in document.items() if name != "ID"}, _OPTIONS)
    else:
        raise ValueError(f"an event of type {kind!r} is not known")
    return document.get("timestamp")


def put_fact(subject: Subject, table: str, data: Mapping[str, Any], operation: Any) -> None:
    """Give rules and event one entry of a table of the inventory, under the group's name."""
    group = _KINDS.get(table, table)
    names = _RENAMED.get(group, {})
    entry = {names.get(name, name): value for name, value in data.items() if name not in _DROPPED}
    document: dict[str, Any] = {"type": f"dbsync_{table}", "operation_type": operation}
    for part in reversed(group.split(".")):
        entry = {part: entry}
    put_document(subject, {**document, **entry}, _OPTIONS)
    for name, field in _ECS.items():
        value = data.get(name.partition(".")[2]) if name.startswith(group + ".") else None
        if value is not None and field not in subject.fields:
            store(subject, field, value)
