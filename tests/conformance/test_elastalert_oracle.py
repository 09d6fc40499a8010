"""The same matches as the real ElastAlert gave for the same events, where its answers are at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tocsin.core.clock import from_iso
from tocsin.core.event import Event
from tocsin.detect.loader import read_text
from tocsin.detect.rule import WatchRule, group_of
from tocsin.detect.window import WindowState


def flat(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", value


def matches(rule: WatchRule, scenario: dict[str, Any]) -> list[tuple[int, str]]:
    """Return the step and the event of every match."""
    state, found, seq = WindowState(), [], 0
    state.begin_empty()
    for number, step in enumerate(scenario["steps"]):
        if step["op"] == "gc":
            collect(state, rule, from_iso(step["at"]))
        for document in step.get("events", []) if step["op"] == "data" else []:
            seq += 1
            at = from_iso(document["@timestamp"])
            fields = dict(flat(document))
            event = Event("s", seq, at, at, "", fields)
            if rule.matches(event):
                matched = state.count(rule, group_of(rule, event)[1], (at, event.id))
                if matched:
                    found.append((number, matched[-1][1]))
    return found


def collect(state: WindowState, rule: WatchRule, now: int) -> None:
    """Drop windows as ElastAlert does at each poll; we keep them an hour longer for late events."""
    windows = state._held()
    for key, seen in list(windows.items()):
        if rule.window and seen and now - seen[-1][0] > rule.window.span:
            del windows[key]


def expected(scenario: dict[str, Any]) -> list[tuple[int, str]]:
    """Return the same from the recording, where an event is `step.position`."""
    names, seq = {}, 0
    for number, step in enumerate(scenario["steps"]):
        for position, _ in enumerate(step.get("events", []) if step["op"] == "data" else []):
            seq += 1
            names[f"{number}.{position}"] = f"s~{seq}"
    return [
        (entry["step"], names[entry["match"]["_id"]]) for entry in scenario["expected"] if "match" in entry
    ]


def counts_events(scenario: dict[str, Any]) -> bool:
    """The other way, counts asked from Elasticsearch, loses late events on purpose; we do not offer it."""
    return not {"use_count_query", "use_terms_query"} & set(scenario["rule"])


@pytest.mark.parametrize("kind", ["any", "frequency"])
def test_matches_are_elastalerts(real_data, kind):
    """Every recorded scenario of the rule types we have, match for match."""
    path = real_data / "elastalert" / "scenarios.jsonl"
    if not path.exists():
        pytest.skip(f"no recordings at {path}")
    compared = 0
    for line in path.read_text().splitlines():
        scenario = json.loads(line)
        if scenario.get("level") == "class" and scenario["rule"]["type"] == kind and counts_events(scenario):
            rule = read_text("oracle.yml", yaml.safe_dump(scenario["rule"])).rule
            assert matches(rule, scenario) == expected(scenario), scenario["id"]
            compared += 1
    assert compared >= 10
