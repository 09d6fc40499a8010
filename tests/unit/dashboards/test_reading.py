"""Dashboards are read from plain values: what fits is kept, everything else is named with its place."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.dashboards import Dashboard, document_of, read_dashboard, read_panel
from tocsin.dashboards.model import OPTIONS, Measure, Place, Span
from tocsin.dashboards.reading import DashboardError, unknown_fields


def document(*panels: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": 1, "title": "Servers", "panels": list(panels), **more}


def faults(values: Any) -> tuple[str, ...]:
    with pytest.raises(DashboardError) as caught:
        read_dashboard(values)
    return caught.value.faults


def test_a_whole_dashboard_is_read() -> None:
    """Title, time, query, and panels with their options; aliases become the catalogue's names."""
    found = read_dashboard(
        document(
            {
                "id": "users",
                "kind": "top",
                "field": "data.dstuser",
                "measure": {"of": "unique", "field": "data.srcip"},
                "place": {"x": 8, "y": 2, "w": 4, "h": 5},
                "time": {"from": "now-7d"},
            },
            refresh_s=30,
            query="rule.level:>=3",
        )
    )
    (panel,) = found.panels
    assert ("user.name", Measure("unique", "source.ip")) == (panel.field, panel.measure)
    assert (Place(8, 2, 4, 5), Span("now-7d", "now")) == (panel.place, panel.time)
    assert (30, "rule.level:>=3") == (found.refresh_s, found.query)


def test_every_fault_is_named_with_its_place() -> None:
    """All at once, with what may have been meant."""
    assert faults(
        document(
            {"id": "a", "kind": "tap"},
            {"id": "b", "kind": "top", "fild": "x"},
            {"id": "b", "kind": "count", "query": "a:(b", "size": 3},
            {"id": "c", "kind": "top", "source": "alerts", "field": "severty"},
            version=2,
        )
    ) == (
        "version: this Tocsin reads version 1, not 2",
        (
            "panels[0].kind: 'tap' is none of count, time, top, pie, table, heatmap, map, attack, markdown; "
            "did you mean 'top'?"
        ),
        "panels[1].fild: 'fild' is not known here; did you mean 'field'?",
        "panels[1].field: is needed: by which values the panel counts",
        "panels[2].size: a panel of kind count has no size; it is for time, top, pie, table, heatmap",
        "panels[2].query: this ( is never closed",
        (
            "panels[3].field: alerts have no field 'severty'; known: severity, status, resolution, assignee, "
            "rule.id, rule.name, rule.kind, host, group_key, verdict, tags, technique, closed_by; "
            "did you mean 'severity'?"
        ),
        "panels[2].id: another panel has the id 'b'",
    )


@pytest.mark.parametrize(
    ("panel", "reason"),
    [
        ({"id": "a", "kind": "map", "source": "alerts"}, "over events only"),
        ({"id": "a", "kind": "attack", "source": "cases"}, "no techniques of their own"),
        ({"id": "A b", "kind": "count"}, "small letters"),
        ({"id": "a", "kind": "count", "place": {"x": 11, "w": 4}}, "from 0 to 8"),
        ({"id": "a", "kind": "count", "measure": {"of": "avg"}}, "measure.field: is needed"),
        ({"id": "a", "kind": "count", "measure": {"of": "count", "field": "x"}}, "say unique"),
        (
            {"id": "a", "kind": "count", "source": "cases", "measure": {"of": "p95", "field": "event_count"}},
            "no figure 'event_count'",
        ),
        ({"id": "a", "kind": "count", "time": {"from": "yesterday"}}, "is not a date"),
        ({"id": "a", "kind": "markdown"}, "text: is needed"),
        ({"id": "a", "kind": "markdown", "text": "x\x00"}, "a character that is none"),
        ({"id": "a", "kind": "table", "columns": ["a", 3]}, "columns[1].column: a text is wanted"),
        ({"id": "a", "kind": "table", "size": True}, "a whole number"),
        ({"id": "a", "kind": "top", "field": "x", "size": 51}, "from 1 to 50"),
        ({"id": "a"}, "kind: is needed"),
        ([], "an object is wanted here, not a list"),
    ],
)
def test_a_panel_that_makes_no_sense_is_refused(panel: Any, reason: str) -> None:
    """Each for its own reason."""
    with pytest.raises(DashboardError, match=r".*") as caught:
        read_panel(panel)
    assert reason in str(caught.value)


@pytest.mark.parametrize("values", [None, [], 3, "text", {}, {"version": True, "title": "x"}])
def test_what_is_no_dashboard_is_refused(values: Any) -> None:
    """Whatever it is, the answer is a list of faults."""
    assert faults(values)


def test_too_many_panels_are_refused() -> None:
    """A page of them would ask too much of the log."""
    panels = [{"id": f"p{number}", "kind": "count"} for number in range(51)]
    assert ("panels: at most 50 entries, not 51",) == faults(document(*panels))


def test_what_is_written_is_read_back() -> None:
    """For every kind, with every option it has."""
    options: dict[str, Any] = {
        "measure": {"of": "sum", "field": "http.response.body.bytes"},
        "compare": False,
        "style": "area",
        "stacked": False,
        "split": "host.name",
        "size": 7,
        "field": "user.name",
        "columns": ["user.name", "data.own"],
        "order": "oldest",
        "x": "time",
        "y": "host.name",
        "text": "# Hello",
    }
    panels = [
        {"id": kind, "kind": kind, "title": "T", "query": "a:b", "place": {"x": 0, "y": 1, "w": 12, "h": 2}}
        | {name: options[name] for name in names}
        for kind, names in OPTIONS.items()
    ]
    values = document(
        *panels, description="d", refresh_s=60, query="c:d", time={"from": "now-1h", "to": "now"}
    )
    found = read_dashboard(values)
    assert found == read_dashboard(document_of(found))
    assert values == document_of(found)


def test_fields_outside_the_catalogue_are_remarked_upon() -> None:
    """They may be right, since decoders give their own; a slip is likelier."""
    panels = ({"id": "a", "kind": "top", "field": "usr.name"}, {"id": "b", "kind": "heatmap"})
    dashboard: Dashboard = read_dashboard(document(*panels))
    assert [
        ("a", "the field 'usr.name' is not in the catalogue; did you mean 'user.name'?")
    ] == unknown_fields(dashboard)


def test_faults_do_not_repeat_what_was_sent() -> None:
    """A text too long counts as not given: nothing is made of it, and the answer stays short."""
    long = "x" * 100_000
    assert ("title: at most 120 characters",) == faults(document(title=long))
    panel = {"id": "p", "kind": "top", "source": "alerts", "field": long}
    found = faults({**document(panel), "version": long})
    assert "panels[0].field: at most 256 characters" in found
    assert max(map(len, found)) < 200
