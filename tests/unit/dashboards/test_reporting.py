"""Reports: one page that says what the panels say, needs nothing else, and does nothing a log tells it to."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.unit.dashboards.conftest import NOON, NoDesk

from tocsin.core.attack import known_techniques
from tocsin.core.errors import InvalidError
from tocsin.dashboards import Answering, read_dashboard
from tocsin.dashboards.model import Measure, Span
from tocsin.dashboards.reporter import Order, Reporter
from tocsin.dashboards.reporting import pdf
from tocsin.dashboards.reporting.figures import change, figure
from tocsin.dashboards.reporting.pdf import PrintError, report_pdf
from tocsin.seams import DashboardLog

PANELS: tuple[dict[str, Any], ...] = (
    {"id": "n", "kind": "count", "title": "How <many>"},
    {"id": "t", "kind": "time", "title": "Over time", "split": "host.name"},
    {"id": "l", "kind": "time", "style": "line", "measure": {"of": "avg", "field": "data.bytes"}},
    {"id": "u", "kind": "top", "title": "Users", "field": "user.name"},
    {"id": "none", "kind": "pie", "title": "None", "field": "data.none"},
    {"id": "e", "kind": "table", "title": "Rows", "columns": ["user.name", "message"], "size": 2},
    {"id": "h", "kind": "heatmap"},
    {"id": "ht", "kind": "heatmap", "x": "time", "y": "host.name"},
    {"id": "m", "kind": "map"},
    {"id": "a", "kind": "attack"},
    {
        "id": "w",
        "kind": "markdown",
        "text": "# Hello\n<script>x</script> ![p](http://x/y.png) [l](javascript:x)",
    },
    {"id": "b", "kind": "heatmap", "x": "time", "y": "hour", "title": "Broken"},
    {"id": "al", "kind": "count", "source": "alerts", "title": "Alerts"},
)


def order(*panels: dict[str, Any], **more: Any) -> Order:
    document = {"version": 1, "title": "T & <T>", "query": "host.name:*", "panels": list(panels)}
    return Order(read_dashboard(document), more.pop("span", Span("now-24h", "now")), **more)


@pytest.fixture
def reporter(log: DashboardLog) -> Reporter:
    return Reporter(Answering(log, NoDesk(), known_techniques()))


def test_a_report_says_what_the_panels_say(reporter: Reporter) -> None:
    """Every kind has its picture; what is empty, broken or not allowed says so, and the others stand."""
    asked = order(*PANELS, filters=("user.name:*",), zone="Europe/Berlin", denied=frozenset({"alerts"}))
    html = reporter.html(None, asked, now=NOON)
    assert "<b>4</b>" in html
    assert "2026-11-23 13:00:00 to 2026-11-24 13:00:00 (Europe/Berlin)" in html
    assert "Only: <code>host.name:*</code>" in html
    assert 2 == html.count("<svg")
    assert "<polyline" in html
    assert "<td>bob</td>" in html
    assert "Nothing in this time." in html
    assert "2 of 4" in html
    assert "T1110 Brute Force: <b>2</b>" in html
    assert "either steps of time, or hours" in html
    assert "This role may not read alerts." in html
    assert "<h1>Hello</h1>" in html


def test_nothing_in_a_report_runs_or_is_fetched(reporter: Reporter) -> None:
    """Titles, values and Markdown are text; the page forbids scripts and pictures besides."""
    html = reporter.html(None, order(*PANELS), now=NOON)
    assert "How &lt;many&gt;" in html
    assert "<title>T &amp; &lt;T&gt;</title>" in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"<script|<img|<link|<iframe|href=\"javascript|src=", html)
    assert "default-src 'none'" in html


def test_an_empty_span_is_refused(reporter: Reporter) -> None:
    """As for panels."""
    with pytest.raises(InvalidError, match="is empty"):
        reporter.html(None, order(span=Span("now", "now")), now=NOON)


@pytest.mark.parametrize(
    ("value", "measure", "text"),
    [
        (12_345, Measure(), "12,345"),
        (None, Measure(), "-"),
        (0.5, Measure("avg", "x"), "0.5"),
        (90, Measure("avg", "time_to_close_s"), "90 s"),
        (7_200, Measure("median", "time_to_close_s"), "2 h"),
        (2_048, Measure("sum", "http.response.body.bytes"), "2.0 KiB"),
        (3, Measure("unique", "file.size"), "3"),
    ],
)
def test_figures_are_written_in_their_unit(value: float | None, measure: Measure, text: str) -> None:
    """Seconds and bytes by the field's name."""
    assert text == figure(value, measure)


def test_changes_are_written_in_percent() -> None:
    """Where there is something to compare with."""
    assert ("+20 %", "-50 %", "", "") == (change(120, 100), change(1, 2), change(1, 0), change(None, 1))


def test_pdf_needs_a_browser_that_prints(tmp_path: Path) -> None:
    """There is none, it fails, or prints nothing: each is said."""
    with pytest.raises(PrintError, match="failed"):
        report_pdf("x", tmp_path / "none")
    with pytest.raises(PrintError, match="failed"):
        report_pdf("x", Path("/bin/false"))
    with pytest.raises(PrintError, match="printed nothing"):
        report_pdf("x", Path("/bin/true"))


def test_a_browser_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report is not waited for without end."""

    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("x", 1)

    monkeypatch.setattr(pdf.subprocess, "run", hang)
    with pytest.raises(PrintError, match="took longer"):
        report_pdf("x", Path("/bin/true"))
