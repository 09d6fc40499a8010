"""Backup of the embedded log while it is written to, and restoring it.

A backup is one state of the log: what was committed up to one number, and the marks of that moment. Sealed
files are linked into it where the file system can (else copied), and left alone when they are there already;
open files are written anew, from what they held at that moment, each state under a name of its own.
`backup.json` lists it all with checksums and is replaced last, so a backup that was cut off leaves the one
before it whole.
"""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from tocsin.core.errors import ConflictError, InvalidError
from tocsin.store.base import StoreError
from tocsin.store.catalog import sync_folder
from tocsin.store.day import DayFile, Part, create_tables, transaction
from tocsin.store.days import Days
from tocsin.store.holds import HeldError, Holds
from tocsin.store.journal import FILE, Journal
from tocsin.store.parts import STAGING, wal_of
from tocsin.store.sealing import sha256_of

MANIFEST = "backup.json"
_VERSION = 1

_OURS = re.compile(r"days|journal-\d+\.db.*|backup\.json\.part")

Heard = Callable[[int, int], None]
"""Is told how many bytes are done, and of how many."""


class Kept(msgspec.Struct, frozen=True):
    """A file, by its name in the log. `last_commit` and `events` say what of an open day it holds."""

    name: str
    size_bytes: int
    sha256: str
    last_commit: int = 0
    events: int = 0

    @property
    def stored(self) -> str:
        """The file's name in the backup: that of an open day changes with what it holds."""
        return f"{self.name}.{self.last_commit}" if self.last_commit else self.name


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds: everything up to a commit."""

    taken_at: int
    last_commit: int
    events: int
    journal: Kept
    days: Sequence[Kept]
    version: int = _VERSION


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup did: files written or linked, and those that were there already."""

    events: int
    last_commit: int
    size_bytes: int
    written: int
    kept: int


@dataclass(frozen=True, slots=True)
class _Opened:
    """A day that is written to: how many events it held at the moment, and its newest commit."""

    file: DayFile
    events: int
    last_commit: int


@dataclass(frozen=True, slots=True)
class _Moment:
    """One state of the log. The open days are leased, the sealed files linked into `staging`."""

    last_commit: int
    acked: Mapping[str, int]
    events: int
    taken_at: int
    sealed: Mapping[str, str]
    """Checksum by name of a file in `staging`."""
    opened: Sequence[_Opened]
    staging: Path


def back_up(days: Days, target: Path, heard: Heard = lambda *_: None) -> BackedUp:
    """Bring the backup in a folder up to the present state of the log.

    Raises `InvalidError` for a folder that holds something else, `StoreError` when a file cannot be written.
    """
    before = _prepared(target)
    known = {file.name: file for file in before.days} if before else {}
    try:
        with _moment(days) as moment:
            total = sum(path.stat().st_size for path in moment.staging.iterdir())
            kept: list[Kept] = []
            done = 0
            for name, sha256 in sorted(moment.sealed.items()):
                kept.append(_link(moment.staging / name, target / "days" / name, sha256, known.get(name)))
                done += kept[-1].size_bytes
                heard(done, total)
            kept += [_copy(days, target / "days", moment, one, known) for one in moment.opened]
            journal = _journal(days, target, moment)
            manifest = Manifest(moment.taken_at, moment.last_commit, moment.events, journal, kept)
            _finish(target, manifest)
    except (OSError, duckdb.Error, sqlite3.Error) as error:
        raise StoreError(f"the backup in {target} could not be written: {error}") from error
    same = sum(known.get(file.name) == file for file in kept)
    size = sum(file.size_bytes for file in kept)
    return BackedUp(moment.events, moment.last_commit, size, len(kept) - same, same)


def read_manifest(source: Path) -> Manifest:
    """Return what a backup holds; raises `InvalidError` when the folder is none, or none we can read."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidError(f"{source} holds no backup of an event log: {error}") from error
    if manifest.version != _VERSION:
        raise InvalidError(f"{source} has version {manifest.version}; this Tocsin reads {_VERSION}")
    for file in (manifest.journal, *manifest.days):
        if Path(file.name).name != file.name:
            raise InvalidError(f"{source} names a file outside of it: {file.name!r}")
    return manifest


def restore(source: Path, root: Path, *, force: bool = False, heard: Heard = lambda *_: None) -> Manifest:
    """Put a backup in the place of the log under `root`, which nobody may have open.

    Every checksum is compared on the way; the log that was there goes only when the copy is whole. Raises
    `ConflictError` when there is a log and `force` is not given, `HeldError` when events of it may be under a
    hold, `StoreError` for a file that is damaged.
    """
    manifest = read_manifest(source)
    if not force and (root / "days").is_dir() and any((root / "days").iterdir()):
        raise ConflictError(f"there is a log under {root}: it would be overwritten, which takes --force")
    _check_holds(root)
    fresh, old = root.with_name(root.name + ".restoring"), root.with_name(root.name + ".replaced")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        _fetch(source, fresh, manifest, heard)
        if root.exists():
            shutil.rmtree(old, ignore_errors=True)  # of a restore that was cut off after its log was in place
            root.replace(old)
        fresh.replace(root)
        sync_folder(root.parent)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise StoreError(f"the log under {root} could not be restored: {error}") from error
    return manifest


def _check_holds(root: Path) -> None:
    """Refuse to delete a log with holds in force, or one that cannot be asked for them."""
    if not (root / FILE).exists():
        return
    advice = f"move {root} away, so that nothing that is held is deleted, and restore then"
    try:
        holds = Holds(Journal(root)).in_force()
    except StoreError as error:
        raise HeldError(f"{error}; whether holds are in force is not known: {advice}") from error
    if holds:
        numbers = ", ".join(str(hold.id) for hold in holds)
        raise HeldError(f"holds are in force on the log under {root} ({numbers}): {advice}")


def _prepared(target: Path) -> Manifest | None:
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (target / MANIFEST).exists():
        return read_manifest(target)
    if any(not _OURS.fullmatch(path.name) for path in target.iterdir()):
        raise InvalidError(f"{target} is neither empty nor a backup of an event log")
    (target / "days").mkdir(exist_ok=True, mode=0o700)
    return None


@contextmanager
def _moment(days: Days) -> Iterator[_Moment]:
    """Hold one state of the log for the block. Writers wait only while files are linked."""
    staging = days.root / STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    with ExitStack() as held:
        held.callback(shutil.rmtree, staging, ignore_errors=True)
        with days.writing:
            sealed: dict[str, str] = {}
            opened: list[_Opened] = []
            seals = days.journal.seals()
            for day in days.names():
                summary = days.summary(day)
                for path in days.folder.current(day, summary.generation):
                    if path == days.folder.sealed(day, summary.generation):
                        os.link(path, staging / path.name)
                        seal = seals.get((day, summary.generation))
                        sealed[path.name] = seal.sha256 if seal else sha256_of(path)
                if days.folder.opened(day, summary.generation).exists():
                    file = held.enter_context(days.lease(day))
                    if file is not None:
                        opened.append(_Opened(file, summary.events, summary.last_commit))
            events = sum(days.summary(day).events for day in days.names())
            acked, now = dict(days.acked), days.clock.now()
            moment = _Moment(days.last_commit, acked, events, now, sealed, opened, staging)
        yield moment


def _link(staged: Path, target: Path, sha256: str, known: Kept | None) -> Kept:
    """Have a sealed file in the backup."""
    size = staged.stat().st_size
    file = Kept(target.name, size, sha256)
    if known == file and target.exists() and target.stat().st_size == size:
        return file
    target.unlink(missing_ok=True)
    try:
        os.link(staged, target)
    except OSError:
        _copied(staged, target, sha256)
    return file


def _copied(source: Path, target: Path, sha256: str) -> None:
    """Copy a file durably; raises `StoreError` when what arrived is not what is expected."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    shutil.copyfile(source, part)
    part.chmod(0o400 if ".sealed" in target.name else 0o600)
    _sync(part)
    if sha256_of(part) != sha256:
        part.unlink()
        raise StoreError(f"{source} is damaged: its checksum is not {sha256}")
    part.replace(target)


def _copy(days: Days, folder: Path, moment: _Moment, day: _Opened, known: Mapping[str, Kept]) -> Kept:
    """Write what the open part of a day held at the moment."""
    part = next(one for one in day.file.parts if not one.sealed)
    name = part.path.name
    there = known.get(name)
    state = (day.last_commit, day.events)
    if there and (there.last_commit, there.events) == state and (folder / there.stored).exists():
        return there
    path = folder / Kept(name, 0, "", *state).stored
    fresh = path.with_name(path.name + ".part")
    for leftover in (fresh, wal_of(fresh)):
        leftover.unlink(missing_ok=True)
    with days.cursor() as cursor:
        _write(cursor, part, fresh, moment.last_commit)
    _sync(fresh)
    fresh.chmod(0o600)
    fresh.replace(path)
    return Kept(name, path.stat().st_size, sha256_of(path), *state)


def _write(cursor: duckdb.DuckDBPyConnection, part: Part, path: Path, last_commit: int) -> None:
    quoted = str(path).replace("'", "''")
    cursor.execute(f"ATTACH '{quoted}' AS backup")
    try:
        with transaction(cursor):
            create_tables(cursor, "backup")
            for table, number in (("events", "commit_no"), ("commits", "number")):
                sql = f"INSERT INTO backup.{table} SELECT * FROM {part.alias}.{table} WHERE {number} <= $1"
                cursor.execute(sql, [last_commit])
            # A mark of the day may be newer than the moment: what settles a sequence is the event itself.
            cursor.execute(
                "INSERT INTO backup.marks SELECT source, min(seq), max(seq), 0 FROM backup.events GROUP BY 1"
            )
            cursor.execute(f"INSERT INTO backup.listed SELECT name FROM {part.alias}.listed")
        cursor.execute("CHECKPOINT backup")
    finally:
        with suppress(duckdb.Error):
            cursor.execute("DETACH backup")


def _journal(days: Days, target: Path, moment: _Moment) -> Kept:
    """Write the journal with the marks of the moment, which may be behind those it holds by now."""
    path = target / f"journal-{moment.taken_at}.db"
    path.unlink(missing_ok=True)
    days.journal.copy_to(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("BEGIN")
        for table in ("marks", "stages", "going"):
            copy.execute(f"DELETE FROM {table}")
        copy.executemany("INSERT INTO marks VALUES (?, ?)", list(moment.acked.items()))
        copy.execute("INSERT OR REPLACE INTO figures VALUES ('last_commit', ?)", (moment.last_commit,))
        copy.execute("COMMIT")
    path.chmod(0o600)
    _sync(path)
    return Kept(path.name, path.stat().st_size, sha256_of(path))


def _finish(target: Path, manifest: Manifest) -> None:
    """Replace the manifest, then delete what it does not name."""
    fresh = target / (MANIFEST + ".part")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    _sync(fresh)
    for folder in (target / "days", target):
        sync_folder(folder)
    fresh.replace(target / MANIFEST)
    sync_folder(target)
    names = {file.stored for file in manifest.days}
    for path in (target / "days").iterdir():
        if path.name not in names:
            path.unlink()
    for path in target.glob("journal-*.db*"):
        if path.name != manifest.journal.name:
            path.unlink()


def _fetch(source: Path, fresh: Path, manifest: Manifest, heard: Heard) -> None:
    for folder in (fresh, fresh / "days"):
        folder.mkdir(mode=0o700)
    total, done = sum(file.size_bytes for file in manifest.days), 0
    _copied(source / manifest.journal.name, fresh / FILE, manifest.journal.sha256)
    for file in manifest.days:
        _copied(source / "days" / file.stored, fresh / "days" / file.name, file.sha256)
        done += file.size_bytes
        heard(done, total)
    for folder in (fresh / "days", fresh):
        sync_folder(folder)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
