"""Documents of Beats and Logstash: the log line within them, and the Windows event of Winlogbeat.

Sources: the exported fields that Elastic documents for Filebeat and Winlogbeat 7 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.decode.winevent import event_data, read_winevent, severity

SOURCES = "beats:"
"""How the sources of the Beats receiver begin."""

_BEATS = frozenset({"filebeat", "winlogbeat", "journalbeat"})
_LEVELS = {"critical": "1", "error": "2", "warning": "3", "information": "4", "verbose": "5"}
_KEYWORDS = {"audit success": "0x8020000000000000", "audit failure": "0x8010000000000000"}
_ENVELOPE = frozenset(
    {
        *("@timestamp", "@version", "@metadata", "message", "agent", "ecs", "host", "input", "log", "tags"),
        *("event", "fields", "cloud", "container", "kubernetes", "beat", "offset", "source", "prospector"),
        *("type", "file", "line", "journald", "syslog", "process", "data_stream", "stream"),
    }
)
"""Fields that say where a line came from, and not what it says."""


def line_of(document: Mapping[str, Any], source: str) -> str | None:
    """Return the log line of a document that a Beat or Logstash made of one; None for another document.

    By its source, or where it comes by `_bulk` by what it says of its maker.
    """
    line = document.get("message", document.get("line"))
    if not isinstance(line, str) or not line.strip():
        return None
    if source.startswith(SOURCES):
        return line
    made_by = _inner(document, "agent").get("type") or _inner(document, "@metadata").get("beat")
    return line if made_by in _BEATS and "@timestamp" in document else None


def envelope_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name of the host and the file that a line came from; empty where they are not told."""
    host = _inner(document, "host").get("name") or _inner(document, "agent").get("name")
    path = _inner(_inner(document, "log"), "file").get("path")
    host = host or document.get("host")  # the form of Logstash before version 8
    path = path or document.get("file")
    return (host if isinstance(host, str) else ""), (path if isinstance(path, str) else "")


def says_more(document: Mapping[str, Any]) -> bool:
    """Tell whether there are fields beside the line and where it came from."""
    return any(name not in _ENVELOPE for name in document)


def without_line(document: Mapping[str, Any], line: str) -> dict[str, Any]:
    """Return what an event keeps of a document beside its line."""
    kept = {
        name: value
        for name, value in document.items()
        if not name.startswith("@") and name not in ("message", "line", "winlog")
    }
    event = kept.get("event")
    if isinstance(event, dict) and event.get("original") == line:
        kept["event"] = {name: value for name, value in event.items() if name != "original"}
    return kept


def windows_event_of(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return `{"win": {"system": .., "eventdata": ..}}` of a document of Winlogbeat; None for another.

    The XML of the event is read where the document has it. Raises `ValueError` where that is malformed.
    """
    log = _inner(document, "winlog")
    if not log.get("channel") or not (log.get("event_id") or log.get("record_id")):
        return None
    original = _inner(document, "event").get("original")
    if isinstance(original, str) and original.lstrip()[:6] in ("<Event", "<?xml "):
        found = read_winevent(original.encode("utf-8", "replace"))
    else:
        found = {"win": {"system": _system(document, log), **_blocks(log)}}
    message = document.get("message")
    if isinstance(message, str) and message.strip():
        found["win"]["system"].setdefault("message", message.strip())
    return found


def _system(document: Mapping[str, Any], log: Mapping[str, Any]) -> dict[str, str]:
    process = _inner(log, "process")
    level = _LEVELS.get(str(_inner(document, "log").get("level", "")).lower(), "")
    keywords = _keywords(log.get("keywords"))
    if keywords:
        level = "0"  # what the audit policy writes has no level
    given = {
        "providerName": log.get("provider_name"),
        "providerGuid": log.get("provider_guid"),
        "eventSourceName": log.get("source_name"),
        "eventID": log.get("event_id") or _inner(document, "event").get("code"),
        "version": log.get("version"),
        "level": level,
        "task": log.get("task"),
        "opcode": log.get("opcode"),
        "keywords": keywords,
        "systemTime": log.get("time_created") or document.get("@timestamp"),
        "eventRecordID": log.get("record_id"),
        "processID": process.get("pid"),
        "threadID": _inner(process, "thread").get("id"),
        "channel": log.get("channel"),
        "computer": log.get("computer_name"),
        "severityValue": severity(level, keywords),
    }
    return {name: text for name, value in given.items() if (text := _text(value))}


def _keywords(names: Any) -> str:
    for name in names if isinstance(names, list) else [names]:
        found = _KEYWORDS.get(str(name).lower())
        if found:
            return found
    return ""


def _blocks(log: Mapping[str, Any]) -> dict[str, Any]:
    blocks: dict[str, Any] = {}
    data = {str(name): _text(value) for name, value in _inner(log, "event_data").items()}
    if data:
        nameless = all(name.startswith("param") and name[5:].isdigit() for name in data)
        blocks["eventdata"] = event_data(("" if nameless else name, value) for name, value in data.items())
    user = _inner(log, "user_data")
    if user:
        name = str(user.get("xml_name", "userData"))
        inner = {_lowered(str(key)): _text(value) for key, value in user.items() if key != "xml_name"}
        blocks.setdefault(_lowered(name), {key: value for key, value in inner.items() if value})
    return blocks


def _lowered(name: str) -> str:
    return name[:1].lower() + name[1:]


def _inner(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
