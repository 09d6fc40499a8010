"""Promise 4: nothing is fetched from the network unless the operator configured it.

A hook in every process of the platform notes each address it connects to, sends to or asks a name for. What
libraries do below Python is seen by the kernel: on a host whose only network is loopback, it counts every
packet that has nowhere to go.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.processes import Server
from harness.sending import Sender
from harness.waiting import PROCESS_S, until

pytestmark = [pytest.mark.slow]

HOOK = """
import os, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        target = arguments[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        target = arguments[0]
    else:
        return
    with open(os.environ["NETWORK_NOTES"], "a") as notes:
        print(os.getpid(), event, repr(target), file=notes)

sys.addaudithook(note)
"""

LOOPBACK = ("'127.0.0.1'", "'localhost'", "None", "('127.0.0.1',", "('::1',")


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which every Python process started from now on notes its connections."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}/hook{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("NETWORK_NOTES", str(tmp_path / "notes"))
    return tmp_path / "notes"


@pytest.fixture
def watched(notes: Path, tmp_path: Path) -> Iterator[Server]:
    """A server on default settings, so that all of our own content is in force."""
    server = Server(tmp_path)
    server.start()
    yield server
    server.close()


def test_the_platform_connects_to_nothing_but_loopback(watched: Server, notes: Path) -> None:
    """Not at start, and not while it triages an alert whose observables could be looked up somewhere."""
    attack = b"Nov 24 10:00:%02d web1 sshd[7]: Failed password for root from 203.0.113.9 port 4000 ssh2"
    Sender(watched, "web1").batch([attack % second for second in range(20)])
    client = watched.client()
    until(lambda: [one for one in client.get("/alerts").json()["items"] if one["status"] == "closed"])
    assert client.post("/analyzers/run", json={"kind": "domain", "value": "example.org"}).is_success
    assert 0 == watched.terminate()

    lines = notes.read_text().splitlines() if notes.exists() else []
    strangers = [line for line in lines if not line.split(" ", 2)[2].startswith(LOOPBACK)]
    assert [] == strangers


def test_the_hook_sees_connections(notes: Path) -> None:
    """The test above can fail: a name asked for by a child process is in the notes."""
    ask = "import socket\ntry: socket.getaddrinfo('elsewhere.invalid', 80)\nexcept OSError: pass"
    subprocess.run([sys.executable, "-c", ask], check=True, timeout=PROCESS_S)
    assert "socket.getaddrinfo 'elsewhere.invalid'" in notes.read_text()


def without_route(command: list[str], folder: Path) -> int:
    """Run a command on a network of its own with only loopback; return how many packets found no route."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = 'ip link set lo up || exit 99; "$@" >&2 || exit 98; grep ^Ip: /proc/self/net/snmp'
    try:
        ended = subprocess.run(
            ["unshare", *user, "--net", "sh", "-c", script, "sh", *command],
            check=False,
            capture_output=True,
            text=True,
            timeout=PROCESS_S,
            cwd=folder,
        )
    except FileNotFoundError:
        pytest.skip("needs `unshare`")
    if ended.returncode not in {0, 98}:
        pytest.skip(f"no network of its own to be had: {ended.stderr[-200:]}")
    assert 0 == ended.returncode, ended.stderr[-2000:]
    names, values = (line.split() for line in ended.stdout.splitlines())
    return int(dict(zip(names, values, strict=True))["OutNoRoutes"])


def test_no_library_sends_a_packet_anywhere(tmp_path: Path) -> None:
    """A platform that starts, takes a log and raises an alert, on a host that cannot reach anything."""
    log = tmp_path / "auth.log"
    lines = [
        f"Nov 24 10:00:{second:02d} web1 sshd[7]: Failed password for root from 203.0.113.9 port 4000 ssh2\n"
        for second in range(20)
    ]
    log.write_text("".join(lines))
    tocsin = [sys.executable, "-m", "tocsin", "import", str(log), "--data", str(tmp_path / "data")]
    assert 0 == without_route(tocsin, tmp_path)


def test_the_kernel_counts_packets_without_a_route(tmp_path: Path) -> None:
    """The test above can fail: one connection to elsewhere is counted."""
    connect = "import socket\ntry: socket.create_connection(('192.0.2.1', 80))\nexcept OSError: pass"
    assert 0 < without_route([sys.executable, "-c", connect], tmp_path)
