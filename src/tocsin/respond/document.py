"""Facts as a flat document, conditions over it in the query language, and texts that quote it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tocsin.core.event import Event
from tocsin.query.dates import Dates
from tocsin.query.lucene import parse_lucene
from tocsin.query.predicate import Predicate, compile_predicate

Facts = dict[str, Any]
"""`alert.severity`, `observables.ip`, ...: text, numbers, truth values and lists of those; never None."""

_QUOTED = re.compile(r"\{([A-Za-z_@][A-Za-z0-9_.@-]{0,100})\}")
_SHOWN = 5


@lru_cache(maxsize=2048)
def condition(text: str) -> Predicate:
    """Return a condition compiled; raises `QueryError` for text that is none, or that asks for `now`."""
    return compile_predicate(parse_lucene(text, dates=Dates(None)))


def holds(text: str, facts: Mapping[str, Any]) -> bool:
    """Say whether a condition is true of the facts; an empty one always is."""
    if not text.strip():
        return True
    return condition(text)(as_event(facts))


def as_event(facts: Mapping[str, Any]) -> Event:
    """Return the facts in the form conditions are asked of; absent facts are left out."""
    fields = {name: value for name, value in facts.items() if value is not None and value != []}
    message = str(facts.get("alert.title", ""))
    return Event("facts", 0, 0, 0, message, fields)


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """Return the text with each `{fact}` replaced by its value; an absent one reads `unknown`."""
    return _QUOTED.sub(lambda found: shown(facts.get(found.group(1))), template)


def shown(value: Any) -> str:
    """Return a fact as people read it."""
    if value is None or value == []:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        more = f" and {len(value) - _SHOWN} more" if len(value) > _SHOWN else ""
        return ", ".join(str(each) for each in value[:_SHOWN]) + more
    return str(value)


def cleaned(facts: Mapping[str, Any]) -> Facts:
    """Return the facts without absent ones, ready to be stored."""
    return {name: value for name, value in facts.items() if value is not None and value != []}
