"""`tocsin intel`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tocsin.cli.intel import intel_commands
from tocsin.core.actor import Actor
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.intel import Intel, IntelSettings


class NoTrail:
    """An audit trail that keeps nothing."""

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


@contextmanager
def opened(data: Path | None, config: Path | None) -> Iterator[tuple[Database, Intel]]:
    assert data is not None
    db = Database(f"sqlite:///{data / 'x.db'}")
    db.create_all()
    intel = Intel(db, SystemClock(), NoTrail(), IntelSettings(folder=data / "intel"))
    intel.open()
    yield db, intel
    db.close()


@pytest.fixture
def run(tmp_path: Path) -> Any:
    app = intel_commands(opened)
    return lambda *words: CliRunner().invoke(app, [*words, "--data", str(tmp_path)])


def test_import_and_lookup(run: Any, tmp_path: Path) -> None:
    """An imported value is found, another is not; refusals are shown with their line."""
    (tmp_path / "feed.txt").write_text("8.8.1.1\nnoise\n")
    done = run("import", str(tmp_path / "feed.txt"))
    assert done.exit_code == 0
    assert "1 added" in done.output
    assert "2: no indicator was recognised [noise]" in done.output
    found = run("lookup", "8.8.1[.]1")
    assert (found.exit_code, "feed: ip 8.8.1.1, confidence 60" in found.output) == (0, True)
    assert run("lookup", "8.8.1.2").exit_code == 1


def test_json(run: Any, tmp_path: Path) -> None:
    """Both commands print JSON when asked."""
    (tmp_path / "feed.txt").write_text("evil.com")
    assert json.loads(run("import", str(tmp_path / "feed.txt"), "--json", "--feed", "F").output)["added"] == 1
    assert json.loads(run("lookup", "a.evil.com", "--json").output)["indicators"][0]["feed"] == "F"


def test_unknown_format_is_refused(run: Any, tmp_path: Path) -> None:
    """A format that is none raises before anything is read."""
    assert run("import", str(tmp_path), "--format", "nonsense").exit_code != 0
