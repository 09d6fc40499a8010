"""Bytes and lines of a log file, plain or gzip, that never take more memory than one line may."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tocsin.ingest.errors import ImportRefusedError
from tocsin.ingest.framing import MAX_MESSAGE_BYTES, cut

_CHUNK = 256 * 1024
_RATIO = 300
_RATIO_FREE_BYTES = 64 * 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_ARCHIVES = {b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz", b"BZh": "bzip2"}

Position = Callable[[int], None]
"""Told how many bytes of the file as it lies on disk have been read."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which content a file had when it was looked at; later bytes are not part of it."""

    digest: str
    size_bytes: int


def identify(path: Path) -> Identity:
    """Return the SHA-256 and size of a regular file; raises `ImportRefusedError`."""
    if not path.is_file():
        raise ImportRefusedError(f"{path} is not a file")
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise ImportRefusedError(f"{path}: {error.strerror}") from error
    return Identity(digest.hexdigest(), size)


def chunks(path: Path, size_bytes: int, position: Position = lambda _at: None) -> Iterator[bytes]:
    """Yield the first `size_bytes` of the file, unpacked when it is gzip.

    Raises `ImportRefusedError` for other archives, damaged gzip and decompression bombs (more than 300
    times the size on disk), after yielding what came before the damage.
    """
    with path.open("rb") as file:
        head = file.read(8)
        file.seek(0)
        for magic, name in _ARCHIVES.items():
            if head.startswith(magic):
                raise ImportRefusedError(f"{path} is a {name} archive: unpack it first")
        yield from (_unzipped if head.startswith(_GZIP_MAGIC) else _plain)(path, file, size_bytes, position)


def _plain(_path: Path, file: BinaryIO, size: int, position: Position) -> Iterator[bytes]:
    done = 0
    while chunk := file.read(min(_CHUNK, size - done)):
        done += len(chunk)
        position(done)
        yield chunk


def _unzipped(path: Path, file: BinaryIO, _size: int, position: Position) -> Iterator[bytes]:
    total = 0
    with gzip.GzipFile(fileobj=file) as unpacked:
        while True:
            try:
                chunk = unpacked.read(_CHUNK)
            except (OSError, EOFError, zlib.error) as error:
                raise ImportRefusedError(f"{path}: damaged gzip: {error}") from error
            if not chunk:
                return
            total += len(chunk)
            read = file.tell()
            position(read)
            if total > _RATIO_FREE_BYTES and total > read * _RATIO:
                raise ImportRefusedError(f"{path}: unpacks to over {_RATIO} times its size: a bomb")
            yield chunk


def lines(source: Iterable[bytes], max_bytes: int = MAX_MESSAGE_BYTES) -> Iterator[tuple[int, bytes]]:
    """Yield the number, from 1, and the bytes of each line without its end; empty lines are left out.

    A line longer than `max_bytes` is cut, which is said at its end.
    """
    number = 1
    rest = b""
    skipped = 0
    for chunk in source:
        *whole, tail = chunk.split(b"\n")
        for piece in whole:
            line, left_out = _joined(rest, piece, skipped, max_bytes)
            if line:
                yield number, cut(line, left_out) if left_out else line
            number += 1
            rest, skipped = b"", 0
        rest, skipped = _kept(rest, tail, skipped, max_bytes)
    line, left_out = _joined(rest, b"", skipped, max_bytes)
    if line:
        yield number, cut(line, left_out) if left_out else line


def _kept(rest: bytes, piece: bytes, skipped: int, limit: int) -> tuple[bytes, int]:
    joined = rest + piece[: limit + 1 - len(rest)]
    return joined, skipped + len(rest) + len(piece) - len(joined)


def _joined(rest: bytes, piece: bytes, skipped: int, limit: int) -> tuple[bytes, int]:
    line, skipped = _kept(rest, piece, skipped, limit)
    if not skipped:
        line = line.removesuffix(b"\r")
    return line[:limit], skipped + max(0, len(line) - limit)
