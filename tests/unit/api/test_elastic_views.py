"""Index names as views on the one log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tocsin.api.elastic.form import ElasticError
from tocsin.api.elastic.views import names_in, view_of
from tocsin.core.clock import from_iso
from tocsin.core.event import Event
from tocsin.query.predicate import compile_predicate
from tocsin.store.base import Day

NOON = from_iso("2026-11-24T12:00:00Z")


class Log:
    """A log of which only the sources and days are asked."""

    def marks(self) -> Mapping[str, int]:
        return {"bulk:key:app-a": 1, "bulk:a:b:logs-own": 1, "agent:1": 1, "bulk:x:app-b": 1}

    def days(self) -> list[Day]:
        return [Day("2026-11-24", 1, 1, 1, 1)]


EVENTS = {
    "agent": Event("agent:1", 1, NOON, NOON, "x", {"rule.level": 5}),
    "quiet": Event("agent:1", 2, NOON, NOON, "x", {"rule.level": 2}),
    "app-a": Event("bulk:key:app-a", 1, NOON, NOON, "x", {}),
    "app-b": Event("bulk:x:app-b", 1, NOON, NOON, "x", {}),
    "own": Event("bulk:a:b:logs-own", 1, from_iso("2026-11-23T00:00:00Z"), NOON, "x", {}),
}


def selected(expression: str, **more: Any) -> set[str]:
    log: Any = Log()
    selects = compile_predicate(view_of(expression, log, now=NOON, **more).node)
    return {name for name, event in EVENTS.items() if selects(event)}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", set(EVENTS)),
        ("_all", set(EVENTS)),
        ("tocsin-*", set(EVENTS)),
        ("filebeat-*", set(EVENTS)),
        ("wazuh-alerts-*", {"agent"}),
        ("wazuh-alerts-4.x-2026.11.24", {"agent"}),
        ("wazuh-alerts-4.x-2026.11.23", set()),
        ("tocsin-2026.11.23", {"own"}),
        ("<tocsin-{now/d}>", set(EVENTS) - {"own"}),
        ("<logs-{now/d-1d{yyyy.MM.dd}}>", {"own"}),
        ("app-a", {"app-a"}),
        ("app-*", {"app-a", "app-b"}),
        ("app-a,logs-own", {"app-a", "own"}),
        ("logs-own", {"own"}),
        ("tocsin-*,-app-*", set(EVENTS) - {"app-a", "app-b"}),
        ("none-*", set()),
        ("logs-own*", {"own"}),
        ("logs-other-*", set()),
        ("tocsin-2026.11.*", set(EVENTS)),
        ("wazuh-alerts-4.x-2026.*", {"agent"}),
        ("tocsin-2026.10.*", set()),
        ("filebeat-8.*", set(EVENTS)),
    ],
)
def test_names_select(expression: str, expected: set[str]) -> None:
    """Views, days, what was sent to a name, lists, exceptions."""
    assert expected == selected(expression)


def test_unknown_names() -> None:
    """Are an error, unless they may be missing; so is what cannot be read."""
    for name in ("nope", "logs-nope", "app-a,nope"):
        with pytest.raises(ElasticError, match="no such index") as caught:
            selected(name)
        assert ("index_not_found_exception", 404) == (caught.value.kind, caught.value.status)
    assert {"app-a"} == selected("app-a,nope", lenient=True)
    for name in ("<tocsin-{now/d>", "x" * 20_000, ",".join(["a"] * 600)):
        with pytest.raises(ElasticError):
            names_in(name, now=NOON)


def test_views_know_how_they_are_shown() -> None:
    """As Wazuh's alerts, or under the name that was sent to."""
    log: Any = Log()
    assert view_of("wazuh-alerts-*", log, now=NOON).wazuh
    assert not view_of("wazuh-alerts-*,tocsin-*", log, now=NOON).wazuh
    assert "app-a" == view_of("app-a", log, now=NOON).index
    assert "" == view_of("app-*", log, now=NOON).index
