"""Our dashboards load, ask for fields that are in the catalogue, and answer on real logs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin.content import own_content
from tocsin.core.attack import known_techniques
from tocsin.core.clock import SECOND, ManualClock, from_iso
from tocsin.core.database import Database
from tocsin.core.fields import CATALOGUE
from tocsin.core.record import Record
from tocsin.dashboards import Answering, Asked, Dashboard, load_shelf
from tocsin.dashboards.answers import (
    AttackAnswer,
    CountAnswer,
    HeatAnswer,
    ItemsAnswer,
    TableAnswer,
    TimeAnswer,
)
from tocsin.dashboards.model import Span
from tocsin.dashboards.reading import unknown_fields
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import And, Node, Not, Or
from tocsin.rules import Correlation, load
from tocsin.seams import DashboardDesk, DashboardLog
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore

SHELF = load_shelf([own_content() / "dashboards"])
NAMES = ("authentication", "endpoint", "file-integrity", "network", "overview", "response", "web")
LINES = (
    (
        "Nov 24 10:00:01 edge kernel: [UFW BLOCK] IN=eth0 OUT= MAC=00 SRC=203.0.113.9 DST=192.0.2.1 LEN=60 "
        "PREC=0x00 TTL=50 ID=1 PROTO=TCP SPT=40000 DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0"
    ),
    '203.0.113.9 - - [24/Nov/2026:10:00:02 +0000] "GET /missing HTTP/1.1" 404 512 "-" "curl/8.5.0"',
    '203.0.113.9 - - [24/Nov/2026:10:00:02 +0000] "GET /../../etc/passwd HTTP/1.1" 404 512 "-" "curl/8.5.0"',
    "Nov 24 10:00:03 web sudo: ada : TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/bin/bash",
    "Nov 24 10:00:04 web sshd[1]: Accepted publickey for ada from 192.0.2.7 port 40000 ssh2",
)
FILE_CHANGE = (
    b'{"type": "fim", "action": "modified", "path": "/etc/passwd", "size": 10, "mode": "0644", "uid": 0, '
    b'"gid": 0, "owner": "root", "group": "root"}'
)
EMPTY_HERE = {
    "overview": {"sources"},  # no database of countries
    "authentication": {"after-failures"},  # nobody got in
    "network": {"countries", "indicators", "opened"},
    "endpoint": {"losses", "rootkit", "evasion", "packages", "services"},
    "web": {"errors"},
    "file-integrity": {"added", "deleted"},
}
"""Panels that have nothing to show on these logs."""


def test_all_of_ours_are_there_and_in_order() -> None:
    """Not one problem."""
    assert [] == list(SHELF.problems)
    assert NAMES == tuple(sorted(SHELF.dashboards))


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_in_the_catalogue(name: str) -> None:
    """In options and in queries: a slip of the pen would show an empty panel for ever."""
    dashboard = SHELF.dashboards[name]
    assert [] == unknown_fields(dashboard)
    queries = [panel.query for panel in dashboard.panels if panel.source == "events"]
    for text in (dashboard.query, *queries):
        assert set() == fields_of(parse_lucene(text, now=0)) - set(CATALOGUE)


@pytest.mark.parametrize("name", NAMES)
def test_panels_do_not_lie_on_each_other(name: str) -> None:
    """No cell of the grid belongs to two."""
    cells = [
        (x, y)
        for panel in SHELF.dashboards[name].panels
        for x in range(panel.place.x, panel.place.x + panel.place.w)
        for y in range(panel.place.y, panel.place.y + panel.place.h)
    ]
    assert len(cells) == len(set(cells))


@pytest.fixture(scope="module")
def answering(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answering]:
    """A log of the real OpenSSH lines under brute force, and a line or two of each other kind."""
    store = DuckDBStore(tmp_path_factory.mktemp("log"), ManualClock(NOW), threads=1)
    real = (real_data / "logs" / "OpenSSH_2k.log").read_text(errors="replace").splitlines()[:1_200]
    at = NOW - 3_600 * SECOND
    records = [
        Record("real", seq, line.encode(), at + seq * SECOND, location="/var/log/auth.log")
        for seq, line in enumerate([*(line.replace("Dec 10", "Nov 24") for line in real), *LINES], 1)
    ]
    end = len(records)
    records.append(Record("real", end + 1, FILE_CHANGE, at + end * SECOND, kind="finding", host="web"))
    ruleset = load([own_content()])
    events = Correlation(ruleset).settle(ruleset.classify(records))
    store.commit(Batch("real", events, end + 1))
    yield Answering(DashboardLog(store), DashboardDesk(), known_techniques())
    store.close()


NOW = from_iso("2026-11-24T12:00:00Z")


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_answers_on_real_logs(answering: Answering, tmp_path: Path, name: str) -> None:
    """And shows something, but for those named above; panels over alerts answer on an empty desk."""
    dashboard: Dashboard = SHELF.dashboards[name]
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    asked = Asked(Span("now-7d", "now+1d"), (dashboard.query,), "Europe/Berlin")
    with db.read() as tx:
        empty = {
            panel.id
            for panel in dashboard.panels
            if is_empty(answering.answer(tx, panel, asked, now=NOW).answer) and panel.source == "events"
        }
    db.close()
    assert EMPTY_HERE.get(name, set()) == empty


def is_empty(answer: Any) -> bool:
    """Say whether there is nothing to see."""
    match answer:
        case CountAnswer(value):
            return not value
        case TimeAnswer() | ItemsAnswer() | TableAnswer() | HeatAnswer() | AttackAnswer():
            return answer.total == 0
    raise AssertionError(answer)


def fields_of(node: Node) -> set[str]:
    """Return the fields of a query."""
    match node:
        case And(args) | Or(args):
            return set().union(*map(fields_of, args))
        case Not(arg):
            return fields_of(arg)
    name = getattr(node, "field", None)
    return {name} if name else set()
