"""What decoding found, as Wazuh's alerts show it: `predecoder` and `data`.

Source: the fields of Wazuh 4's `alerts.json`.
"""

from __future__ import annotations

import json
from typing import Any

from tocsin.decode.naming import STATIC, readable
from tocsin.decode.subject import Subject

_BESIDE = frozenset({"srcgeoip", "dstgeoip"})
"""Values that stand beside `data` in an alert."""


def predecoder_of(subject: Subject, raw: str, hostname: str) -> dict[str, str]:
    """Return what the header said; the host only where the line begins with the classic header."""
    classic = raw[3:4] == " " == raw[6:7] == raw[15:16] and raw[9:10] == ":" == raw[12:13]
    parts = {
        "program_name": readable(subject.program),
        "timestamp": readable(subject.timestamp),
        "hostname": hostname if classic else "",
    }
    return {name: text for name, text in parts.items() if text}


def data_of(subject: Subject) -> dict[str, Any]:
    """Return the fields: static ones by name, dynamic ones nested at their dots.

    Every value is text, but for a complete JSON array. An empty dynamic value is left out, and so is
    one whose name begins with that of a value.
    """
    data: dict[str, Any] = {}
    names = subject.written or {}
    for key, value in subject.values.items():
        if key in STATIC:
            data[key] = readable(value)
    for key, value in subject.values.items():
        if key not in STATIC and key not in _BESIDE and value:
            _place(data, names.get(key, key).split("."), _shown(readable(value)))
    return data


def _shown(value: str) -> Any:
    if value.startswith("[") and value.endswith("]"):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return found if isinstance(found, list) else value
    return value


def _place(data: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        inner = data.setdefault(part, {})
        if not isinstance(inner, dict):
            return
        data = inner
    data.setdefault(path[-1], value)
