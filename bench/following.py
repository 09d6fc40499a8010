"""What rules that follow the log cost the way into it: `python bench/following.py [--sigma DIR] [--lines N]`.

The same lines are ingested without rules and beside so many of ElastAlert's kinds and all Sigma rules of a
folder (those of the shared data when it is there), one after the other, so many times each; the best of each
is compared. Before what is measured, 50,000 lines go the same way: rules are compiled and their witnesses
chosen by then, once for as long as the process lives. The 300,000 lines measured are ten seconds of ingest at
full rate. Said beside it: CPU time, how long detection took to catch up after the last commit, and alerts.
Where others use the machine too, rates tell little and CPU time per event more.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from analysis import START
from ingest import ROOT, Beside, Measured, measure, nothing
from tocsin.cli.server import GARBAGE_AFTER
from tocsin.core.announce import Announcer
from tocsin.core.clock import ManualClock, from_datetime
from tocsin.core.database import Database
from tocsin.core.detection import Detection
from tocsin.detect.engine import Detector
from tocsin.detect.loader import load_folders, read_text
from tocsin.detect.rule import WatchRule
from tocsin.detect.ruleset import RuleSet
from tocsin.ingest.limits import default_workers
from tocsin.store.duckdb import DuckDBStore

SIGMA = ROOT.parent / "shared" / "data" / "sigma"
HOSTS = ("web0", "web1", "web2", "web3", *(f"db{number}" for number in range(36)))
"""The lines are of the first four: most rules of an estate are not about the host at hand."""
CLOCK = from_datetime(START)
"""What the followers' clock says. Live, lines are of now; by the clock on the wall these would be of long
ago, and a pause would end every span they are in.
"""
_WATCHED = (
    "term: {rule.groups: authentication_failed}",
    "term: {rule.groups: authentication_success}",
    "query: {query_string: {query: 'rule.level: [5 TO 15] AND NOT user.name: root'}}",
    "term: {decoder.name: sshd}",
    "query: {query_string: {query: 'message: *denied* OR message: *refused*'}}",
    "query: {query_string: {query: 'http.response.status_code: [500 TO 599]'}}",
    "range: {rule.level: {gte: 7}}",
)
_KINDS = (
    "type: frequency\nnum_events: 50\ntimeframe: {minutes: 5}\nquery_key: source.ip\n",
    "type: any\nrealert: {hours: 1}\n",
    "type: new_term\nfields: [user.name]\n",
    "type: cardinality\ncardinality_field: source.ip\nmax_cardinality: 500\ntimeframe: {minutes: 10}\n",
    "type: spike\nspike_height: 9\nspike_type: up\nthreshold_cur: 1000\ntimeframe: {minutes: 10}\n",
    "type: flatline\nthreshold: 1\ntimeframe: {hours: 1}\n",
    "type: change\ncompare_key: user.name\nquery_key: source.ip\nignore_null: true\nrealert: {hours: 1}\n",
    "type: blacklist\ncompare_key: source.ip\nblacklist: [192.0.2.1, 198.51.100.7]\n",
)

_STRIDE = 997
"""Between chosen rules: prime, so that every host, filter and kind is among them."""


@dataclass
class Counting:
    """Takes detections and counts them."""

    told: int = 0

    def record(self, _tx: Session, _detection: Detection) -> Opened:
        """Count one."""
        self.told += 1
        return Opened()

    def withdraw(self, _tx: Session, _detection: Detection) -> None:
        """Count one less."""
        self.told -= 1


@dataclass(frozen=True)
class Opened:
    """What became of a detection here."""

    alert_id: str = "bench"
    opened: bool = True


@dataclass
class Following:
    """Rules that follow a log in a thread of their own, as in the platform."""

    rules: list[WatchRule]
    sink: Counting = field(default_factory=Counting)
    behind: float = 0.0
    """Seconds from the last commit until detection had seen it."""
    spent: float = 0.0
    """Seconds of CPU time of the thread that follows, since it was warm."""

    @contextmanager
    def __call__(self, store: DuckDBStore, database: Database) -> Iterator[Callable[[], None]]:
        """Follow while the caller ingests, and then to the end."""
        ruleset = RuleSet(self.rules)
        detector = Detector(
            store,
            database,
            self.sink,
            ruleset,
            clock=ManualClock(CLOCK),
            announcer=Announcer(),
            amender=self.sink,
        )
        stop = threading.Event()
        thread = threading.Thread(target=detector.run, args=(stop,))
        thread.start()

        def warmed() -> None:
            _catch_up(detector)
            self.spent = -_busy(thread)

        try:
            yield warmed
            self.behind = _catch_up(detector)
            self.spent += _busy(thread)
        finally:
            stop.set()
            detector.notify()
            thread.join()


def _catch_up(detector: Detector) -> float:
    """Wait until detection has seen every commit; return for how many seconds."""
    began = time.perf_counter()
    while detector.status().lag_commits:
        time.sleep(0.02)
    return time.perf_counter() - began


def _busy(thread: threading.Thread) -> float:
    """Return the CPU time of a running thread, in seconds."""
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0))


def elastalert(count: int) -> list[WatchRule]:
    """Return rules of several kinds over several filters, each about one host."""
    choices = list(itertools.product(HOSTS, _WATCHED, _KINDS))
    chosen = [choices[number * _STRIDE % len(choices)] for number in range(count)]
    return [
        read_text(
            f"bench{number}.yml",
            f"name: bench {number}\nindex: x\nalert: debug\n"
            f"filter:\n  - term: {{host.name: {host}}}\n  - {watched}\n{kind}",
        ).rule
        for number, (host, watched, kind) in enumerate(chosen)
    ]


def best(options: argparse.Namespace, follow: Beside) -> Measured:
    """Return the fastest of several runs."""
    done = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as name:
            content = ROOT / "content"
            done.append(
                measure(Path(name), content, options.lines, options.workers, follow, warm=options.warm)
            )
    return max(done, key=lambda each: each.rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=300_000)
    parser.add_argument("--warm", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--elastalert", type=int, default=500)
    parser.add_argument("--sigma", type=Path, default=SIGMA)
    options = parser.parse_args()
    gc.set_threshold(GARBAGE_AFTER)  # as the platform does
    rules = elastalert(options.elastalert)
    sigma = list(load_folders([options.sigma]).rules) if options.sigma.is_dir() else []
    follow = Following([*rules, *sigma])
    alone = best(options, nothing)
    beside = best(options, follow)
    cost = 1 - beside.rate / alone.rate
    print(
        f"following: {len(rules)} ElastAlert and {len(sigma):,} Sigma rules cost ingest {cost:.0%} "
        f"of its rate ({alone.rate:,.0f} -> {beside.rate:,.0f} events/s of {options.lines:,} lines; "
        f"CPU of the committing process {alone.busy:.1f} -> {beside.busy:.1f} s; "
        f"of the thread that follows {follow.spent / options.lines * 1e6:.1f} us an event; "
        f"caught up {follow.behind:.1f} s after the last commit; {follow.sink.told:,} detections)"
    )


if __name__ == "__main__":
    main()
