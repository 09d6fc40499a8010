"""The translators between areas: rule sets travel as folders, reports are noted, cases find their analyst."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tocsin.accounts import Accounts, Audit
from tocsin.cases import CaseDraft, CaseService, FileStore, ObservableDraft
from tocsin.content import own_content
from tocsin.core.actor import SYSTEM
from tocsin.core.clock import ManualClock
from tocsin.core.database import Database
from tocsin.core.record import Record
from tocsin.enrich.base import Report, Taxonomy
from tocsin.query.tree import Everything
from tocsin.rules import Correlation
from tocsin.rules.factory import RulesetFactory
from tocsin.seams import Counting, NotedEnrichment, OnCall
from tocsin.store.base import Selection

PASSWORD = "a long enough passphrase"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/tocsin.db")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000_000)


@pytest.fixture
def cases(clock: ManualClock, tmp_path: Path) -> CaseService:
    return CaseService(clock, Audit(clock), FileStore(tmp_path / "files"))


@pytest.fixture
def accounts(clock: ManualClock) -> Accounts:
    return Accounts(clock, Audit(clock))


def test_a_rule_set_travels_as_its_folders() -> None:
    """In one process it is read once; on the way to another it is a few bytes, and judges the same there."""
    factory = RulesetFactory((own_content(),))
    here = factory()
    assert here is factory()

    packed = pickle.dumps(factory)
    there = pickle.loads(packed)()
    assert len(packed) < 1_000
    assert there is not here
    record = Record(
        "test", 1, b"Nov 24 10:00:00 web1 sshd[7]: Failed password for root from 192.0.2.1 port 1", 0
    )
    judged = [Correlation(rules).settle(rules.classify([record]))[0].fields for rules in (here, there)]
    assert judged[0] == judged[1]
    assert "authentication_failed" in judged[0]["rule.groups"]


def test_events_are_counted_in_the_time_asked_for() -> None:
    """The query and both ends reach the log as they are."""
    asked: list[Selection] = []
    log = SimpleNamespace(count=lambda selection: asked.append(selection) or 7)
    assert 7 == Counting(log)(Everything(), 10, 20)
    assert [Selection(Everything(), 10, 20)] == asked


class Analysis:
    """Enrichment with a report, and an analyzer that failed."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def run(self, kind: str, value: str, *, tlp: int, pap: int) -> list[SimpleNamespace]:
        self.asked.append((kind, value, tlp, pap))
        report = Report("malicious", "Known.", (Taxonomy("malicious", "Feed", "Hits", "3"),))
        return [
            SimpleNamespace(id="job_1", analyzer="indicators", report=report),
            SimpleNamespace(id="job_2", analyzer="broken", report=None),
        ]


def test_a_report_is_noted_wherever_the_value_stands(db: Database, cases: CaseService) -> None:
    """On the observable of each case that holds it, and on no other; a failed job leaves nothing."""
    with db.write() as tx:
        held = [cases.open(tx, CaseDraft(title=title), SYSTEM).id for title in ("one", "two")]
        for case in held:
            drafts = [ObservableDraft("ip", "198.51.100.7"), ObservableDraft("ip", "198.51.100.8")]
            cases.observables.add(tx, "case", case, drafts, SYSTEM)
    analysis = Analysis()
    jobs = NotedEnrichment(db, analysis, cases).run("ip", "198.51.100.7", 2, 1)

    assert [("ip", "198.51.100.7", 2, 1)] == analysis.asked
    assert ["job_1", "job_2"] == [job.id for job in jobs]
    with db.read() as tx:
        rows = [row for case in held for row in cases.observables.of(tx, case)]
        noted = {(row.value, row.verdict, tuple(one["job_id"] for one in row.reports)) for row in rows}
    assert {("198.51.100.7", "malicious", ("job_1",)), ("198.51.100.8", None, ())} == noted


def test_a_case_goes_to_the_analyst_with_the_fewest_open(
    db: Database, cases: CaseService, accounts: Accounts
) -> None:
    """Closed cases do not count; equals are taken by name; the locked and read-only are left out."""
    on_call = OnCall(accounts)
    with db.write() as tx:
        assert on_call.choose(tx) is None
        for login, role in (("root", "administrator"), ("viewer", "read-only")):
            accounts.users.add(tx, login, name="", role=role, password=PASSWORD, actor=SYSTEM)
        assert "root" == on_call.choose(tx)
        for login in ("ada", "bob", "away"):
            accounts.users.add(tx, login, name="", role="analyst", password=PASSWORD, actor=SYSTEM)
        accounts.users.change(tx, "away", actor=SYSTEM, locked=True)

        chosen = []
        for _ in range(3):
            login = on_call.choose(tx)
            chosen.append(login)
            cases.open(tx, CaseDraft(title="new", assignee=login), SYSTEM)
        assert ["ada", "bob", "ada"] == chosen

        bobs = cases.open(tx, CaseDraft(title="old", assignee="bob"), SYSTEM)
        cases.close(tx, bobs.id, "other", "nothing", SYSTEM)
        assert "bob" == on_call.choose(tx)
