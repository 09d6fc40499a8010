"""Events for benchmarks of the log: web requests, logins and packets of 80 hosts, about 300 bytes each."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tocsin.core.clock import HOUR, from_iso
from tocsin.core.event import Event

START = from_iso("2026-11-20T00:00:00Z")
SPAN_US = 4 * 24 * HOUR
NEEDLE = "xk7-needle"
_PATHS = [f"/app/{part}/{page}" for part in ("shop", "api/v2", "static", "account") for page in range(200)]
_AGENTS = [
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
    for system in ("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7")
    for version in range(110, 131)
]


def log_events(
    count: int, start: int = START, span_us: int = SPAN_US, source: str = "agent:bench/log"
) -> Iterator[Event]:
    """Yield events over a span in order of time, of one source, the same ones every time."""
    chance = random.Random(11)
    kinds = (_request, _request, _request, _login, _packet)
    for seq in range(1, count + 1):
        at = start + span_us * seq // count
        message, fields = chance.choice(kinds)(chance, seq)
        yield Event(source, seq, at, at + 900, message, fields)


def _address(chance: random.Random) -> str:
    # Few addresses make most of the noise, as on the Internet.
    rank = int(chance.paretovariate(0.7)) % 60_000
    return f"{20 + rank % 180}.{rank // 180 % 256}.{rank * 7 % 256}.{rank * 13 % 256}"


def _rated(chance: random.Random, rule: str, level: int, fields: dict[str, object]) -> dict[str, object]:
    fields |= {"rule.id": rule, "rule.level": level, "rule.groups": ["syslog", fields["event.dataset"]]}
    return fields | {"host.name": f"host{chance.randrange(80):02}", "agent.id": f"{chance.randrange(80):03}"}


def _request(chance: random.Random, seq: int) -> tuple[str, dict[str, object]]:
    address, path, agent = _address(chance), chance.choice(_PATHS), chance.choice(_AGENTS)
    status = chance.choice((200, 200, 200, 200, 304, 404, 500))
    size = int(chance.lognormvariate(8, 1.5))
    request = f"{chance.getrandbits(64):016x}"
    query = f"?item={NEEDLE}" if seq % 100_000 == 777 else f"?item={chance.randrange(50_000)}"
    message = (
        f'{address} - - [24/Nov/2026:05:00:00 +0000] "GET {path}{query} HTTP/1.1" {status} {size} '
        f'"https://www.example.com{chance.choice(_PATHS)}" "{agent}"'
        f" request_id={request} rt={size % 997 / 1000}"
    )
    fields: dict[str, object] = {
        "source.ip": address,
        "url.path": path,
        "http.request.method": "GET",
        "http.response.status_code": status,
        "http.response.bytes": size,
        "user_agent.original": agent,
        "event.dataset": "nginx.access",
        "event.outcome": "success" if status < 400 else "failure",
        "log.file.path": "/var/log/nginx/access.log",
    }
    return message, _rated(chance, "31108" if status < 400 else "31101", 0 if status < 400 else 5, fields)


def _login(chance: random.Random, seq: int) -> tuple[str, dict[str, object]]:
    address, user, pid = _address(chance), f"user{chance.randrange(2_000)}", chance.randrange(32_768)
    failed = chance.random() < 0.8
    what, port = "Failed" if failed else "Accepted", chance.randrange(1024, 65_536)
    message = (
        f"Nov 24 05:00:00 host sshd[{pid}]: {what} password for {user} from {address} port {port} ssh2:"
        f" session {seq:x} of service sshd-session, policy default, authentication method password, tty none,"
        f" rhost={address} ruser= user={user} uid=0 euid=0 logname= attempts={pid % 6}"
    )
    fields: dict[str, object] = {
        "source.ip": address,
        "source.port": port,
        "user.name": user,
        "process.name": "sshd",
        "process.pid": pid,
        "event.action": "login",
        "event.outcome": "failure" if failed else "success",
        "event.dataset": "sshd",
        "log.file.path": "/var/log/auth.log",
    }
    return message, _rated(chance, "5760" if failed else "5715", 5 if failed else 3, fields)


def _packet(chance: random.Random, _: int) -> tuple[str, dict[str, object]]:
    address, port = _address(chance), chance.choice((22, 23, 80, 443, 3389, 8080))
    mac = ":".join(f"{chance.randrange(256):02x}" for _ in range(3))
    from_port = chance.randrange(1024, 65_536)
    target, ttl, number = (chance.randrange(256), chance.randrange(40, 64), chance.randrange(65_536))
    message = (
        f"Nov 24 05:00:00 gw kernel: [UFW BLOCK] IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:{mac}:08:00"
        f" SRC={address} DST=192.0.2.{target} LEN=60 TOS=0x00 PREC=0x00 TTL={ttl} ID={number} DF PROTO=TCP"
        f" SPT={from_port} DPT={port} WINDOW=64240 RES=0x00 SYN URGP=0"
    )
    fields: dict[str, object] = {
        "source.ip": address,
        "source.port": from_port,
        "destination.port": port,
        "network.transport": "tcp",
        "event.action": "block",
        "event.dataset": "ufw",
        "log.file.path": "/var/log/kern.log",
    }
    return message, _rated(chance, "4101", 10 if port == 3389 else 5, fields)
