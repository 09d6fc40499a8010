"""How long a search takes over two million events: prints one line of latencies in milliseconds.

python bench/search.py [--events N] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tocsin.core.clock import HOUR, MINUTE, SystemClock, from_iso
from tocsin.core.event import Event
from tocsin.query.lucene import parse_lucene
from tocsin.store.base import Batch, Selection
from tocsin.store.duckdb import DuckDBStore

START = from_iso("2026-11-20T00:00:00Z")
BATCH = 20_000
SPAN_US = 4 * 24 * HOUR
REPEATS = 5


def made_events(count: int) -> Iterator[Event]:
    """Yield sshd-like events of 40 hosts over four days, the same ones every time."""
    chance = random.Random(7)
    for seq in range(1, count + 1):
        yield _event(chance, seq, START + SPAN_US * seq // count)


def _event(chance: random.Random, seq: int, at: int) -> Event:
    address = f"10.{chance.randrange(4)}.{chance.randrange(256)}.{chance.randrange(256)}"
    user, host = f"user{chance.randrange(800)}", f"host{chance.randrange(40):02}"
    pid, port = chance.randrange(30_000), chance.randrange(1024, 65_536)
    failed = chance.random() < 0.7
    what = "Failed" if failed else "Accepted"
    text = f"Nov 24 05:00:00 {host} sshd[{pid}]: {what} password for {user} from {address} port {port} ssh2"
    return Event(
        "agent:bench/auth.log",
        seq,
        at,
        at,
        text,
        {
            "source.ip": address,
            "source.port": port,
            "user.name": user,
            "host.name": host,
            "process.name": "sshd",
            "process.pid": pid,
            "event.action": "login",
            "event.outcome": "failure" if failed else "success",
            "event.dataset": "sshd",
            "decoder.name": "sshd",
            "log.file.path": "/var/log/auth.log",
            "rule.id": "5760" if failed else "5715",
            "rule.level": 5 if failed else 3,
            "rule.description": f"sshd: {what} password",
            "rule.groups": ["syslog", "sshd", "authentication"],
            "data.session": f"{seq:x}",
        },
    )


def fill(store: DuckDBStore, count: int) -> float:
    """Commit the events that are not there yet; return the seconds spent in commits."""
    spent = 0.0
    batch: list[Event] = []
    for event in made_events(count):
        batch.append(event)
        if len(batch) == BATCH or event.seq == count:
            begun = time.perf_counter()
            store.commit(Batch(event.source, batch, event.seq))
            spent += time.perf_counter() - begun
            batch = []
    return spent


def questions(store: DuckDBStore) -> dict[str, Callable[[], object]]:
    """Return what is asked, by the name it is reported under."""

    def selected(text: str) -> Selection:
        return Selection(parse_lucene(text))

    everything = Selection()
    return {
        "newest": lambda: store.search(everything, limit=100),
        "term": lambda: store.search(selected("user.name:user77"), limit=100),
        "term_count": lambda: store.count(selected("user.name:user77")),
        "rare_term": lambda: store.search(selected("data.session:1e240"), limit=100),
        "words": lambda: store.count(selected('"failed password for user77"')),
        "substring": lambda: store.count(selected("*user77*")),
        "regex": lambda: store.count(selected("/user7[0-9] from 10\\.1/")),
        "level": lambda: store.count(selected("rule.level:>=5")),
        "network": lambda: store.count(selected("source.ip:10.1.16.0/20")),
        "group": lambda: store.count(selected("rule.groups:sshd")),
        "histogram": lambda: store.histogram(everything, width=HOUR),
        "histogram_term": lambda: store.histogram(selected("user.name:user77"), width=30 * MINUTE),
        "top": lambda: store.top(everything, field="source.ip", size=10),
        "top_map": lambda: store.top(everything, field="process.pid", size=10),
        "fields": lambda: store.fields(everything),
    }


def median_ms(ask: Callable[[], object]) -> float:
    """Return the median of several runs, the first left out."""
    ask()
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--keep", type=Path, help="build the log here and use it again next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        store = DuckDBStore(options.keep or Path(temporary), SystemClock())
        try:
            if store.mark("agent:bench/auth.log") < options.events:
                fill(store, options.events)
            figures = " ".join(f"{name}={median_ms(ask):.0f}ms" for name, ask in questions(store).items())
            size = sum(day.size_bytes for day in store.days())
            print(f"search over {options.events} events ({size / 1e6:.0f} MB): {figures}")
        finally:
            store.close()


if __name__ == "__main__":
    main()
