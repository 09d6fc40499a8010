"""`syscheck` of a Wazuh alert: a changed file or registry entry, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.core.clock import SECOND, from_iso, to_datetime
from tocsin.core.errors import InvalidError
from tocsin.core.event import Value
from tocsin.core.fields import ALIASES
from tocsin.core.permissions import symbolic
from tocsin.rules.alert_data import text_of

SYSCHECK_DECODER = "syscheck_"
"""The beginning of the names of the decoders this is for."""
_PREFIX = "syscheck."
_LISTS = frozenset({"tags", "changed_attributes", "hard_links"})
_OF_FIELD = {field: name for name, field in ALIASES.items() if name.startswith(_PREFIX)}


def syscheck_of(fields: Mapping[str, Value]) -> dict[str, Any]:
    """Return the nested object of a file integrity event's fields."""
    found: dict[str, Any] = {}
    for field in sorted(fields):
        name = _OF_FIELD.get(field, field)
        if name.startswith(_PREFIX) and name != "syscheck.entry_type":
            _place(found, name.removeprefix(_PREFIX), fields[field])
    return found


def _place(found: dict[str, Any], name: str, value: Value) -> None:
    if name in _LISTS:
        found[name] = list(value) if isinstance(value, list) else [value]
        return
    *path, last = name.split(".")
    for part in path:
        found = found.setdefault(part, {})
    found[last] = _shown(last, value)


def _shown(name: str, value: Value) -> Any:
    if isinstance(value, list):
        value = ",".join(map(text_of, value))
    if name.startswith("mtime_"):
        return _time(value)
    if name.startswith("inode_") and str(value).isdigit():
        return int(str(value))
    return symbolic(text_of(value)) if name.startswith("perm_") else text_of(value)


def _time(value: Value) -> str:
    try:
        at = value if isinstance(value, int) else from_iso(str(value))
    except InvalidError:
        return str(value)
    return f"{to_datetime(at // SECOND * SECOND):%Y-%m-%dT%H:%M:%S}"
