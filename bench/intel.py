"""How fast events pass the indicators, and what they cost in memory: one line of figures.

Run `python bench/intel.py [FILE_OR_FEED_FOLDER ...]`; without arguments over 200,000
made-up indicators.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import psutil

from tocsin.core.actor import SYSTEM, Actor
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.event import Event
from tocsin.intel.extract import Extractor
from tocsin.intel.index import IndicatorIndex
from tocsin.intel.lookup import IndicatorReader
from tocsin.intel.match import IndicatorMatcher
from tocsin.intel.recognise import Recogniser
from tocsin.intel.service import ImportOrder, IntelService
from tocsin.intel.warninglists import Warninglists

EVENTS = 100_000
BATCH = 5_000
ROOT = Path(__file__).resolve().parent.parent


class _NoTrail:
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
        """Keep nothing."""


def _rss_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6


def _made_up() -> bytes:
    dice = random.Random(7)
    addresses = (".".join(str(dice.randrange(1, 255)) for _ in range(4)) for _ in range(100_000))
    domains = (f"{dice.randrange(1 << 60):x}.evil{dice.randrange(9999)}.com" for _ in range(100_000))
    return "\n".join((*addresses, *domains)).encode()


def _events(dice: random.Random, *, distinct: int) -> list[Event]:
    """Half SSH failures, a quarter web requests with a URL in the referrer, a quarter without any value."""
    made = []
    for number in range(EVENTS):
        address = str(IPv4Address(0xF0000000 + dice.randrange(distinct)))
        if number % 4 < 2:
            fields: dict[str, Any] = {
                "source.ip": address,
                "source.port": 4,
                "user.name": "root",
                "host.name": "web",
            }
            message = f"Failed password for root from {address} port 4 ssh2"
        elif number % 4 == 2:
            fields = {
                "source.ip": address,
                "url.original": "/index.php",
                "url.domain": f"www{dice.randrange(distinct)}.example.com",
            }
            message = f'{address} - - "GET /index.php HTTP/1.1" 200 12 "-" "Mozilla/5.0"'
        else:
            fields, message = {"process.name": "CRON", "user.name": "root"}, "session opened for user root"
        made.append(Event("s", number, 0, 0, message, fields))
    return made


def _rate(matcher: IndicatorMatcher, events: list[Event]) -> float:
    start = time.perf_counter()
    for first in range(0, len(events), BATCH):
        matcher.match(events[first : first + BATCH])
    return len(events) / (time.perf_counter() - start)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        db = Database(f"sqlite:///{folder / 'bench.db'}")
        db.create_all()
        clock, extractor = SystemClock(), Extractor(Recogniser())
        lists = Warninglists([ROOT / "content" / "warninglists"])
        lists.load()
        service = IntelService(extractor, lists, _NoTrail(), clock)
        start, count = time.perf_counter(), 0
        for path in map(Path, sys.argv[1:] or [""]):
            order = ImportOrder(path.name or "made-up")
            read = (
                service.read_path(path, order)
                if path.name
                else service.read_file(_made_up(), "made-up", order)
            )
            with db.write() as tx:
                count += service.import_reading(tx, order, read, SYSTEM).added
        imported = time.perf_counter() - start
        del read
        index = IndicatorIndex(db, folder / "index")
        before = _rss_mb()
        start = time.perf_counter()
        index.refresh()
        built, grown = time.perf_counter() - start, _rss_mb() - before
        matcher = IndicatorMatcher(index, IndicatorReader(db), lists, extractor, clock)
        dice = random.Random(3)
        repeated, distinct = (_rate(matcher, _events(dice, distinct=many)) for many in (2_000, 1 << 24))
        print(
            f"intel: {count} indicators, "
            f"import {count / imported:,.0f}/s, index {built:.2f} s {grown:.1f} MB, "
            f"match {repeated:,.0f} events/s repeated values, {distinct:,.0f} events/s distinct values"
        )
        db.close()


if __name__ == "__main__":
    main()
