"""A PostgreSQL of its own for a test, on a socket in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.waiting import PATIENCE_S, until


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the SQLAlchemy address of an empty database; skips where there is none to be had.

    `TOCSIN_TEST_POSTGRES` names an empty database to use instead.
    """
    given = os.environ.get("TOCSIN_TEST_POSTGRES")
    if given:
        yield given
        return
    initdb, server = _programs()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-", dir="/tmp"))  # sockets need a short path
    user = _prepare(folder)
    try:
        _run([initdb, "-D", f"{folder}/data", "-A", "trust", "-U", "tocsin", "--no-sync", "-E", "UTF8"], user)
        yield from _served(server, folder, user)
    finally:
        shutil.rmtree(folder)


def _programs() -> tuple[str, str]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])
    found = [shutil.which(name, path=path) for name in ("initdb", "postgres")]
    if not all(found):
        pytest.skip("no PostgreSQL: neither TOCSIN_TEST_POSTGRES is set nor is `initdb` installed")
    return str(found[0]), str(found[1])


def _prepare(folder: Path) -> str | None:
    """Return the user to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, account.pw_uid, account.pw_gid)
        return name
    pytest.skip("PostgreSQL does not run as root, and there is no other user to run it as")


def _served(server: str, folder: Path, user: str | None) -> Iterator[str]:
    command = [
        server,
        "-D",
        f"{folder}/data",
        "-k",
        str(folder),
        "-c",
        "listen_addresses=",
        "-c",
        "fsync=off",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, user=user, cwd=folder)
    try:
        until(lambda: (folder / ".s.PGSQL.5432").exists() or process.poll() is not None)
        until(lambda: "ready to accept connections" in (folder / "log").read_text())
        yield f"postgresql+psycopg://tocsin@/postgres?host={folder}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _run(command: list[str], user: str | None) -> None:
    ended = subprocess.run(command, check=False, capture_output=True, text=True, user=user, cwd="/tmp")
    assert 0 == ended.returncode, ended.stderr
