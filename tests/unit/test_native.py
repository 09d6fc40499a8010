"""Compiled modules: used while they are what their sources say, and never else."""

from __future__ import annotations

import hashlib
import importlib.machinery
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin import native
from tocsin.native import NativeFinder, usable

SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with one compiled module."""
    monkeypatch.delenv("TOCSIN_NATIVE", raising=False)
    (tmp_path / "area").mkdir()
    (tmp_path / "area" / "hot.py").write_text("x = 1\n")
    (tmp_path / "_native").mkdir()
    _note(tmp_path, SUFFIX)
    return tmp_path


def _note(package: Path, suffix: str) -> None:
    digest = hashlib.sha256((package / "area" / "hot.py").read_bytes()).hexdigest()
    note = {"suffix": suffix, "sources": {"tocsin.area.hot": digest}, "files": {"tocsin.area.hot": "hot.so"}}
    (package / "_native" / "built.json").write_text(json.dumps(note))


def test_compiled_modules_of_unchanged_sources_are_used(package: Path) -> None:
    """They are found by their full names, ahead of the sources."""
    modules = usable(package)
    assert {"tocsin.area.hot": str(package / "_native" / "hot.so")} == modules
    finder = NativeFinder(modules)
    spec = finder.find_spec("tocsin.area.hot", None)
    assert spec is not None
    assert spec.origin == modules["tocsin.area.hot"]
    assert finder.find_spec("tocsin.area.cold", None) is None


def test_one_edited_source_puts_all_out_of_use(package: Path) -> None:
    """An edited file is never shadowed by what was compiled before."""
    (package / "area" / "hot.py").write_text("x = 2\n")
    assert {} == usable(package)


def test_another_python_does_not_use_them(package: Path) -> None:
    """Nor does a missing source, or one who asks not to."""
    _note(package, ".cpython-00-other.so")
    assert {} == usable(package)
    _note(package, SUFFIX)
    (package / "area" / "hot.py").unlink()
    assert {} == usable(package)


def test_they_can_be_switched_off(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`TOCSIN_NATIVE=0` is enough."""
    monkeypatch.setenv("TOCSIN_NATIVE", "0")
    assert {} == usable(package)


@pytest.mark.skipif(
    not os.environ.get("CI") or not shutil.which("cc") or os.environ.get("TOCSIN_NATIVE") == "0",
    reason="only CI insists, where there is a C compiler",
)
def test_ci_runs_what_it_compiled() -> None:
    """Where there is a compiler, `make test` compiles first: that failing, or going stale, is seen."""
    assert native.status() == "native", "interpreted: `python hatch_build.py` says why"


def test_both_forms_classify_alike() -> None:
    """The same lines get the same rules and fields, compiled (where that is built) and interpreted."""
    code = (
        "from pathlib import Path; from tocsin import native; from tocsin.core.record import Record; "
        "from tocsin.rules import Correlation, load; r = load([Path('content')]); "
        "lines = [b'Nov 24 10:00:01 h sshd[1]: Failed password for bob from 192.0.2.1 port 22 ssh2'] * 9; "
        "made = [Record('s', n, line, 10**15) for n, line in enumerate(lines, 1)]; "
        "print([sorted(e.fields.items()) for e in Correlation(r).settle(r.classify(made))])"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"TOCSIN_NATIVE": form, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for form in ("0", "1")
    ]
    assert "rule.id" in found[0]
    assert found[0] == found[1]
