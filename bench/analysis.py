"""How fast lines become classified events on one core, with the whole stock ruleset where it is at hand.

Run `python bench/analysis.py [LINES] [ROUNDS]`. Beside the checkout, `../shared` holds Wazuh's stock
ruleset, lines of its test cases and the generator of two workloads from them: `mixed`, the cases varied
over and over, most of which raise an alert, and `plain`, a web host's day, which raises few. Each prints
one line; the checksum covers the rule id of every event, so that speed cannot come from leaving work
out. Without the shared data our own content and lines made up here are measured instead, and it is said.

CPU time of this process, the median of some rounds, from raw bytes to the event for the store: decoding,
the walk of the rules, and settling what needs memory.
"""

from __future__ import annotations

import gc
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from tocsin import native
from tocsin.core.clock import from_datetime
from tocsin.core.record import Record
from tocsin.rules import Correlation, Ruleset, load

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
LINES = 40_000
ROUNDS = 5
BATCH = 1_000
START = datetime(2026, 9, 1, tzinfo=UTC)
STEP = timedelta(milliseconds=50)
USERS = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
PAGES = ("/", "/index.html", "/assets/app.css", "/api/v1/items/{n}", "/images/{n}.jpg", "/healthz")
BROWSERS = ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "curl/7.88.1")
SSHD = (
    "Connection closed by {ip} port {port}",
    "Disconnected from user {user} {ip} port {port}",
    "Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:2Y1ZkC0mO8gq",
    "Failed password for {user} from {ip} port {port} ssh2",
)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    with tempfile.TemporaryDirectory() as scratch:
        if (SHARED / "data" / "wazuh").is_dir():
            content = _stock(Path(scratch))
            workloads = {kind: _generated(kind, count, Path(scratch)) for kind in ("mixed", "plain")}
        else:
            print("the shared data is absent: our own content and lines, not the stock ruleset")
            content, workloads = ROOT / "content", {"ours": [line.encode() for line in made_lines(count)]}
        before = time.process_time()
        ruleset = load([content])
        load_s = time.process_time() - before
        gc.collect()
        gc.freeze()  # as a worker does
        gc.set_threshold(20_000)
        for kind, lines in workloads.items():
            print(_measured(kind, ruleset, lines, rounds), flush=True)
    rss = psutil.Process().memory_info().rss
    print(
        f"load: {load_s:.2f} s for {len(ruleset.rules):,} rules, {len(ruleset.problems)} problems; "
        f"RSS {rss / 1e6:.0f} MB with the workloads; build: {native.status()}"
    )


def _measured(kind: str, ruleset: Ruleset, lines: Sequence[bytes], rounds: int) -> str:
    at = from_datetime(START)
    records = [Record("bench", n, line, at + n * 50_000) for n, line in enumerate(lines, start=1)]
    ruleset.classify(records[: 2 * BATCH])  # fills the caches that a running worker has
    found = [_round(ruleset, records) for _ in range(rounds)]
    checksums = {checksum for _, checksum in found}
    assert len(checksums) == 1, "rounds differ"
    seconds = statistics.median(spent for spent, _ in found)
    return f"{kind}: {len(records) / seconds:,.0f} events/CPU-s, checksum {checksums.pop():08x}"


def _round(ruleset: Ruleset, records: Sequence[Record]) -> tuple[float, int]:
    correlation, spent, checksum = Correlation(ruleset), 0.0, 0
    for start in range(0, len(records), BATCH):
        before = time.process_time()
        batch = records[start : start + BATCH]  # the first object that is made: collects what is due
        gc.disable()
        events = correlation.settle(ruleset.classify(batch))
        spent += time.process_time() - before
        ids = "\n".join(str(event.fields.get("rule.id", "-")) for event in events)
        checksum = zlib.crc32(ids.encode(), checksum)
        del events, batch
        gc.enable()  # between batches, as a worker does
    return spent, checksum


def _stock(scratch: Path) -> Path:
    """Copy the stock ruleset: it is only readable where it stands."""
    folder = scratch / "stock"
    for kind in ("decoders", "rules", "lists"):
        shutil.copytree(SHARED / "data" / "wazuh" / kind, folder / kind, copy_function=shutil.copyfile)
    return folder


def _generated(kind: str, count: int, scratch: Path) -> list[bytes]:
    out, tool = scratch / f"{kind}.log", SHARED / "tools" / "make_loglines.py"
    cases = SHARED / "data" / "wazuh" / "cases.jsonl"
    command = [sys.executable, tool, cases, out, "--kind", kind, "--lines", str(count)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out.read_bytes().split(b"\n")[:count]


def made_lines(count: int) -> Iterator[str]:
    dice = random.Random(20260901)
    for number in range(count):
        moment = START + number * STEP
        stamp = f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S} web{dice.randrange(4)}"
        ip = f"10.{dice.randrange(4)}.{dice.randrange(32)}.{dice.randrange(1, 255)}"
        user, port, draw = dice.choice(USERS), dice.randrange(1024, 65000), dice.random()
        if draw < 0.60:
            page = dice.choice(PAGES).format(n=dice.randrange(5000))
            status = dice.choices((200, 304, 302, 404), (92, 4, 2, 2))[0]
            when = f"{moment:%d/%b/%Y:%H:%M:%S} +0000"
            tail = f'{status} {dice.randrange(200, 40000)} "-" "{dice.choice(BROWSERS)}"'
            yield f'{ip} - - [{when}] "GET {page} HTTP/1.1" {tail}'
        elif draw < 0.97:
            text = dice.choices(SSHD, (47, 47, 3, 3))[0].format(ip=ip, port=port, user=user)
            yield f"{stamp} sshd[{dice.randrange(300, 32000)}]: {text}"
        else:
            yield f"{stamp} CRON[{dice.randrange(300, 32000)}]: (root) CMD (/usr/local/bin/rotate)"


if __name__ == "__main__":
    main()
