"""The files a hunt reads: found below paths, unpacked within bounds, told apart by what they hold."""

from __future__ import annotations

import gzip
import lzma
import os
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

import zstandard

from tocsin.core.errors import Location, Problem
from tocsin.hunt.errors import UnreadableError

Format = Literal["evtx", "json", "csv", "lines"]

_LOGS = frozenset({".evtx", ".json", ".jsonl", ".ndjson", ".csv", ".log", ".txt", ".xml"})
_PACKED = {".gz": "gzip", ".zst": "zstd", ".xz": "xz", ".zip": "zip"}
_PLAIN_NAMES = ("syslog", "messages", "auth", "secure", "kern", "daemon", "cron", "maillog", "audit")

MAX_FILES = 200_000
MAX_MEMBERS = 50_000
"""Files in one zip archive."""

MAX_UNPACKED = 64 * 1024**3
"""Bytes one file may unpack to."""

MAX_RATIO = 300
"""Times its size on disk a file may unpack to, beyond the first 64 MiB."""

_RATIO_FREE = 64 * 1024**2
_CHUNK = 1024 * 1024
_ZSTD_WINDOW = 128 * 1024**2


@dataclass(frozen=True, slots=True)
class Input:
    """One file; `member` names the file within a zip archive."""

    path: str
    size: int
    member: str = ""

    @property
    def name(self) -> str:
        """How the file is shown."""
        return f"{self.path}!{self.member}" if self.member else self.path


def find_inputs(paths: Sequence[Path]) -> tuple[list[Input], list[Problem]]:
    """Return the files at and below the paths, in the order of their names, and what cannot be looked into.

    Below a folder, files count whose name says that they are logs; a file named by itself always counts.
    Symbolic links below a folder are not followed.
    """
    found: dict[str, Input] = {}
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            for each in sorted(_logs_below(path, problems)):
                _add(each, found, problems)
        elif path.is_file():
            _add(path, found, problems)
        else:
            problems.append(Problem(Location(str(path)), "there is no such file or folder"))
        if len(found) > MAX_FILES:
            problems.append(
                Problem(Location(str(path)), f"more than {MAX_FILES} files: the rest is not read")
            )
            break
    return list(found.values())[:MAX_FILES], problems


def _logs_below(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        place = Location(str(error.filename))
        problems.append(Problem(place, f"cannot be looked into: {error.strerror or error}"))

    for parent, _, names in os.walk(folder, onerror=refused):
        for name in filter(_is_log, names):
            path = Path(parent, name)
            try:
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path
            except OSError as error:
                refused(error)


def _is_log(name: str) -> bool:
    low = name.lower()
    for suffix, kind in _PACKED.items():
        if low.endswith(suffix):
            return kind == "zip" or _is_log(low.removesuffix(suffix))
    stem = low.rstrip("0123456789").rstrip(".-")
    return any(low.endswith(each) for each in _LOGS) or any(
        stem == each or stem.startswith(f"{each}.") for each in _PLAIN_NAMES
    )


def _add(path: Path, found: dict[str, Input], problems: list[Problem]) -> None:
    try:
        size = path.stat().st_size
        if path.suffix.lower() != ".zip":
            found[str(path)] = Input(str(path), size)
            return
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if not each.is_dir() and _is_log(each.filename)]
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        problems.append(Problem(Location(str(path)), f"cannot be read: {error}"))
        return
    if len(members) > MAX_MEMBERS:
        problems.append(
            Problem(Location(str(path)), f"more than {MAX_MEMBERS} files in it: the rest is not read")
        )
    for member in members[:MAX_MEMBERS]:
        each = Input(str(path), member.compress_size, member.filename)
        found[each.name] = each


Told = Callable[[int], None]
"""Told how many bytes of the file on disk have been read."""


class Opened:
    """A file's bytes, unpacked, from the start; close it when done."""

    def __init__(self, source: Input, told: Told) -> None:
        self._source = source
        self._told = told
        self._stack = ExitStack()
        self.total = 0
        try:
            raw = Path(source.path).open("rb")  # noqa: SIM115 - closed with the stack
            self._raw: IO[bytes] = self._stack.enter_context(raw)
            self._stream = self._open()
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, KeyError) as error:
            self._stack.close()
            raise UnreadableError(f"cannot be read: {error}") from error

    def _open(self) -> IO[bytes]:
        if self._source.member:
            archive = self._stack.enter_context(zipfile.ZipFile(self._raw))
            member = self._stack.enter_context(archive.open(self._source.member))
            return _unpacked(member, self._source.member, self._stack)
        return _unpacked(self._raw, self._source.path, self._stack)

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def chunks(self) -> Iterator[bytes]:
        """Yield the content; raises `UnreadableError` where it is damaged or too much."""
        while True:
            try:
                chunk = self._stream.read(_CHUNK)
            except (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
                raise UnreadableError(f"damaged: {error}") from error
            except (zipfile.BadZipFile, RuntimeError, ValueError) as error:
                raise UnreadableError(f"damaged: {error}") from error
            if not chunk:
                return
            self.total += len(chunk)
            read = self._raw.tell() if not self._source.member else min(self.total, self._source.size)
            self._told(read)
            if self.total > MAX_UNPACKED or (
                self.total > _RATIO_FREE and self.total > max(self._source.size, 1) * MAX_RATIO
            ):
                raise UnreadableError(f"unpacks to more than {MAX_RATIO} times its size: a bomb")
            yield chunk

    def seekable(self, head: bytes) -> IO[bytes]:
        """Return the whole content, of which `head` was read, as a file to be read in any order."""
        if self._stream is self._raw:
            self._raw.seek(0)
            return self._raw
        whole = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with the stack
        whole.write(head)
        for chunk in self.chunks():
            whole.write(chunk)
        whole.seek(0)
        return whole

    def at(self, whole: IO[bytes]) -> Callable[[], None]:
        """Return what tells how far a file from `seekable` has been read."""
        size = self._source.size
        of = size if whole is self._raw else max(self.total, 1)
        return lambda: self._told(_share(whole.tell(), size, of))


def _share(at: int, size: int, of: int) -> int:
    """Return the place in a packed file that stands for a place in what it unpacks to."""
    return at if size == of else at * size // max(of, 1)


def _unpacked(stream: IO[bytes], name: str, stack: ExitStack) -> IO[bytes]:
    kind = _PACKED.get(Path(name).suffix.lower())
    if kind == "gzip":
        return cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=stream, mode="rb")))
    if kind == "xz":
        return stack.enter_context(lzma.LZMAFile(stream))
    if kind == "zstd":
        reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        return stack.enter_context(reader.stream_reader(stream, read_across_frames=True))
    return stream


def format_of(name: str, head: bytes) -> Format:
    """Say what a file holds: by its first bytes, else by its name."""
    if head.startswith(b"ElfFile\0"):
        return "evtx"
    low = name.lower()
    for suffix in _PACKED:
        low = low.removesuffix(suffix)
    if low.endswith(".evtx"):
        return "evtx"
    if low.endswith(".csv"):
        return "csv"
    return "json" if _JSON.match(head) else "lines"


_JSON = re.compile(rb"\s*(\{|\[\s*(\{|\]|$))")
"""An object, or a list of them: many log lines begin with a bracket too."""
