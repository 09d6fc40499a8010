"""Wazuh's own cases for Windows, sent as the events they were made of instead of as plain JSON.

Upstream's runner has to patch rule 60000 to test them; here the stock rules stay as they are and each case's
JSON is written back as an agent would send it. The cases are not part of the project.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from tocsin.core.clock import from_iso
from tocsin.core.record import Record
from tocsin.rules import Correlation, Ruleset, load

AT = from_iso("2026-11-24T00:00:00Z")
MUST_PASS = 167
_SEVERITY = {"1": "CRITICAL", "2": "ERROR", "3": "WARNING", "4": "INFORMATION", "5": "VERBOSE"}
_ATTRIBUTES = {
    "Provider": {"Name": "providerName", "Guid": "providerGuid", "EventSourceName": "eventSourceName"},
    "TimeCreated": {"SystemTime": "systemTime"},
    "Execution": {"ProcessID": "processID", "ThreadID": "threadID"},
}


def _raised(name: str) -> str:
    return name[:1].upper() + name[1:]


def _elements(values: dict[str, Any]) -> str:
    return "".join(
        f"<{_raised(name)}>{escape(str(value))}</{_raised(name)}>" for name, value in values.items()
    )


def _as_sent(win: dict[str, Any]) -> bytes:
    system = {name: value for name, value in win["system"].items() if name != "severityValue"}
    message = system.pop("message", None)
    parts = []
    for element, names in _ATTRIBUTES.items():
        given = ((name, system.pop(key)) for name, key in names.items() if key in system)
        parts.append(f"<{element}{''.join(f' {name}={quoteattr(str(value))}' for name, value in given)}/>")
    data = win.get("eventdata", {})
    named = (f"<Data Name={quoteattr(_raised(name))}>{escape(str(v))}</Data>" for name, v in data.items())
    others = {name: block for name, block in win.items() if name not in ("system", "eventdata")}
    user = (f"<{_raised(name)}>{_elements(block)}</{_raised(name)}>" for name, block in others.items())
    event = (
        f"<Event><System>{''.join(parts)}{_elements(system)}</System><EventData>{''.join(named)}</EventData>"
        f"<UserData>{''.join(user)}</UserData></Event>"
    )
    return json.dumps({"Message": message, "Event": event}).encode()


def _as_winlogbeat(win: dict[str, Any]) -> bytes:
    """Write the event as Winlogbeat ships it, as far as its documented fields go."""
    system, severity = win["system"], win["system"].get("severityValue", "")
    levels = {name: level.lower() for level, name in (("Critical", "1"), ("Error", "2"), ("Warning", "3"))}
    log = {
        name: system[key]
        for name, key in {
            "channel": "channel",
            "provider_name": "providerName",
            "provider_guid": "providerGuid",
            "event_id": "eventID",
            "record_id": "eventRecordID",
            "computer_name": "computer",
            "task": "task",
            "opcode": "opcode",
            "version": "version",
        }.items()
        if key in system
    }
    log["keywords"] = [severity.replace("_", " ").title()] if "AUDIT" in severity else []
    log["event_data"] = {_raised(name): value for name, value in win.get("eventdata", {}).items()}
    document = {
        "@timestamp": "2026-11-23T10:00:00.000Z",
        "@metadata": {"beat": "winlogbeat"},
        "message": system.get("message", ""),
        "log": {"level": levels.get(str(system.get("level")), "information")},
        "winlog": log,
    }
    return json.dumps(document).encode()


def _win(log: str) -> dict[str, Any]:
    """Return the Windows event of a log in JSON; empty when it is another log."""
    try:
        found = json.loads(log)
    except ValueError:
        return {}
    return dict(found.get("win", {})) if isinstance(found, dict) else {}


def _cases(path: Path) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield the cases for Windows with their `win` objects, without those at odds with themselves."""
    for case in map(json.loads, path.read_text("utf-8").splitlines()):
        wins = list(map(_win, case["logs"]))
        if case["geoip"] or not case["pass"] or not all(wins):
            continue
        system = wins[-1]["system"]
        stated = system.get("severityValue", "")
        if _SEVERITY.get(str(system.get("level")), stated) == stated or "AUDIT" in stated:
            yield case, wins


@pytest.fixture(scope="module")
def stock(real_data: Path) -> Ruleset:
    """The stock ruleset as it is."""
    return load([real_data / "wazuh"])


def test_windows_events_as_agents_send_them(stock: Ruleset, real_data: Path) -> None:
    """Each case meets the rule that upstream states for its JSON."""
    wrong, passed = [], 0
    for case, wins in _cases(real_data / "wazuh" / "cases.jsonl"):
        records = [
            Record("agent:1", seq, _as_sent(win), AT + seq, "winevent", agent="1")
            for seq, win in enumerate(wins, start=1)
        ]
        found = Correlation(stock).settle(stock.classify(records))[-1].fields.get("rule.id")
        passed += found == case["rule"]
        if found != case["rule"]:
            wrong.append(f"{case['file']} {case['section']}: {case['rule']}, found {found}")
    assert wrong == []
    assert passed == MUST_PASS


def test_windows_events_as_winlogbeat_ships_them(stock: Ruleset, real_data: Path) -> None:
    """The same cases in the fields of Winlogbeat meet the same rules, where it ships what they look at."""
    wrong, passed = [], 0
    for case, wins in _cases(real_data / "wazuh" / "cases.jsonl"):
        if any(set(win) - {"system", "eventdata"} for win in wins):
            continue  # what stands in other blocks has a form of its own
        records = [
            Record("beats:dc1:winlogbeat", seq, _as_winlogbeat(win), AT + seq, "json")
            for seq, win in enumerate(wins, start=1)
        ]
        found = Correlation(stock).settle(stock.classify(records))[-1].fields.get("rule.id")
        passed += found == case["rule"]
        if found != case["rule"]:
            wrong.append(f"{case['file']} {case['section']}: {case['rule']}, found {found}")
    assert wrong == []
    assert passed > 100
