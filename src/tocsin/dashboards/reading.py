"""Reads dashboards and panels from plain JSON values; every fault is named with its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tocsin.core.errors import InvalidError, TocsinError
from tocsin.core.fields import CATALOGUE, canonical
from tocsin.core.suggestion import did_you_mean
from tocsin.dashboards import model
from tocsin.dashboards.fields import Fields
from tocsin.dashboards.model import Dashboard, Measure, Panel, Place, Source, Span
from tocsin.dashboards.source import Faults, Path
from tocsin.query.dates import parse_instant
from tocsin.query.lucene import parse_lucene

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_EVERY = ("id", "kind", "title", "description", "source", "query", "place", "time")
_WHOLE = ("version", "title", "description", "time", "refresh_s", "query", "panels")
_LONGEST_QUERY = 16_384
_SOME_DAY = 1_700_000_000_000_000
"""Any instant does to see whether a date can be read."""


class DashboardError(InvalidError):
    """A dashboard or panel is refused; `faults` are the places and reasons, one line each."""

    code = "dashboard-refused"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults[:20]))
        self.faults = tuple(faults)


def read_dashboard(values: Any) -> Dashboard:
    """Return the dashboard; raises `DashboardError` with everything that is wrong."""
    faults = Faults()
    found = dashboard_from(values, faults)
    if faults.found:
        raise DashboardError(faults.texts())
    return found


def read_panel(values: Any) -> Panel:
    """Return one panel; raises `DashboardError` with everything that is wrong."""
    faults = Faults()
    found = _panel(values, (), faults)
    if faults.found:
        raise DashboardError(faults.texts())
    return found


def dashboard_from(values: Any, faults: Faults) -> Dashboard:
    """Return the dashboard as far as it can be read; what is wrong is added to `faults`."""
    fields = Fields(values, (), faults)
    fields.only(_WHOLE)
    version = fields.raw("version")
    if isinstance(version, bool) or version != model.FORMAT:
        fields.fault("version", f"this Tocsin reads version {model.FORMAT}, not {repr(version)[:60]}")
    panels = [
        _panel(value, ("panels", at), faults)
        for at, value in enumerate(fields.items("panels", model.MOST_PANELS))
    ]
    _check_ids(panels, faults)
    return Dashboard(
        title=fields.text("title", most=120, needed=True).strip(),
        description=fields.text("description", most=1_000).strip(),
        time=_span(fields) or Span(),
        refresh_s=fields.number("refresh_s", 0, 0, 86_400),
        query=_query(fields),
        panels=tuple(panels),
    )


def _check_ids(panels: Sequence[Panel], faults: Faults) -> None:
    seen: set[str] = set()
    for at, panel in enumerate(panels):
        if panel.id and panel.id in seen:
            faults.add(("panels", at, "id"), f"another panel has the id {panel.id!r}")
        seen.add(panel.id)


def _panel(values: Any, path: Path, faults: Faults) -> Panel:
    fields = Fields(values, path, faults)
    if "kind" not in fields:
        fields.fault("kind", f"is needed: one of {', '.join(model.KINDS)}")
        return Panel("", "count")
    before = len(faults.found)
    kind = fields.word("kind", model.KINDS, "count")
    if len(faults.found) > before:  # which names a panel of no kind may have, nobody can say
        return Panel("", "count")
    _only(fields, kind)
    source = fields.word("source", model.SOURCES, "events")
    if source != "events" and kind in model.EVENTS_ONLY:
        fields.fault("source", f"a panel of kind {kind} is over events only")
    identity = fields.text("id", most=40, needed=True)
    if identity and not _ID.fullmatch(identity):
        fields.fault("id", "small letters, digits, - and _ only, and no more than 40")
    return Panel(
        id=identity,
        kind=kind,
        title=fields.text("title", most=120).strip(),
        description=fields.text("description", most=1_000).strip(),
        source=source,
        query=_query(fields),
        place=_place(fields),
        time=_span(fields),
        measure=_measure(fields, source),
        compare=fields.flag("compare", default=True),
        style=fields.word("style", model.STYLES, "bar"),
        stacked=fields.flag("stacked", default=True),
        split=_field(fields, "split", source),
        size=fields.number("size", 10, 1, model.MOST_SIZE),
        field=_panel_field(fields, kind, source),
        columns=_columns(fields, source),
        order=fields.word("order", model.ORDERS, "newest"),
        x=_side(fields, "x", model.HOUR, source),
        y=_side(fields, "y", model.WEEKDAY, source),
        text=fields.text("text", most=model.MOST_TEXT, needed=kind == "markdown"),
    )


def _only(fields: Fields, kind: model.Kind) -> None:
    """Refuse options of other kinds, with the kind that has them."""
    fields.only((*_EVERY, *{name for names in model.OPTIONS.values() for name in names}))
    for other in sorted({name for names in model.OPTIONS.values() for name in names}):
        if other in fields and other not in model.OPTIONS[kind]:
            having = ", ".join(name for name, names in model.OPTIONS.items() if other in names)
            fields.fault(other, f"a panel of kind {kind} has no {other}; it is for {having}")


def _query(fields: Fields) -> str:
    text = fields.text("query", most=_LONGEST_QUERY).strip()
    try:
        parse_lucene(text, now=_SOME_DAY)
    except TocsinError as error:
        fields.fault("query", error.message)
    return text


def _span(fields: Fields) -> Span | None:
    if "time" not in fields:
        return None
    inner = Fields(fields.raw("time"), (*fields.path, "time"), fields.faults)
    inner.only(("from", "to"))
    span = Span(inner.text("from", "now-24h", most=64), inner.text("to", "now", most=64))
    for name, text in (("from", span.start), ("to", span.end)):
        try:
            parse_instant(text, now=_SOME_DAY)
        except InvalidError as error:
            inner.fault(name, error.message)
    return span


def _place(fields: Fields) -> Place:
    if "place" not in fields:
        return Place()
    inner = Fields(fields.raw("place"), (*fields.path, "place"), fields.faults)
    inner.only(("x", "y", "w", "h"))
    width = inner.number("w", 4, 1, model.COLUMNS)
    return Place(
        x=inner.number("x", 0, 0, model.COLUMNS - width),
        y=inner.number("y", 0, 0, model.MOST_ROWS),
        w=width,
        h=inner.number("h", 6, 1, 40),
    )


def _measure(fields: Fields, source: Source) -> Measure:
    if "measure" not in fields:
        return Measure()
    inner = Fields(fields.raw("measure"), (*fields.path, "measure"), fields.faults)
    inner.only(("of", "field"))
    of = inner.word("of", model.MEASURES, "count")
    if of == "count":
        if "field" in inner:
            inner.fault("field", "what is counted has no field; for its different values, say unique")
        return Measure()
    name = inner.text("field", most=256, needed=True)
    if source == "events" or of == "unique":
        return Measure(of, _known(inner, "field", name, source))
    if name not in model.DESK_FIGURES[source]:
        known = model.DESK_FIGURES[source]
        inner.fault(
            "field", f"{source} have no figure {name!r}; known: {', '.join(known)}{did_you_mean(name, known)}"
        )
    return Measure(of, name)


def _field(fields: Fields, name: str, source: Source) -> str:
    text = fields.text(name, most=256).strip()
    return _known(fields, name, text, source) if text else ""


def _panel_field(fields: Fields, kind: model.Kind, source: Source) -> str:
    text = _field(fields, "field", source)
    if text or "field" not in model.OPTIONS[kind]:
        return text
    if kind == "map":
        return model.COUNTRY_FIELD
    if kind == "attack":
        if source not in model.TECHNIQUE_FIELDS:
            fields.fault("source", f"{source} name no techniques of their own; use alerts or events")
        return model.TECHNIQUE_FIELDS.get(source, "")
    fields.fault("field", "is needed: by which values the panel counts")
    return ""


def _side(fields: Fields, name: str, default: str, source: Source) -> str:
    text = fields.text(name, default, most=256).strip()
    return text if text in model.PARTS_OF_TIME else _known(fields, name, text or default, source)


def _columns(fields: Fields, source: Source) -> tuple[str, ...]:
    found = []
    for at, value in enumerate(fields.items("columns", 20)):
        inner = Fields({"column": value}, (*fields.path, "columns", at), fields.faults)
        text = inner.text("column", most=256).strip()
        found.append(_known(fields, "columns", text, source) if text else "")
    return tuple(filter(None, found))


def _known(fields: Fields, name: str, text: str, source: Source) -> str:
    """Return a field's name in one form. Events may hold any field; alerts and cases have those they have."""
    if source == "events":
        return canonical(text)
    known = model.DESK_FIELDS[source]
    if text and text not in known:
        reason = f"{source} have no field {text!r}; known: {', '.join(known)}{did_you_mean(text, known)}"
        fields.fault(name, reason)
    return text


def unknown_fields(dashboard: Dashboard) -> list[tuple[str, str]]:
    """Return the panels over events that count by fields outside the catalogue: panel id and a remark.

    Such a field may well be in the log, since decoders give their own; a slip of the pen is likelier.
    """
    remarks = []
    for panel in dashboard.panels:
        if panel.source != "events":
            continue
        sides = [side for side in (panel.x, panel.y) if side not in model.PARTS_OF_TIME]
        names = [panel.field, panel.split, panel.measure.field, *panel.columns]
        names += sides if panel.kind == "heatmap" else []
        for name in dict.fromkeys(filter(None, names)):
            if name not in CATALOGUE:
                meant = did_you_mean(name, CATALOGUE)
                remarks.append((panel.id, f"the field {name!r} is not in the catalogue{meant}"))
    return remarks
