"""The command line's frame: errors are one line and status 2, never a traceback."""

from __future__ import annotations

import sys

import pytest

from tocsin.cli import main
from tocsin.core.errors import ContentError, Location


def _run(monkeypatch: pytest.MonkeyPatch, error: Exception) -> int:
    def fail() -> None:
        raise error

    monkeypatch.setattr(main, "app", fail)
    monkeypatch.setattr(sys, "argv", ["tocsin", "up"])
    with pytest.raises(SystemExit) as ended:
        main.run()
    return int(ended.value.code or 0)


def test_an_expected_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Place and reason, on standard error."""
    error = ContentError("no such thing", location=Location("tocsin.toml", 3))

    assert 2 == _run(monkeypatch, error)
    assert "tocsin: tocsin.toml:3: no such thing\n" == capsys.readouterr().err


def test_a_missing_part_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where only the agent is installed, the platform's commands say what to install."""
    assert 2 == _run(monkeypatch, ModuleNotFoundError("No module named 'duckdb'", name="duckdb"))
    assert "tocsin[server]" in capsys.readouterr().err


def test_a_defect_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of our own that is missing is a bug, shown as one."""
    with pytest.raises(ModuleNotFoundError):
        _run(monkeypatch, ModuleNotFoundError("No module named 'tocsin.x'", name="tocsin.x"))
