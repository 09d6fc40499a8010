"""Importing files of every format, again and in part."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
from tests.unit.ingest.stages import BrokenError, MemoryStore

from tocsin.core.clock import SystemClock
from tocsin.core.errors import InvalidError
from tocsin.ingest.errors import ImportRefusedError, NotStoredError
from tocsin.ingest.formats import format_named
from tocsin.ingest.importing import Importer, Progress
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline


@pytest.fixture
def importer(pipeline: Pipeline, ledger: Ledger) -> Importer:
    return Importer(pipeline, ledger, SystemClock())


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_imports_lines_once(importer: Importer, store: MemoryStore, ledger: Ledger, tmp_path: Path) -> None:
    """The numbers are those of the lines; a second time everything is a duplicate."""
    path = write(tmp_path, "auth.log", b"".join(b"line %d\n" % n for n in range(1, 5001)) + b"\n\nlast")
    summary = importer.run(path)
    assert (summary.records, summary.stored, summary.duplicates) == (5001, 5001, 0)
    assert store.seqs(summary.source) == [*range(1, 5001), 5003]
    again = importer.run(path)
    assert (again.records, again.stored, again.duplicates) == (5001, 0, 5001)
    assert len(store.events) == 5001
    account = ledger.account(summary.source)
    assert (account.received, account.stored, account.duplicates) == (10_002, 5001, 5001)


def test_the_same_content_under_another_name_is_the_same(
    importer: Importer, store: MemoryStore, tmp_path: Path
) -> None:
    """What counts is the content."""
    importer.run(write(tmp_path, "a.log", b"x\ny\n"))
    assert importer.run(write(tmp_path, "b.log", b"x\ny\n")).duplicates == 2
    assert importer.run(write(tmp_path, "c.log", b"x\nz\n")).stored == 2


def test_refuses_bad_json_lines_with_their_place(
    importer: Importer, store: MemoryStore, ledger: Ledger, tmp_path: Path
) -> None:
    """The good lines are stored; records = stored + refused, the second time too."""
    path = write(tmp_path, "x.jsonl", b'{"a":1}\nnot json\n[1]\n{"b":2}\n' + b'{"c":' + b"[" * 50_000 + b"\n")
    summary = importer.run(path)
    assert store.messages(summary.source) == ['{"a":1}', '{"b":2}']
    assert (summary.records, summary.stored, summary.refused.total()) == (5, 2, 3)
    assert [str(problem.location) for problem in summary.problems] == [f"{path}:{n}" for n in (2, 3, 5)]
    again = importer.run(path)
    assert (again.records, again.duplicates, again.refused.total()) == (5, 2, 3)
    account = ledger.account(summary.source)
    assert (account.received, account.stored, account.duplicates, account.refused) == (7, 2, 2, 3)


def test_imports_csv(importer: Importer, store: MemoryStore, tmp_path: Path) -> None:
    """Each row is an object of its header's names; empty fields are left out; bad rows are refused."""
    content = b'\xef\xbb\xbftime;user;note\n1;ada;"a;b\nc"\n2;;x\n3;bob\n4;eve;"bad" x\n5;joe;end\n'
    path = write(tmp_path, "x.csv", content)
    summary = importer.run(path)
    documents = [json.loads(message) for message in store.messages(summary.source)]
    assert documents == [
        {"time": "1", "user": "ada", "note": "a;b\nc"},
        {"time": "2", "note": "x"},
        {"time": "5", "user": "joe", "note": "end"},
    ]
    assert [problem.location.line for problem in summary.problems] == [5, 6]


@pytest.mark.parametrize("header", [b"a,a\n1,2\n", b'"a\n', b"a," * 2000 + b"\n"])
def test_refuses_csv_without_a_header(importer: Importer, tmp_path: Path, header: bytes) -> None:
    """The file as a whole, with its place."""
    summary = importer.run(write(tmp_path, "x.csv", header))
    assert "x.csv:1" in summary.stopped
    assert summary.stored == 0


def test_imports_gzip(importer: Importer, store: MemoryStore, tmp_path: Path) -> None:
    """Every format may be packed."""
    summary = importer.run(write(tmp_path, "x.log.gz", gzip.compress(b"one\ntwo\n")))
    assert store.messages(summary.source) == ["one", "two"]
    summary = importer.run(write(tmp_path, "y.csv.gz", gzip.compress(b"a,b\n1,2\n")))
    assert store.messages(summary.source) == ['{"a":"1","b":"2"}']


def test_keeps_what_came_before_the_damage(importer: Importer, store: MemoryStore, tmp_path: Path) -> None:
    """A cut archive is imported as far as it goes, and the summary says so."""
    packed = gzip.compress(
        b"".join(b"%d %s\n" % (n, bytes([65 + n % 26]) * (n % 90)) for n in range(100_000))
    )
    summary = importer.run(write(tmp_path, "x.gz", packed[: len(packed) // 2]))
    assert "damaged gzip" in summary.stopped
    assert 1000 < summary.stored < 100_000


def test_binary_junk_is_kept_as_lines(importer: Importer, store: MemoryStore, tmp_path: Path) -> None:
    """Nothing in a file is too strange to be kept."""
    junk = bytes(range(256)) * 50
    summary = importer.run(write(tmp_path, "junk", junk))
    assert summary.stored == len(store.events) == 51
    assert all(event.raw for event in store.events[1:50])


def test_goes_on_where_a_failed_import_stood(importer: Importer, store: MemoryStore, tmp_path: Path) -> None:
    """Nothing twice, nothing missing."""
    path = write(tmp_path, "x.log", b"".join(b"line %d\n" % n for n in range(1, 10_001)))
    store.gate.clear()
    store.failures.extend([BrokenError("io")] * 3)
    store.gate.set()
    with pytest.raises(NotStoredError):
        importer.run(path)
    summary = importer.run(path)
    assert summary.stored + summary.duplicates == 10_000
    assert store.seqs(summary.source) == list(range(1, 10_001))


def test_tells_its_progress(importer: Importer, tmp_path: Path) -> None:
    """Bytes on disk, up to all of them."""
    path = write(tmp_path, "x.log", b"some line\n" * 100_000)
    told: list[Progress] = []
    importer.run(path, on_progress=told.append)
    assert len(told) > 2
    assert told[-1].done_bytes == told[-1].total_bytes == 1_000_000


def test_an_unknown_format_is_refused() -> None:
    """By name."""
    with pytest.raises(InvalidError, match="'xml' is no format"):
        format_named("xml")


def test_junk_is_no_event_log(importer: Importer, tmp_path: Path) -> None:
    """Refused in words."""
    assert "no Windows event log" in importer.run(write(tmp_path, "x.evtx", b"junk" * 99), "evtx").stopped
    with pytest.raises(ImportRefusedError):
        importer.run(tmp_path / "none.log")


def test_imports_event_logs(importer: Importer, store: MemoryStore, real_data: Path, tmp_path: Path) -> None:
    """Each event's XML is a record; packed event logs are read too."""
    path = min((real_data / "evtx").rglob("*.evtx"), key=lambda found: found.stat().st_size)
    summary = importer.run(path)
    assert summary.stored == summary.records > 0
    assert all("<Event " in message for message in store.messages(summary.source))
    packed = tmp_path / "x.gz"
    with path.open("rb") as plain, gzip.open(packed, "wb") as file:
        shutil.copyfileobj(plain, file)
    assert importer.run(packed).stored == summary.stored


def test_imports_a_real_log(importer: Importer, store: MemoryStore, real_data: Path) -> None:
    """Two thousand lines of sshd."""
    summary = importer.run(real_data / "logs" / "OpenSSH_2k.log")
    assert summary.stored == 2000
    assert "Failed password for invalid user" in "".join(store.messages(summary.source))
