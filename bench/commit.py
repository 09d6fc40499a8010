"""How fast the embedded log commits: prints one line, measured while a reader follows the log.

python bench/commit.py [--events N] [--batch N]

All events are of one day, and enough for the database to bring them into the day's file several times.

CPU is that of the process, the reader's included: where others use the machine too, it tells more than
the clock.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import threading
import time
from pathlib import Path

from log_events import START, log_events
from tocsin.core.clock import DAY, SystemClock
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore


def follow(store: DuckDBStore, last_seq: int) -> None:
    """Read the commit log until the last event has come by, as detection does."""
    offset = 0
    while True:
        logged = store.follow(offset)
        if not logged:
            time.sleep(0.05)
            continue
        offset = logged[-1].commit
        if logged[-1].event.seq >= last_seq:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=5_000)
    options = parser.parse_args()
    events = list(log_events(options.events, START, DAY))
    with tempfile.TemporaryDirectory() as temporary:
        store = DuckDBStore(Path(temporary), SystemClock())
        reader = threading.Thread(target=follow, args=(store, options.events))
        reader.start()
        begun, cpu = time.perf_counter(), time.process_time()
        for start in range(0, len(events), options.batch):
            part = events[start : start + options.batch]
            store.commit(Batch(part[0].source, part, part[-1].seq))
        spent, cpu = time.perf_counter() - begun, time.process_time() - cpu
        reader.join()
        store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"commit: {options.events / spent:.0f} events/s in batches of {options.batch} beside a follower,"
        f" {cpu / options.events * 1e6:.1f} us of CPU an event"
        f" (peak memory {peak} MB, events and benchmark included)"
    )


if __name__ == "__main__":
    main()
