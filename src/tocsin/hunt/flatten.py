"""Documents as flat fields: Windows events under Sigma's plain names, other JSON by its paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.core.clock import from_iso
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event, Value

MAX_FIELDS = 2_000
_MAX_DEPTH = 32
_MAX_MESSAGE = 256 * 1024
_TIMES = (
    *("@timestamp", "SystemTime", "timestamp", "eventTime", "UtcTime", "TimeCreated", "time", "published"),
    *("CreationTime", "createdDateTime", "activityDateTime", "event.created", "ts", "date", "_time"),
)

Fields = dict[str, Value]


def event_of(document: Mapping[str, Any], source: str, number: int) -> Event:
    """Return a document as an event; its message is its own, else all its values, a line each."""
    inner = document.get("_source")
    document = inner if isinstance(inner, dict) else document  # a hit of a search
    windows = document.get("Event")
    if isinstance(windows, dict) and isinstance(windows.get("System"), dict):
        return windows_event(windows, source, number)
    fields: Fields = {}
    _flatten("", document, fields, 0)
    message = fields.pop("message", None)
    text = message if isinstance(message, str) else _joined(fields)
    at = _time(fields)
    fields.pop("@timestamp", None)
    return Event(source, number, at, at, text[:_MAX_MESSAGE], fields)


def windows_event(event: Mapping[str, Any], source: str, number: int) -> Event:
    """Return a Windows event, as the `evtx` parser's JSON has it, under the plain names of its fields."""
    fields: Fields = {}
    for block, value in event.items():
        if block != "System" and not block.startswith("#") and isinstance(value, dict):
            _event_data(block, value, fields)
    _system(event.get("System") or {}, fields)
    at = _time(fields)
    return Event(source, number, at, at, _joined(fields)[:_MAX_MESSAGE], fields)


def _system(system: Mapping[str, Any], fields: Fields) -> None:
    for name, value in system.items():
        attributes = value.get("#attributes") if isinstance(value, dict) else None
        if name == "EventID":
            number = value.get("#text") if isinstance(value, dict) else value
            if isinstance(number, int | str):
                fields["EventID"] = number
        elif isinstance(attributes, dict):
            _attributes(name, attributes, fields)
        elif isinstance(value, str | int | float):
            fields[name] = value


def _attributes(name: str, attributes: Mapping[str, Any], fields: Fields) -> None:
    for attribute, value in attributes.items():
        if isinstance(value, str | int | float) and attribute != "xmlns":
            fields[_SYSTEM.get(f"{name}.{attribute}", f"{name}_{attribute}")] = value


_SYSTEM = {
    "TimeCreated.SystemTime": "SystemTime",
    "Security.UserID": "UserID",
    "Execution.ProcessID": "ExecutionProcessID",
    "Execution.ThreadID": "ExecutionThreadID",
}


def _event_data(block: str, data: Mapping[str, Any], fields: Fields) -> None:
    if block != "EventData":  # UserData holds one element that holds the fields
        inner = [value for name, value in data.items() if isinstance(value, dict) and name != "#attributes"]
        if len(inner) == 1:
            data = inner[0]
    for name, value in data.items():
        if name != "#attributes":
            plain = value.get("#text", value) if isinstance(value, dict) else value
            _flatten(name, plain, fields, 1)


def _flatten(path: str, value: Any, fields: Fields, depth: int) -> None:
    if value is None or len(fields) >= MAX_FIELDS or depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            _flatten(f"{path}.{name}" if path else str(name), inner, fields, depth + 1)
    elif isinstance(value, list):
        for element in value:
            if isinstance(element, dict | list):
                _flatten(path, element, fields, depth + 1)
            elif element is not None:
                _add(path, element, fields)
    else:
        _add(path, value, fields)


def _add(path: str, value: str | float | bool, fields: Fields) -> None:
    before = fields.get(path)
    if before is None:
        fields[path] = value
    elif isinstance(before, list):
        if len(before) < MAX_FIELDS:
            before.append(value)
    else:
        fields[path] = [before, value]


def _joined(fields: Fields) -> str:
    return "\n".join(
        [
            value
            if type(value) is str
            else "\n".join(map(str, value))
            if isinstance(value, list)
            else str(value)
            for value in fields.values()
        ]
    )


def _time(fields: Fields) -> int:
    for name in _TIMES:
        value = fields.get(name)
        if value is None:
            continue
        at = time_of(value)
        if at:
            return at
    return 0


def time_of(value: Value) -> int:
    """Return a written time in microseconds since 1970, or 0 for what is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(float(value))
    if not isinstance(value, str):
        return 0
    text = value.removesuffix(" UTC").replace(" ", "T", 1)
    try:
        zoned = text[-1:] == "Z" or _has_offset(text) or len(text) == len("2026-11-24")
        return from_iso(text if zoned else text + "Z")
    except InvalidError:
        return 0


def _has_offset(text: str) -> bool:
    return len(text) > 6 and text[-6] in "+-" and text[-3] == ":"


def _epoch(number: float) -> int:
    for unit, most in ((1_000_000, 1e11), (1_000, 1e14), (1, 1e17)):
        if 1e8 < number < most:
            return int(number * unit)
    return 0
