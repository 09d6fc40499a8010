"""Collections of Sigma rules, as they were before version 2: files in which one document speaks of others.

`action: global` is added to every document after it, `action: repeat` adds a document to the one before it,
and `action: reset` forgets what was global.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import yaml

from tocsin.core.yaml_source import Source

_ACTIONS = ("global", "repeat", "reset")


def is_collection(sources: Sequence[Source]) -> bool:
    """Say whether a document of the file is about the others."""
    return any("action" in source.values for source in sources)


def unfolded(sources: Sequence[Source]) -> list[Source]:
    """Return the rules of a collection, each whole; raises `ContentError` for an action nobody knows.

    Rules that share the identifier of the collection get one of their own but the first, always the same.
    """
    common: Mapping[str, Any] = {}
    before: Mapping[str, Any] = {}
    rules: list[Source] = []
    for source in sources:
        own = {key: value for key, value in source.values.items() if key != "action"}
        action = source.values.get("action")
        if action == "global":
            common = _merged(common, own)
            continue
        if action == "reset":
            common, before = {}, {}
            continue
        if action not in (None, "repeat"):
            raise source.refuse(f"action is {', '.join(_ACTIONS)}, not {action!r}", "action")
        before = _merged(before if action == "repeat" else common, own)
        rules.append(_whole(source, _numbered(before, len(rules), own)))
    return rules


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return two documents as one; what both say is as the second says it, mappings key by key."""
    found = dict(under)
    for key, value in over.items():
        held = found.get(key)
        found[key] = _merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return found


def _numbered(values: Mapping[str, Any], number: int, own: Mapping[str, Any]) -> Mapping[str, Any]:
    if not number or "id" in own or "id" not in values:
        return values
    try:
        base = UUID(str(values["id"]))
    except ValueError:
        return values  # the rule's reader says what is wrong with it
    return {**values, "id": str(uuid5(base, str(number)))}


def _whole(source: Source, values: Mapping[str, Any]) -> Source:
    """Return the rule as if it stood alone; its lines are those of its own document."""
    text = yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)
    return replace(source, text=text, values=dict(values))
