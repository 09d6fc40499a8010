"""Matches as people and other programs read them: one JSON line, one CSV row, one line of a timeline."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin.core.clock import to_iso
from tocsin.core.event import Value
from tocsin.core.spreadsheet import harmless
from tocsin.detect.rule import WatchRule, text_of
from tocsin.hunt.inputs import Input
from tocsin.hunt.levels import level_of
from tocsin.hunt.messages import Correlated, Found
from tocsin.hunt.summary import tactics_of

COLUMNS = (
    *("time", "level", "rule", "title", "host", "channel", "event_id", "record", "file"),
    *("tactics", "techniques", "details"),
)

_HOST = ("Computer", "host.name", "winlog.computer_name", "hostname", "host.hostname", "agent.name")
_DETAILS = (
    *("CommandLine", "process.command_line", "ScriptBlockText", "TargetFilename", "TargetObject", "Details"),
    *("ImageLoaded", "Image", "process.executable", "NewProcessName", "ParentImage", "PipeName"),
    *("QueryName", "DestinationIp", "ServiceName", "ImagePath", "TargetUserName", "SubjectUserName"),
    *(
        "IpAddress",
        "ThreatName",
        "Threat Name",
        "Path",
        "eventName",
        "url.original",
        "source.ip",
        "user.name",
    ),
)
_MAX_DETAIL = 200
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A match with its rule, ready to be written."""

    rule: WatchRule
    file: str
    match: Found
    correlated: Correlated | None = None
    behind: tuple[tuple[str, int], ...] = ()
    """Files and records behind a correlation."""

    @property
    def at(self) -> int:
        """The time it is shown at."""
        return self.match.at


def row_of(
    message: Found | Correlated,
    rules: Sequence[WatchRule],
    by_id: Mapping[str, WatchRule],
    inputs: Sequence[Input],
) -> Row:
    """Return the row of a match; of a correlation, that of the last match behind it."""
    if isinstance(message, Found):
        return Row(rules[message.rule], inputs[message.file].name, message)
    last = message.matches[-1]
    behind = tuple((inputs[each.file].name, each.record) for each in message.matches)
    return Row(by_id[message.came.rule_id], inputs[last.file].name, last, message, behind)


def as_json(row: Row) -> bytes:
    """Return the match as one line of JSON, without its end."""
    match, rule = row.match, row.rule
    event: dict[str, Any] = {"@timestamp": to_iso(match.at)} if match.at else {}
    event.update(match.fields)
    if not any(name in match.fields for name in ("EventID", "@timestamp")) and match.message:
        event["message"] = match.message
    document: dict[str, Any] = {
        "rule": {"id": rule.id, "title": rule.name, "level": level_of(rule)},
        "file": row.file,
        "record": match.record,
        "event": event,
    }
    if row.correlated is not None:
        group = (
            dict(zip(rule.correlation.group_by, row.correlated.came.group, strict=True))
            if rule.correlation
            else {}
        )
        behind = [{"file": file, "record": record} for file, record in row.behind]
        document["correlation"] = {"group": group, "matches": behind}
    try:
        return orjson.dumps(document, default=str, option=orjson.OPT_PASSTHROUGH_DATACLASS)
    except orjson.JSONEncodeError:  # half a character, as in names of files, or a number of more than 64 bits
        return json.dumps(document, default=str).encode()


def as_csv(cells: Sequence[str]) -> str:
    """Return cells as one row of CSV that no spreadsheet takes for a formula."""
    out = io.StringIO()
    csv.writer(out).writerow([printable(harmless(cell)) for cell in cells])
    return out.getvalue()


def cells_of(row: Row) -> list[str]:
    """Return the cells under `COLUMNS`."""
    fields, rule = row.match.fields, row.rule
    return [
        to_iso(row.at) if row.at else "",
        level_of(rule),
        rule.id,
        rule.name,
        first_of(fields, _HOST),
        first_of(fields, ("Channel", "winlog.channel")),
        first_of(fields, ("EventID", "winlog.event_id", "event.code")),
        str(row.match.record),
        row.file,
        " ".join(tactics_of(rule)),
        " ".join(rule.techniques),
        details_of(row),
    ]


def details_of(row: Row) -> str:
    """Return what an investigator wants to see first of an event."""
    if row.correlated is not None:
        group = ", ".join(each for each in row.correlated.came.group if each)
        return f"{len(row.behind)} events" + (f" of {group}" if group else "")
    fields = row.match.fields
    names = [name for name in _DETAILS if name in fields][:_SHOWN]
    if not names:
        return row.match.message.replace("\n", " ")[: _MAX_DETAIL * 2]
    return " | ".join(f"{name}: {text_of(fields[name])[:_MAX_DETAIL]}" for name in names)


def first_of(fields: Mapping[str, Value], names: Sequence[str]) -> str:
    """Return the text of the first of the fields that is there."""
    return next((text_of(fields[name]) for name in names if name in fields), "")


def printable(text: str) -> str:
    """Return the text without what could steer a terminal, on one line."""
    return "".join(
        letter if letter.isprintable() else " " if letter in "\n\r\t" else "\ufffd" for letter in text
    )
