"""The fields of events: their names, types and other names."""

from __future__ import annotations

from collections import defaultdict

from tocsin.cli.reference.markdown import code, page, table
from tocsin.core.fields import ALIASES, CATALOGUE

_INTRODUCTION = """\
An event is flat: full names, and values that are text, numbers, truth values or lists of those. Names are
those of the Elastic Common Schema where it has one; what it has no name for stands under `data.`. A field not
listed here is typed by its values. Every query, rule and playbook understands the other names too, and
`.keyword` at the end of any name is dropped."""


def event_page() -> str:
    """Return the field catalogue."""
    others = defaultdict(list)
    for alias, name in ALIASES.items():
        others[name].append(alias)
    rows = [
        (code(name), kind, ", ".join(map(code, sorted(others[name])))) for name, kind in CATALOGUE.items()
    ]
    uncatalogued = [
        (code(name), "", ", ".join(map(code, sorted(aliases))))
        for name, aliases in sorted(others.items())
        if name not in CATALOGUE
    ]
    return page(
        "Event fields", _INTRODUCTION, table(("field", "type", "other names"), [*rows, *uncatalogued])
    )
