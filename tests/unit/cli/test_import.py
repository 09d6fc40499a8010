"""The import command on a platform of stand-ins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.unit.ingest.stages import MemoryStore, stages_on

from tocsin.cli.import_ import Opener, import_files
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError
from tocsin.ingest.importing import Importer
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.limits import Limits
from tocsin.ingest.pipeline import Pipeline


@dataclass
class Platform:
    pipeline: Pipeline
    ledger: Ledger
    clock: SystemClock

    def importer(self) -> Importer:
        return Importer(self.pipeline, self.ledger, self.clock)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def opener(tmp_path: Path, store: MemoryStore) -> Iterator[Opener]:
    db = Database(f"sqlite:///{tmp_path}/tocsin.db")
    db.create_all()

    @contextmanager
    def opened(_config: Path | None, _data: Path | None) -> Iterator[Platform]:
        clock = SystemClock()
        ledger = Ledger(db, clock)
        pipeline = Pipeline(stages_on(store), ledger, Limits(workers=0))
        pipeline.start()
        yield Platform(pipeline, ledger, clock)
        pipeline.stop()

    yield opened
    db.close()


def test_says_what_became_of_each_file(
    opener: Opener, store: MemoryStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counts on stdout, bad lines with file and line on stderr, status 0."""
    good, bad = tmp_path / "good.log", tmp_path / "bad.jsonl"
    good.write_bytes(b"one\ntwo\n")
    bad.write_bytes(b'{"a":1}\nnope\n')
    assert import_files([good, bad], "auto", opener=opener) == 0
    said = capsys.readouterr()
    assert f"{good}: 2 records, 2 stored, 0 there before, 0 refused" in said.out
    assert f"{bad}: 2 records, 1 stored, 0 there before, 1 refused" in said.out
    assert f"{bad}:2: not a JSON object" in said.err
    assert len(store.events) == 3


def test_a_second_import_says_that_nothing_changed(
    opener: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words."""
    path = tmp_path / "x.log"
    path.write_bytes(b"one\n")
    import_files([path], "syslog", opener=opener)
    assert import_files([path], "syslog", opener=opener) == 0
    assert "imported before: nothing changed" in capsys.readouterr().out


def test_json_is_for_programs(opener: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One document and nothing else; a file that cannot be read makes the status 1 and stops no other."""
    path = tmp_path / "x.log"
    path.write_bytes(b"one\n")
    assert import_files([tmp_path / "none", path], "auto", as_json=True, opener=opener) == 1
    missing, found = json.loads(capsys.readouterr().out)
    assert "is not a file" in missing["stopped"]
    assert (found["records"], found["stored"], found["stopped"]) == (1, 1, "")


def test_names_do_not_steer_the_terminal(
    opener: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file may be called anything."""
    path = tmp_path / "x\x1b[2J[bold].log"
    path.write_bytes(b"one\n")
    import_files([path], "auto", opener=opener)
    assert "\x1b" not in capsys.readouterr().out


def test_an_unknown_format_is_refused_before_anything_starts(opener: Opener) -> None:
    """With the known ones in the message."""
    with pytest.raises(InvalidError, match="auto, syslog, jsonl, csv, evtx"):
        import_files([], "xml", opener=opener)
