"""Log files followed through everything that rotation does to them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.waiting import PATIENCE_S, until
from tocsin.agent.errors import SpoolFullError
from tocsin.agent.logs import LogCollector
from tocsin.agent.settings import LogSettings

if TYPE_CHECKING:
    from tests.unit.agent.conftest import Bench


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.value = 0.0

    def __call__(self) -> float:
        return self.value


class Follower:
    """A collector whose turns the test takes."""

    def __init__(self, bench: Bench, *logs: LogSettings) -> None:
        self.bench = bench
        self.logs = logs
        self.seconds = Seconds()
        self.start()

    def start(self) -> None:
        self.collector = LogCollector(
            self.logs,
            spool=self.bench.spool,
            baseline=self.bench.baseline,
            clock=self.bench.clock,
            host="h1",
            monotonic=self.seconds,
        )
        self.collector.start()

    def look(self) -> list[bytes]:
        self.collector.discover()
        while self.collector.turn():
            pass
        return self.bench.lines()

    def restart(self) -> None:
        self.collector.close()
        self.bench.restart()
        self.start()


def write(path: Path, *lines: str, mode: str = "a") -> None:
    with path.open(mode) as file:
        file.writelines(f"{line}\n" for line in lines)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "log"
    made.mkdir()
    return made


@pytest.fixture
def follow(bench: Bench, folder: Path) -> Callable[..., Follower]:
    def make(pattern: str = "*.log", **options: bool) -> Follower:
        return Follower(bench, LogSettings(str(folder / pattern), **options))

    return make


def test_existing_lines_are_left_at_first_start(folder: Path, follow: Callable[..., Follower]) -> None:
    """A pattern seen for the first time begins at the end of what is there, new files at their start."""
    write(folder / "a.log", "old 1", "old 2")
    follower = follow()
    write(folder / "a.log", "new")
    write(folder / "b.log", "first of b")
    assert follower.look() == [b"new", b"first of b"]


def test_from_start_reads_what_is_there(folder: Path, follow: Callable[..., Follower]) -> None:
    """With `from_start` nothing is left out."""
    write(folder / "a.log", "old 1", "old 2")
    assert follow(from_start=True).look() == [b"old 1", b"old 2"]


def test_a_line_begun_before_the_first_start_is_whole(folder: Path, follow: Callable[..., Follower]) -> None:
    """The unfinished last line of an existing file is read from its beginning."""
    (folder / "a.log").write_bytes(b"old\nbeg")
    follower = follow()
    assert follower.look() == []
    write(folder / "a.log", "un")
    assert follower.look() == [b"begun"]


def test_a_partial_line_waits_and_survives_a_restart(folder: Path, follow: Callable[..., Follower]) -> None:
    """Half a line is not a record, whatever happens between its halves."""
    follower = follow(from_start=True)
    (folder / "a.log").write_bytes(b"one\nha")
    assert follower.look() == [b"one"]
    follower.restart()
    write(folder / "a.log", "lf")
    assert follower.look() == [b"one", b"half"]


def test_records_say_where_they_are_from(bench: Bench, folder: Path, follow: Callable[..., Follower]) -> None:
    """A record carries file, host, time and bytes as they were."""
    follower = follow(from_start=True)
    (folder / "a.log").write_bytes(b"caf\xe9 \x00\n")
    follower.look()
    (record,) = bench.records()
    assert record.raw == b"caf\xe9 \x00"
    assert (record.location, record.host) == (str(folder / "a.log"), "h1")
    assert record.collected_at == bench.clock.now()


def test_a_pattern_may_name_another_host(bench: Bench, folder: Path, follow: Callable[..., Follower]) -> None:
    """Logs kept here for another host carry that host's name."""
    follower = follow(from_start=True, host="web9")
    write(folder / "a.log", "hello")
    follower.look()
    assert [record.host for record in bench.records()] == ["web9"]


def test_rename_and_create(folder: Path, follow: Callable[..., Follower]) -> None:
    """Lines written to the old file after its rename, and to the new one, all arrive once."""
    follower = follow(from_start=True)
    path = folder / "a.log"
    write(path, "1")
    assert follower.look() == [b"1"]
    write(path, "2")
    old = path.open("a")
    path.rename(folder / "a.log.1")
    write(path, "3")
    old.write("late\n")
    old.flush()
    assert sorted(follower.look()) == [b"1", b"2", b"3", b"late"]
    old.write("later\n")
    old.close()
    follower.seconds.value += 4
    assert len(follower.look()) == 5
    follower.seconds.value += 10
    write(path, "4")
    assert sorted(follower.look()) == [b"1", b"2", b"3", b"4", b"late", b"later"]
    assert follower.collector.figures()["files"] == 1


def test_rename_to_a_name_the_pattern_finds(folder: Path, follow: Callable[..., Follower]) -> None:
    """A rotated file that still fits the pattern is not read a second time, however often it moves."""
    follower = follow("a.log*", from_start=True)
    path = folder / "a.log"
    for number in range(5):
        write(path, f"line {number}")
        follower.look()
        follower.seconds.value += 10
        for older in range(number, 0, -1):
            (folder / f"a.log.{older}").rename(folder / f"a.log.{older + 1}")
        path.rename(folder / "a.log.1")
        if number == 2:
            follower.restart()
        follower.look()
        follower.seconds.value += 10
    assert follower.look() == [b"line %d" % number for number in range(5)]


@pytest.mark.parametrize("pattern", ["*.log", "a.log*"])
def test_copytruncate(bench: Bench, folder: Path, follow: Callable[..., Follower], pattern: str) -> None:
    """The lines read too late are taken from the copy, the rest from the truncated file."""
    follower = follow(pattern, from_start=True)
    path = folder / "a.log"
    write(path, "1", "2")
    follower.look()
    write(path, "3")
    shutil.copy(path, folder / "a.log.1")
    os.truncate(path, 0)
    write(path, "4")
    follower.look()
    follower.seconds.value += 10
    write(path, "5")
    assert sorted(follower.look()) == [b"1", b"2", b"3", b"4", b"5"]
    follower.restart()
    write(path, "6")
    assert sorted(follower.look()) == [b"1", b"2", b"3", b"4", b"5", b"6"]
    assert bench.findings() == []


def test_copytruncate_while_the_copy_is_seen_first(folder: Path, follow: Callable[..., Follower]) -> None:
    """A copy that fits the pattern and appears before the truncation is not read again."""
    follower = follow("a.log*", from_start=True)
    path = folder / "a.log"
    write(path, "1", "2")
    follower.look()
    shutil.copy(path, folder / "a.log.1")
    assert follower.look() == [b"1", b"2"]
    write(path, "3")
    follower.look()
    os.truncate(path, 0)
    write(path, "4")
    assert follower.look() == [b"1", b"2", b"3", b"4"]


def test_truncated_and_filled_beyond_where_we_were(
    bench: Bench, folder: Path, follow: Callable[..., Follower]
) -> None:
    """A file emptied and refilled to a greater size is noticed by its content."""
    follower = follow(from_start=True)
    path = folder / "a.log"
    write(path, "first", "second")
    follower.look()
    write(path, *(f"fresh {number}" for number in range(10)), mode="w")
    assert follower.look()[2:] == [b"fresh %d" % number for number in range(10)]
    (finding,) = bench.findings()
    assert finding["action"] == "log_truncated"
    assert (finding["path"], finding["old_size"]) == (str(path), 13)


def test_truncation_without_a_copy_is_a_finding(
    bench: Bench, folder: Path, follow: Callable[..., Follower]
) -> None:
    """Someone emptying a log is told, and what is written afterwards is read."""
    follower = follow(from_start=True)
    path = folder / "a.log"
    write(path, "secret", "traces")
    follower.look()
    write(path, "x", mode="w")
    assert follower.look() == [b"secret", b"traces", b"x"]
    assert [finding["action"] for finding in bench.findings()] == ["log_truncated"]


def test_a_same_looking_new_file_is_not_taken_for_the_old(
    folder: Path, follow: Callable[..., Follower]
) -> None:
    """A new file with the very content of the rotated one is read in full."""
    follower = follow(from_start=True)
    path = folder / "a.log"
    write(path, "same")
    follower.look()
    path.rename(folder / "a.log.1")
    write(path, "same")
    assert follower.look() == [b"same", b"same"]


def test_rotation_while_the_agent_was_down(
    bench: Bench, folder: Path, follow: Callable[..., Follower]
) -> None:
    """After a restart the renamed file is found by its inode and read to its end, then the new one."""
    follower = follow(from_start=True)
    path = folder / "a.log"
    write(path, "1")
    follower.look()
    follower.collector.close()
    write(path, "2")
    (folder / "a.log.1").touch()
    path.rename(folder / "a.log.2")
    write(path, "3")
    follower.restart()
    assert sorted(follower.look()) == [b"1", b"2", b"3"]
    assert bench.findings() == []
    follower.seconds.value += 20
    follower.look()
    follower.restart()
    assert sorted(follower.look()) == [b"1", b"2", b"3"]


def test_copytruncate_while_the_agent_was_down(folder: Path, follow: Callable[..., Follower]) -> None:
    """After a restart the copy is found by its content."""
    follower = follow(from_start=True)
    path = folder / "a.log"
    write(path, "1")
    follower.look()
    follower.collector.close()
    write(path, "2")
    shutil.copy(path, folder / "a.log-20261124")
    write(path, "3", mode="w")
    follower.restart()
    assert sorted(follower.look()) == [b"1", b"2", b"3"]


def test_a_file_lost_while_the_agent_was_down_is_told(
    bench: Bench, folder: Path, follow: Callable[..., Follower]
) -> None:
    """A log that was replaced with no trace of the former is a finding, once."""
    follower = follow(from_start=True)
    path = folder / "a.log"
    write(path, "1", "2")
    follower.look()
    follower.collector.close()
    path.unlink()
    write(folder / "other", "keeps the inode from being used again")
    follower.restart()
    follower.restart()
    (finding,) = bench.findings()
    assert (finding["action"], finding["old_size"]) == ("log_missed", 4)


def test_a_deleted_file_is_read_to_its_end(folder: Path, follow: Callable[..., Follower]) -> None:
    """Even an unfinished last line of a deleted file becomes a record."""
    follower = follow(from_start=True)
    path = folder / "a.log"
    path.write_bytes(b"1\n2\nunfin")
    follower.collector.discover()
    path.unlink()
    assert follower.look() == [b"1", b"2"]
    follower.seconds.value += 10
    assert follower.look() == [b"1", b"2", b"unfin"]
    assert follower.collector.figures()["files"] == 0


def test_a_restart_anywhere_repeats_and_misses_nothing(folder: Path, follow: Callable[..., Follower]) -> None:
    """Position and lines are written together: cutting the run after any turn gives the same lines."""
    path = folder / "a.log"
    expected = [b"%05d %s" % (number, b"x" * (number * 7 % 300)) for number in range(6000)]
    path.write_bytes(b"".join(line + b"\n" for line in expected))
    follower = follow(from_start=True)
    for _ in range(10):
        follower.collector.turn()
        follower.restart()
    assert follower.look() == expected


def test_a_full_spool_costs_no_line(
    bench: Bench, folder: Path, follow: Callable[..., Follower], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the spool takes nothing the collector fails, and goes on from where the spool is."""
    follower = follow(from_start=True)
    write(folder / "a.log", "1", "2")

    def refuse(*_: object) -> int:
        raise SpoolFullError("full")

    with monkeypatch.context() as patch:
        patch.setattr(bench.spool, "append", refuse)
        with pytest.raises(SpoolFullError):
            follower.collector.turn()
            follower.collector.discover()
    follower.collector.close()
    follower.start()
    assert follower.look() == [b"1", b"2"]


def test_what_is_no_file_is_left_alone(folder: Path, follow: Callable[..., Follower]) -> None:
    """Folders, FIFOs and dangling links that fit the pattern neither stop nor fail the collector."""
    (folder / "dir.log").mkdir()
    os.mkfifo(folder / "fifo.log")
    (folder / "dangling.log").symlink_to(folder / "nowhere")
    write(folder / "a.log", "1")
    assert follow(from_start=True).look() == [b"1"]


def test_a_link_to_a_followed_file_is_followed_once(folder: Path, follow: Callable[..., Follower]) -> None:
    """Two names of one file give each line once."""
    write(folder / "a.log", "1")
    (folder / "b.log").symlink_to(folder / "a.log")
    os.link(folder / "a.log", folder / "c.log")
    assert follow(from_start=True).look() == [b"1"]


def test_json_files_give_json_records(bench: Bench, folder: Path) -> None:
    """The format of the pattern decides how the records will be read."""
    write(folder / "a.json", '{"a":1}')
    Follower(bench, LogSettings(str(folder / "*.json"), from_start=True, format="json")).look()
    assert [record.kind for record in bench.records()] == ["json"]


def test_the_running_collector_reads_until_told_to_stop(bench: Bench, folder: Path) -> None:
    """A line is in the spool soon after it was written, and the last ones at the stop too."""
    collector = LogCollector(
        [LogSettings(str(folder / "*.log"))],
        spool=bench.spool,
        baseline=bench.baseline,
        clock=bench.clock,
        host="h1",
        poll_s=0.02,
    )
    path = folder / "a.log"
    write(path, "old")
    stop = threading.Event()
    thread = threading.Thread(target=collector.run, args=(stop,))
    thread.start()
    until(lambda: bench.spool.checkpoints("log:"))
    write(path, "new")
    assert bench.spool.wait(PATIENCE_S)
    write(path, "last")
    stop.set()
    thread.join(PATIENCE_S)
    assert bench.lines() == [b"new", b"last"]


def test_files_wait_while_the_spool_is_nearly_full(
    bench: Bench, folder: Path, follow: Callable[..., Follower]
) -> None:
    """A backlog larger than the spool costs no line: it stays in its file until there is room."""
    bench.spool._limit = 256 * 1024
    bench.spool._segment_bytes = 16 * 1024
    path = folder / "a.log"
    expected = [b"%05d %s" % (number, os.urandom(100).hex().encode()) for number in range(5000)]
    path.write_bytes(b"".join(line + b"\n" for line in expected))
    follower = follow(from_start=True)
    found: list[bytes] = []
    waited = 0
    while len(found) < len(expected):
        if not follower.collector.turn() and "waiting" in follower.collector.figures()["detail"]:
            waited += 1
        if (pending := bench.spool.batch(200, 1 << 30)) is not None and waited:
            found += [record.raw for record in pending.records]
            bench.spool.acknowledge(pending.last)
    assert found == expected
    assert bench.spool.stats().refused == 0


def test_a_rotated_file_does_not_wait(bench: Bench, folder: Path, follow: Callable[..., Follower]) -> None:
    """What may be deleted soon is read even when older records must make room for it."""
    follower = follow(from_start=True)
    path = folder / "a.log"
    write(path, "first")
    follower.look()
    write(path, "second")
    path.rename(folder / "a.log.1")
    bench.spool._limit = 1
    follower.look()
    assert bench.lines() == [b"first", b"second"]
