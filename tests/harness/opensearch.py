"""A real OpenSearch for tests: a node on loopback, shared by all who test at the same time.

`TOCSIN_TEST_OPENSEARCH` names a running server to use instead; `TOCSIN_TEST_OPENSEARCH_ZIP` a distribution to
start, by default the newest `opensearch-*.zip` in the user's cache, under `tocsin`.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.waiting import PATIENCE_S, until
from tocsin.store.opensearch.client import Access, Client
from tocsin.store.opensearch.mapping import Layout

_STARTS_WITHIN_S = 4 * PATIENCE_S
_HEAP = "512m"
_ROOM = 2 << 30
_OLDEST_JAVA, _NEWEST_JAVA = 11, 23  # 24 has no security manager, which OpenSearch 2 wants


@dataclass
class Node:
    """A node of its own: may be killed and started again with its data."""

    folder: Path
    java: str
    user: str | None
    port: int
    heap: str = _HEAP
    pid: int = 0

    @property
    def output(self) -> Path:
        """What it says."""
        return self.folder / "output"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        home = next(self.folder.glob("opensearch-*"))
        # By way of a shell that ends at once: the node may outlive the process that started it.
        shell = 'out=$1; shift; "$@" >>"$out" 2>&1 </dev/null & echo $!'
        started = subprocess.run(
            ["sh", "-c", shell, "sh", str(self.output), *self._command(home)],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
            user=self.user,
            group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
            extra_groups=None if self.user is None else [],
            cwd=self.folder,
            start_new_session=True,
            env={"HOME": str(self.folder), "PATH": os.environ.get("PATH", "")},
        )
        self.pid = int(started.stdout)
        until(self._answers, _STARTS_WITHIN_S)

    def kill(self) -> None:
        """End it at once, as a failing machine would."""
        os.kill(self.pid, signal.SIGKILL)
        until(lambda: not _is_alive(self.pid))

    def _answers(self) -> bool:
        assert _is_alive(self.pid), self.output.read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"{self.url}/_cluster/health", timeout=PATIENCE_S) as answer:
                return answer.status == 200 and json.load(answer)["status"] != "red"
        except (urllib.error.URLError, OSError, ValueError):
            return False

    def _command(self, home: Path) -> list[str]:
        options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.security.manager=allow"]
        paths = {"home": home, "conf": home / "config"}
        return [
            self.java,
            f"-Xms{self.heap}",
            f"-Xmx{self.heap}",
            *options,
            f"-Djava.io.tmpdir={self.folder}/tmp",
            *(f"-Dopensearch.path.{name}={path}" for name, path in paths.items()),
            "-Dopensearch.distribution.type=zip",
            "-Dopensearch.bundled_jdk=false",
            "-cp",
            f"{home}/lib/*",
            "org.opensearch.bootstrap.OpenSearch",
        ]


@contextmanager
def shared_opensearch(meeting_place: Path) -> Iterator[str]:
    """Yield the address of a node; whoever meets at the same folder shares it, the last one ends it."""
    given = os.environ.get("TOCSIN_TEST_OPENSEARCH")
    if given:
        yield given
        return
    state = meeting_place / "opensearch.json"
    with _locked(state):
        found = json.loads(state.read_text()) if state.exists() else None
        if found is None:
            node = new_node()
            node.start()
            found = {"folder": str(node.folder), "pid": node.pid, "url": node.url, "users": 0}
        found["users"] += 1
        state.write_text(json.dumps(found))
    try:
        yield found["url"]
    finally:
        with _locked(state):
            found = json.loads(state.read_text())
            found["users"] -= 1
            state.write_text(json.dumps(found))
            if not found["users"]:
                Node(Path(found["folder"]), "", None, 0, pid=found["pid"]).kill()
                shutil.rmtree(found["folder"])
                state.unlink()


@contextmanager
def own_opensearch() -> Iterator[Node]:
    """Yield a started node that nobody else uses."""
    node = new_node()
    try:
        node.start()
        yield node
        node.kill()
    finally:
        shutil.rmtree(node.folder, ignore_errors=True)


@contextmanager
def indices(url: str) -> Iterator[Layout]:
    """Names of indices nobody else uses; they are deleted in the end."""
    layout = Layout(prefix=f"t{secrets.token_hex(6)}")
    yield layout
    client = Client(Access((url,)))
    client.delete(f"{layout.prefix}-*")
    client.delete(f"_index_template/{layout.alias}")
    client.close()


def new_node(ground: str | None = None) -> Node:
    """Unpack a node into a folder of its own in `ground`; skips the test where there is none to be had."""
    archive, java = _archive(), _java()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-os-", dir=ground or _ground()))
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    node = Node(folder, java, None, free_port())
    home = next(folder.glob("opensearch-*"))
    settings = {
        "cluster.name": secrets.token_hex(4),
        "discovery.type": "single-node",
        "network.host": "127.0.0.1",
        "http.port": node.port,
        "transport.port": free_port(),
        "path.data": f"{folder}/data",
        "path.logs": f"{folder}/logs",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "action.auto_create_index": "true",
        "bootstrap.memory_lock": "false",
    }
    (home / "config" / "opensearch.yml").write_text(
        "".join(f"{name}: {value}\n" for name, value in settings.items())
    )
    for name in ("tmp", "data", "logs"):
        (folder / name).mkdir()
    node.user = _handed_over(folder)
    return node


def _ground() -> str:
    """Return a folder everyone can reach: in memory where there is room, as indices are made by the dozen."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else "/tmp"


def _archive() -> Path:
    given = os.environ.get("TOCSIN_TEST_OPENSEARCH_ZIP")
    if given:
        return Path(given)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tocsin"
    found = sorted(cache.glob("opensearch-*.zip"))
    if not found:
        pytest.skip(
            f"no OpenSearch: neither TOCSIN_TEST_OPENSEARCH(_ZIP) is set nor is there a zip in {cache}"
        )
    return found[-1]


def _java() -> str:
    homes = [os.environ.get("JAVA_HOME", ""), *map(str, sorted(Path("/usr/lib/jvm").glob("*")))]
    on_path = shutil.which("java")
    if on_path:
        homes.append(str(Path(on_path).resolve().parent.parent))
    for home in filter(None, homes):
        release, java = Path(home, "release"), Path(home, "bin", "java")
        if not (release.is_file() and java.is_file()):
            continue
        version = re.search(r'JAVA_VERSION="(\d+)', release.read_text())
        if version and _OLDEST_JAVA <= int(version[1]) <= _NEWEST_JAVA:
            return str(java)
    pytest.skip(f"no OpenSearch: there is no Java {_OLDEST_JAVA} to {_NEWEST_JAVA} here")


def _handed_over(folder: Path) -> str | None:
    """Give the folder to a user who is not root, as which OpenSearch does not run; returns its name."""
    if os.geteuid() != 0:
        return None
    try:
        account = pwd.getpwnam("nobody")
    except KeyError:
        pytest.skip("OpenSearch does not run as root, and there is no user `nobody` to run it as")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid)
    return "nobody"


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
