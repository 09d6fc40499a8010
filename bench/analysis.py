"""How fast lines become classified events on one core: one line of figures.

Run `python bench/analysis.py [CONTENT_FOLDER] [LINES]`. The lines are made up: nginx access, sshd,
sudo and cron in the shares of a busy web host, most of which raise no alert.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tocsin.core.clock import from_datetime
from tocsin.core.record import Record
from tocsin.rules import Correlation, load

ROOT = Path(__file__).resolve().parent.parent
LINES = 100_000
BATCH = 1_000
START = datetime(2026, 9, 1, tzinfo=UTC)
STEP = timedelta(milliseconds=50)
USERS = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
PAGES = ("/", "/index.html", "/assets/app.css", "/api/v1/items/{n}", "/images/{n}.jpg", "/healthz")
BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0",
    "curl/7.88.1",
)
SSHD = (
    'Connection from {ip} port {port} on 10.0.0.5 port 22 rdomain ""',
    "Connection closed by {ip} port {port}",
    "Received disconnect from {ip} port {port}:11: disconnected by user",
    "Disconnected from user {user} {ip} port {port}",
    "Accepted publickey for {user} from {ip} port {port} ssh2: ED25519 SHA256:2Y1ZkC0mO8gq",
    "Failed password for {user} from {ip} port {port} ssh2",
)
SSHD_SHARES = (24, 24, 24, 22, 3, 3)


def lines(count: int) -> Iterator[str]:
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
        elif draw < 0.94:
            text = dice.choices(SSHD, SSHD_SHARES)[0].format(ip=ip, port=port, user=user)
            yield f"{stamp} sshd[{dice.randrange(300, 32000)}]: {text}"
        elif draw < 0.97:
            command = "/usr/bin/systemctl status nginx"
            yield f"{stamp} sudo: {user:>8} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND={command}"
        else:
            yield f"{stamp} CRON[{dice.randrange(300, 32000)}]: (root) CMD (/usr/local/bin/rotate)"


def main() -> None:
    content = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "content"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else LINES
    ruleset = load([content])
    collected = from_datetime(START)
    made = [Record("bench", n, line.encode(), collected + n) for n, line in enumerate(lines(count), start=1)]
    ruleset.classify(made[:BATCH])  # the first batch fills the caches that a running worker has
    correlation, pending, ruled = Correlation(ruleset), 0, 0
    stateless = settled = 0.0
    for start in range(0, count, BATCH):
        before = time.process_time()
        classified = ruleset.classify(made[start : start + BATCH])
        between = time.process_time()
        pending += sum(one.pending is not None for one in classified)
        resumed = time.process_time()
        events = correlation.settle(classified)
        stateless += between - before
        settled += time.process_time() - resumed
        ruled += sum("rule.id" in event.fields for event in events)
    print(
        f"analysis: {count / (stateless + settled):,.0f} events/s on one core "
        f"({stateless / count * 1e6:.1f} us stateless, {settled / count * 1e6:.1f} us stateful; "
        f"{pending / count:.1%} pending, {ruled / count:.1%} with a rule, {len(ruleset.rules)} rules)"
    )


if __name__ == "__main__":
    main()
