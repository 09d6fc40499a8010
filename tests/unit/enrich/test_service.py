"""Jobs: gate, cache, failure, recovery."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.waiting import PATIENCE_S
from tocsin.core.actor import Actor
from tocsin.core.clock import HOUR, ManualClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.enrich.base import About, AnalysisError, Artifact, Context, Observable, Report, Taxonomy, Verdict
from tocsin.enrich.reports import MAX_ARTIFACTS
from tocsin.enrich.runner import Runner
from tocsin.enrich.service import EnrichmentService, Job

IP = frozenset({"ip"})


class Trail:
    """An audit trail that only remembers."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, str]] = []

    def record(
        self,
        tx: Any,
        actor: Actor,
        action: str,
        *,
        kind: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.entries.append((str(actor), action, subject))


class Scripted:
    """An analyzer that does what a test says, and counts its runs."""

    def __init__(self, name: str, do: Callable[[Observable], Report], **about: Any) -> None:
        self.about = replace(About(name, "1", "", IP), **about)
        self.configuration = ""
        self.runs = 0
        self._do = do

    def run(self, observable: Observable, context: Context) -> Report:
        self.runs += 1
        return self._do(observable)


def says(verdict: Verdict) -> Callable[[Observable], Report]:
    return lambda observable: Report(
        verdict,
        f"about {observable.value}",
        (Taxonomy(verdict, "N", "p", "v"),),
        (Artifact("ip", "8.8.1.2"),),
        {"a": [1]},
    )


def raises(error: BaseException) -> Callable[[Observable], Report]:
    def do(_observable: Observable) -> Report:
        raise error

    return do


class Bench:
    """A service over a database, with the analyzers of a test."""

    def __init__(self, folder: Path) -> None:
        self.db = Database(f"sqlite:///{folder / 'enrich.db'}")
        self.db.create_all()
        self.clock = ManualClock(1_000 * HOUR)
        self.trail = Trail()

    def service(self, *analyzers: Scripted, width: int = 4) -> EnrichmentService:
        return EnrichmentService(self.db, self.clock, analyzers, self.trail, Runner(width))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.db.close()


def run(service: EnrichmentService, **more: Any) -> list[Job]:
    return service.run("ip", "8.8.1.1", **{"tlp": 2, "pap": 2, **more})


def test_every_analyzer_of_the_kind_runs(bench: Bench) -> None:
    """Each gives a job with its report, kept as it was made; others do not run."""
    other = Scripted("other", says("info"), kinds=frozenset({"url"}))
    service = bench.service(Scripted("b", says("malicious")), Scripted("a", says("info")), other)
    jobs = run(service, observable_id="obs_1", actor=Actor("user", "alice"))
    assert [(job.analyzer, job.status, job.from_cache) for job in jobs] == [
        ("a", "success", False),
        ("b", "success", False),
    ]
    assert jobs[1].report == says("malicious")(Observable("ip", "8.8.1.1"))
    assert other.runs == 0
    assert bench.trail.entries == [("alice", "analyze", "8.8.1.1")]
    with bench.db.read() as tx:
        assert {job.id for job in jobs} == {job.id for job in service.jobs_of(tx, "obs_1")}
        assert service.verdict_of(tx, "obs_1") == "malicious"


def test_gate_is_closed_before_the_start(bench: Bench) -> None:
    """An observable above an analyzer's TLP or PAP never reaches it, force or not."""
    low = Scripted("low", says("info"), max_tlp=1, max_pap=1)
    service = bench.service(low)
    for more in ({"tlp": 2, "pap": 0}, {"tlp": 0, "pap": 2}, {"tlp": 4, "pap": 3, "force": True}):
        (job,) = run(service, **more)
        assert job.status == "failure"
        assert "higher than" in job.error
    assert low.runs == 0
    assert run(service, tlp=1, pap=1)[0].status == "success"


def test_wrong_kind_is_refused_when_named(bench: Bench) -> None:
    """An analyzer named for a kind it does not take gives a failed job."""
    url = Scripted("url", says("info"), kinds=frozenset({"url"}))
    (job,) = run(bench.service(url), analyzers=["url"])
    assert (job.status, url.runs) == ("failure", 0)


def test_report_is_cached_for_its_time(bench: Bench) -> None:
    """Same observable, TLP, PAP, version and configuration within the time: no second run."""
    one = Scripted("one", says("info"), cache_s=3_600)
    service = bench.service(one)
    run(service)
    bench.clock.advance(HOUR - 1)
    (cached,) = run(service)
    assert (cached.from_cache, one.runs) == (True, 1)
    assert cached.report == says("info")(Observable("ip", "8.8.1.1"))
    bench.clock.advance(2)
    assert not run(service)[0].from_cache, "a copy does not prolong the life of what it copies"


@pytest.mark.parametrize("change", ["force", "tlp", "pap", "version", "configuration", "off"])
def test_cache_is_not_used_when_anything_differs(bench: Bench, change: str) -> None:
    """Each part of the key, `force` and a cache time of 0 lead to a new run."""
    one = Scripted("one", says("info"), cache_s=0 if change == "off" else 3_600)
    service = bench.service(one)
    run(service)
    more: dict[str, Any] = {"force": {"force": True}, "tlp": {"tlp": 1}, "pap": {"pap": 1}}.get(change, {})
    if change == "version":
        one.about = replace(one.about, version="2")
    if change == "configuration":
        one.configuration = "other"
    run(service, **more)
    assert one.runs == 2


def test_failure_is_kept_and_not_cached(bench: Bench) -> None:
    """What an analyzer raises is told in its job; others are not touched; the next run tries again."""
    bad, worse = (
        Scripted("bad", raises(AnalysisError("no such luck"))),
        Scripted("worse", raises(KeyError("k"))),
    )
    good = Scripted("good", says("safe"))
    service = bench.service(bad, worse, good)
    jobs = {job.analyzer: job for job in run(service, observable_id="obs_1")}
    assert (jobs["bad"].status, jobs["bad"].error) == ("failure", "no such luck")
    assert (jobs["worse"].status, jobs["worse"].error) == ("failure", "the analyzer failed: KeyError: 'k'")
    assert jobs["good"].status == "success"
    run(service)
    assert (bad.runs, good.runs) == (2, 1)
    with bench.db.read() as tx:
        assert service.verdict_of(tx, "obs_1") == "safe"


def test_stuck_analyzer_fails_in_time_and_keeps_its_place(bench: Bench) -> None:
    """The job ends; the others' are done; with every place taken the next fails and says so."""
    free = threading.Event()
    stuck = Scripted("stuck", lambda _: (free.wait(PATIENCE_S), says("info")(_))[1], timeout_s=0.05)
    good = Scripted("good", says("info"), timeout_s=PATIENCE_S)
    late = Scripted("late", says("info"), timeout_s=0.05)
    service = bench.service(stuck, good, late, width=2)
    jobs = {job.analyzer: job for job in run(service, analyzers=["stuck", "good"])}
    assert (jobs["stuck"].status, jobs["stuck"].error) == ("failure", "not done after 0.05 s")
    assert jobs["good"].status == "success"
    run(service, analyzers=["stuck"])
    (crowded,) = run(service, analyzers=["late"])
    assert "every place" in crowded.error
    free.set()


@pytest.mark.parametrize("full", [{"a": {1, 2}}, {1: "x"}, {"a": object()}])
def test_report_that_is_not_json_fails(bench: Bench, full: Any) -> None:
    """A report that cannot be kept is a failure of its analyzer."""
    (job,) = run(bench.service(Scripted("odd", lambda _: Report("info", "", full=full))))
    assert (job.status, job.report) == ("failure", None)


def test_report_is_cut_to_its_limits(bench: Bench) -> None:
    """Too much is cut, unknown levels are information, equal artifacts are one."""
    artifacts = tuple(Artifact("ip", str(number)) for number in range(2 * MAX_ARTIFACTS))
    big = Report("purple", "s" * 10_000, (), (*artifacts, *artifacts), {"x": "y" * 1_000_000})  # type: ignore[arg-type]
    (job,) = run(bench.service(Scripted("big", lambda _: big)))
    assert job.report is not None
    assert (job.report.verdict, len(job.report.summary)) == ("info", 2_000)
    assert len(job.report.artifacts) == MAX_ARTIFACTS
    assert job.report.full["truncated"] is True


def test_interrupted_jobs_fail_at_the_next_start(bench: Bench) -> None:
    """What a killed process left waiting or running is failed, once."""
    service = bench.service(Scripted("one", says("info")))
    with bench.db.write() as tx:
        (job,) = service.submit(tx, Observable("ip", "8.8.1.1"))
    assert job.status == "waiting"
    assert (service.recover(), service.recover()) == (1, 0)
    with bench.db.read() as tx:
        left = service.get(tx, job.id)
    assert (left.status, left.error) == ("failure", "interrupted")
    assert service.execute([job.id])[0].status == "failure"


def test_job_is_executed_once(bench: Bench) -> None:
    """Executing the same jobs again runs nothing."""
    one = Scripted("one", says("info"))
    service = bench.service(one)
    with bench.db.write() as tx:
        (job,) = service.submit(tx, Observable("ip", "8.8.1.1"))
    service.execute([job.id])
    service.execute([job.id])
    assert one.runs == 1


def test_newest_report_of_each_analyzer_counts(bench: Bench) -> None:
    """A verdict that changed replaces the one before."""
    verdicts: list[Verdict] = ["malicious", "info"]
    one = Scripted("one", lambda _: Report(verdicts.pop(0), ""), cache_s=0)
    service = bench.service(one)
    for _ in range(2):
        run(service, observable_id="obs_1")
        bench.clock.advance(1)
    with bench.db.read() as tx:
        assert service.verdict_of(tx, "obs_1") == "info"
        assert service.verdict_of(tx, "obs_2") is None


def test_impossible_order_is_refused(bench: Bench) -> None:
    """Unknown analyzers, empty or endless values and scales that do not exist raise; nothing is kept."""
    service = bench.service(Scripted("one", says("info")))
    with pytest.raises(NotFoundError):
        run(service, analyzers=["nobody"])
    for value, tlp, pap in ((" ", 2, 2), ("x" * 9_000, 2, 2), ("x", 5, 2), ("x", 2, 4), ("\udcff", 2, 2)):
        with pytest.raises(InvalidError):
            service.run("ip", value, tlp=tlp, pap=pap)
    with bench.db.read() as tx, pytest.raises(NotFoundError):
        service.get(tx, "job_x")
    assert bench.trail.entries == []


def test_catalogue_is_sorted(bench: Bench) -> None:
    """What there is to run is listed by name."""
    service = bench.service(Scripted("b", says("info")), Scripted("a", says("info")))
    assert [about.name for about in service.catalogue()] == ["a", "b"]
