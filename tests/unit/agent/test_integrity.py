"""File integrity: what is reported of a changed file, and that nothing changes unseen."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.waiting import PATIENCE_S, until
from tocsin.agent import integrity_watch
from tocsin.agent.inotify import IN_Q_OVERFLOW, Notice
from tocsin.agent.integrity import Integrity, Watch
from tocsin.agent.integrity_watch import IntegrityCollector
from tocsin.agent.settings import WatchSettings

if TYPE_CHECKING:
    from tests.unit.agent.conftest import Bench

MB = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "etc"
    made.mkdir()
    return made


def scanner(bench: Bench, folder: Path, **options: Any) -> Integrity:
    watch = Watch.of(WatchSettings(str(folder), **options))
    return Integrity([watch], bench.baseline, max_hash_bytes=MB)


def scan(integrity: Integrity) -> None:
    for watch in integrity.watches:
        integrity.scan(watch)


def changes(bench: Bench) -> list[dict[str, Any]]:
    return [finding for finding in bench.findings() if finding["type"] == "fim"]


def test_the_first_scan_is_the_baseline(bench: Bench, folder: Path) -> None:
    """What is there at first is counted, not reported; a second look finds nothing new."""
    (folder / "a").write_text("1")
    (folder / "sub").mkdir()
    (folder / "sub" / "b").write_text("2")
    integrity = scanner(bench, folder)
    scan(integrity)
    scan(integrity)
    assert bench.findings() == [{"type": "inventory", "action": "files", "path": str(folder), "files": 2}]


def test_an_added_file_is_described(bench: Bench, folder: Path) -> None:
    """A new file comes with all its attributes."""
    integrity = scanner(bench, folder)
    scan(integrity)
    path = folder / "new"
    path.write_text("hello")
    path.chmod(0o640)
    scan(integrity)
    (finding,) = changes(bench)
    assert finding["action"] == "added"
    assert finding["path"] == str(path)
    assert (finding["size"], finding["mode"]) == (5, "0640")
    assert finding["sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert finding["mtime"] == path.stat().st_mtime_ns // 1000
    assert finding["owner"] == path.owner()
    assert finding["group"] == path.group()


def test_a_modified_file_says_what_changed(bench: Bench, folder: Path) -> None:
    """Changed attributes are named with the values before; the rest is as it is now."""
    path = folder / "a"
    path.write_text("before")
    os.utime(path, (1000, 1000))
    integrity = scanner(bench, folder)
    scan(integrity)
    path.write_text("after!")
    scan(integrity)
    path.chmod(0o600)
    scan(integrity)
    content, mode = changes(bench)
    assert content["action"] == "modified"
    assert content["changed_attributes"] == ["mtime", "sha256"]
    assert content["old"] == {"mtime": 1_000_000_000, "sha256": hashlib.sha256(b"before").hexdigest()}
    assert content["sha256"] == hashlib.sha256(b"after!").hexdigest()
    assert mode["changed_attributes"] == ["mode"]
    assert mode["old"] == {"mode": "0644"}
    assert mode["mode"] == "0600"


def test_a_change_with_its_time_put_back_is_seen(bench: Bench, folder: Path) -> None:
    """Same size and a restored modification time do not hide a change: the change time tells."""
    path = folder / "a"
    path.write_text("before")
    integrity = scanner(bench, folder)
    scan(integrity)
    status = path.stat()
    path.write_text("after!")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    scan(integrity)
    (finding,) = changes(bench)
    assert finding["changed_attributes"] == ["sha256"]


def test_a_deleted_file_says_what_it_was(bench: Bench, folder: Path) -> None:
    """Deletion carries the last known attributes, and is reported once."""
    path = folder / "a"
    path.write_text("x")
    integrity = scanner(bench, folder)
    scan(integrity)
    path.unlink()
    scan(integrity)
    scan(integrity)
    (finding,) = changes(bench)
    assert finding["action"] == "deleted"
    assert finding["old"]["sha256"] == hashlib.sha256(b"x").hexdigest()
    assert "sha256" not in finding


def test_the_baseline_survives_a_restart(bench: Bench, folder: Path) -> None:
    """What changed while the agent was down is found at the next start."""
    (folder / "a").write_text("1")
    scan(scanner(bench, folder))
    bench.restart()
    (folder / "a").write_text("22")
    (folder / "b").write_text("3")
    scan(scanner(bench, folder))
    assert sorted(finding["action"] for finding in changes(bench)) == ["added", "modified"]


def test_text_differences_are_shown_where_asked_for(bench: Bench, folder: Path) -> None:
    """With `diff` the changed lines are in the finding; never for files that hold secrets."""
    names = ("passwd", "shadow", "server.key")
    for name in names:
        (folder / name).write_text("root:x:0\nbin:x:1\n")
    integrity = scanner(bench, folder, diff=True)
    scan(integrity)
    for name in names:
        (folder / name).write_text("root:x:0\nbin:x:1\nevil:x:0\n")
    scan(integrity)
    found = {Path(finding["path"]).name: finding.get("diff") for finding in changes(bench)}
    assert found["passwd"].splitlines()[-1] == "+evil:x:0"
    assert found["shadow"] is None
    assert found["server.key"] is None


def test_binary_and_large_files_have_no_difference(bench: Bench, folder: Path) -> None:
    """What is no text, or more than 64 KiB, is reported without a diff; beyond the limit without a hash."""
    for name, content in (("bin", b"\xff\x00"), ("big", b"a" * 70_000), ("huge", b"a" * (MB + 1))):
        (folder / name).write_bytes(content)
    integrity = scanner(bench, folder, diff=True)
    scan(integrity)
    for name in ("bin", "big", "huge"):
        with (folder / name).open("ab") as file:
            file.write(b"more")
    scan(integrity)
    found = {Path(finding["path"]).name: finding for finding in changes(bench)}
    assert not any("diff" in finding for finding in found.values())
    assert "sha256" in found["big"]
    assert "sha256" not in found["huge"]
    assert "size" in found["huge"]["changed_attributes"]


def test_patterns_exclude(bench: Bench, folder: Path) -> None:
    """Ignored names, and folders below when not recursive, are left alone."""
    integrity = scanner(bench, folder, ignore=("*.swp",), recursive=False)
    scan(integrity)
    (folder / "a.swp").write_text("1")
    (folder / "sub").mkdir()
    (folder / "sub" / "b").write_text("1")
    (folder / "c").write_text("1")
    scan(integrity)
    assert [finding["path"] for finding in changes(bench)] == [str(folder / "c")]


def test_odd_things_in_a_folder_do_no_harm(bench: Bench, folder: Path) -> None:
    """FIFOs are passed over, links are not followed but watched, odd names are spelled out."""
    secret = folder.parent / "target"
    secret.write_text("x")
    integrity = scanner(bench, folder)
    scan(integrity)
    os.mkfifo(folder / "fifo")
    (folder / "link").symlink_to(secret)
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9")).write_text("1")
    scan(integrity)
    (folder / "link").unlink()
    (folder / "link").symlink_to("/etc/passwd")
    scan(integrity)
    found = [(finding["action"], Path(finding["path"]).name) for finding in changes(bench)]
    assert sorted(found) == [("added", "caf\\xe9"), ("added", "link"), ("modified", "link")]


def test_a_single_file_can_be_watched(bench: Bench, folder: Path) -> None:
    """A watch on a file sees it change, vanish and come back."""
    path = folder / "a"
    path.write_text("1")
    integrity = scanner(bench, path)
    scan(integrity)
    path.write_text("22")
    scan(integrity)
    path.unlink()
    scan(integrity)
    path.write_text("333")
    scan(integrity)
    assert [finding["action"] for finding in changes(bench)] == ["modified", "deleted", "added"]


def test_a_kill_between_baseline_and_spool_loses_nothing(
    bench: Bench, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finding is written with the baseline, and reaches the spool exactly once after a restart."""
    integrity = scanner(bench, folder)
    scan(integrity)
    (folder / "a").write_text("1")
    with monkeypatch.context() as patch:
        patch.setattr(bench.baseline, "deliver", lambda: None)
        scan(integrity)
    assert changes(bench) == []
    bench.restart()
    bench.restart()
    assert [finding["action"] for finding in changes(bench)] == ["added"]


class Running:
    """A collector in a thread."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.collector = IntegrityCollector(scanner(bench, folder), bench.baseline, interval_s=3600)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.collector.run, args=(self.stop,))
        self.thread.start()
        until(lambda: self.collector.figures()["folders_live"] > 0 and bool(bench.findings()))

    def end(self) -> None:
        self.stop.set()
        self.thread.join(PATIENCE_S)


@pytest.fixture
def running(bench: Bench, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(integrity_watch, "_SETTLE_S", 0.02)
    monkeypatch.setattr(integrity_watch, "_TICK_S", 0.01)
    (folder / "a").write_text("1")
    made = Running(bench, folder)
    yield made
    made.end()


def put(path: Path, text: str) -> None:
    """Put a file in its place whole: one that is written there may be looked at in between."""
    made = path.parent.parent / "made"
    made.write_text(text)
    made.replace(path)


def test_changes_are_noticed_as_they_happen(bench: Bench, folder: Path, running: Running) -> None:
    """The kernel's notices lead to findings without a scan."""
    put(folder / "a", "22")
    until(lambda: len(changes(bench)) == 1)
    put(folder / "b", "1")
    until(lambda: len(changes(bench)) == 2)
    (folder / "a").unlink()
    until(lambda: len(changes(bench)) == 3)
    (folder / "b").rename(folder / "c")
    until(lambda: len(changes(bench)) == 5)
    found = [(finding["action"], Path(finding["path"]).name) for finding in changes(bench)]
    assert found[:3] == [("modified", "a"), ("added", "b"), ("deleted", "a")]
    assert sorted(found[3:]) == [("added", "c"), ("deleted", "b")]


def test_new_folders_are_watched_too(bench: Bench, folder: Path, running: Running) -> None:
    """Files in folders made while running are seen, at once and later; a removed folder's files go."""

    def seen(action: str, name: str) -> bool:
        return any(
            (finding["action"], Path(finding["path"]).name) == (action, name) for finding in changes(bench)
        )

    (folder / "x" / "y").mkdir(parents=True)
    (folder / "x" / "y" / "f").write_text("1")
    until(lambda: seen("added", "f"))
    (folder / "x" / "y" / "g").write_text("1")
    until(lambda: seen("added", "g"))
    (folder / "x").rename(folder.parent / "away")
    until(lambda: seen("deleted", "f") and seen("deleted", "g"))
    # A file that is looked at between its making and its writing is added and then modified.
    assert {"added", "deleted"} == {finding["action"] for finding in changes(bench)} - {"modified"}


def test_an_overflow_leads_to_a_scan(bench: Bench, folder: Path) -> None:
    """When the kernel dropped notices everything is scanned, and it is said."""
    collector = IntegrityCollector(scanner(bench, folder), bench.baseline, interval_s=3600)
    collector._scan_all()
    (folder / "missed").write_text("1")
    collector._take(Notice(-1, IN_Q_OVERFLOW, b""))
    assert [finding["action"] for finding in bench.findings()] == ["files", "watch_overflow", "added"]
    assert collector.figures()["overflows"] == 1


def test_without_inotify_the_scans_remain(
    bench: Bench, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are no notices the figures say so, and scans find the change."""

    def none() -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(integrity_watch, "Inotify", none)
    monkeypatch.setattr(integrity_watch, "_TICK_S", 0.01)
    collector = IntegrityCollector(scanner(bench, folder), bench.baseline, interval_s=0.05)
    stop = threading.Event()
    thread = threading.Thread(target=collector.run, args=(stop,))
    thread.start()
    until(bench.findings)
    (folder / "a").write_text("1")
    until(lambda: changes(bench))
    stop.set()
    thread.join(PATIENCE_S)
    assert "no live notices" in collector.figures()["detail"]


def test_a_finding_says_how_it_was_noticed(bench: Bench, folder: Path) -> None:
    """By a scan, or because the kernel told of it."""
    integrity = scanner(bench, folder)
    scan(integrity)
    for name in ("a", "b"):
        (folder / name).write_text("x")
    integrity.check(os.fsencode(folder / "a"))
    scan(integrity)
    found = {(os.path.basename(one["path"]), one["trigger"]) for one in changes(bench)}
    assert found == {("a", "realtime"), ("b", "scheduled")}


def test_a_file_put_there_anew_is_no_change(bench: Bench, folder: Path) -> None:
    """A copy that differs in nothing but its inode is not reported; with more, the inode is told too."""
    path, copy = folder / "a", folder.parent / "copy"
    integrity = scanner(bench, folder)
    for text in ("same", "same", "other"):
        copy.write_text(text)
        os.utime(copy, (1000, 1000))
        os.replace(copy, path)
        (folder / "b").write_text("x")
        os.link(
            path, folder.parent / f"held{text}{path.stat().st_ino}"
        )  # so that the number is not given again
        scan(integrity)
    (finding,) = [one for one in changes(bench) if one["action"] == "modified" and one["path"] == str(path)]
    assert {"size", "inode", "sha256"} <= {*finding["changed_attributes"]}
    assert finding["old"]["inode"] != finding["inode"] == path.stat().st_ino
    assert (finding["uid"], finding["gid"]) == (path.stat().st_uid, path.stat().st_gid)
