"""One open log file, read line by line from a position that can be found again later.

A position names the file by device, inode and a fingerprint of the bytes at its start and before the
position. The fingerprint tells apart a file that grew from one that was truncated and filled again, and
a rotated copy from a stranger.
"""

from __future__ import annotations

import os
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tocsin.agent.lines import LineCutter

CHUNK = 256 * 1024
_SAMPLE = 256


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Lines before `offset` were read.

    `head` and `foot` are CRC-32 of the first and the last 256 of those bytes, or of all when fewer.
    """

    path: str
    device: int
    inode: int
    offset: int
    head: int = 0
    foot: int = 0

    @property
    def key(self) -> str:
        """The name the position is kept under: one per file, not per path."""
        return f"log:{self.device}:{self.inode}"


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Position)


def encode_position(position: Position) -> bytes:
    """Return the position as the spool keeps it."""
    return _encoder.encode(position)


def decode_position(content: bytes) -> Position:
    """Read what `encode_position` wrote."""
    return _decoder.decode(content)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whole lines, and the position behind them. `more`: the file had more than one turn reads."""

    lines: list[bytes]
    position: Position
    more: bool


class Tail:
    """A log file held open. It is told when its path came to mean another file; it does not look."""

    def __init__(self, path: str, *, offset: int = 0, known_as: str = "") -> None:
        """Open `path` at `offset`; `known_as` is the path it was written under, before a rotation.

        Raises `OSError`, also for what is no regular file.
        """
        # O_NONBLOCK: a FIFO put in the place of a log must not stop the collector.
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        status = os.fstat(self._file)
        if not stat.S_ISREG(status.st_mode):
            os.close(self._file)
            raise OSError(f"{path} is not a regular file")
        self.path = known_as or path
        self._identity = (status.st_dev, status.st_ino)
        self._read_to = offset
        self._line_start = offset
        self._cutter = LineCutter()
        self._signature = _sign(self._file, offset)

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self._identity

    @property
    def position(self) -> Position:
        """Where the next line begins."""
        return Position(self.path, *self._identity, self._line_start, *self._signature)

    def size(self) -> int:
        """Return the present size of the file in bytes."""
        return os.fstat(self._file).st_size

    def is_truncated(self) -> bool:
        """Say whether what was read is no longer what the file begins with."""
        if self.size() < self._read_to:
            return True
        return _sign(self._file, self._line_start) != self._signature

    def is_grown_or_shrunk(self) -> bool:
        """Say whether the size is not what was read so far."""
        return self.size() != self._read_to

    def read(self) -> Turn:
        """Read one chunk. An unfinished last line waits; the position stays before it."""
        chunk = os.pread(self._file, CHUNK, self._read_to)
        lines = self._cutter.feed(chunk)
        self._read_to += len(chunk)
        self._line_start = self._read_to - self._cutter.pending
        self._signature = _sign(self._file, self._line_start)
        return Turn(lines, self.position, more=len(chunk) == CHUNK)

    def finish(self) -> Turn:
        """Take the unfinished last line as a line: for a file that will not grow any more."""
        line = self._cutter.flush()
        self._line_start = self._read_to
        return Turn([line] if line else [], self.position, more=False)

    def rewind(self) -> None:
        """Begin again at the start of the file, after it was truncated."""
        self._cutter = LineCutter()
        self._read_to = self._line_start = 0
        self._signature = (0, 0)

    def skip_to_last_line(self) -> None:
        """Go to the end of the file, or to the start of its unfinished last line."""
        size = self.size()
        start = max(0, size - CHUNK)
        newline = os.pread(self._file, size - start, start).rfind(b"\n")
        self._read_to = self._line_start = start + newline + 1 if newline >= 0 else size
        self._signature = _sign(self._file, self._line_start)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _sign(file: int, offset: int) -> tuple[int, int]:
    size = min(offset, _SAMPLE)
    return zlib.crc32(os.pread(file, size, 0)), zlib.crc32(os.pread(file, size, offset - size))


def fits(path: Path, position: Position) -> bool:
    """Say whether `path` holds the file the position was taken in, or a copy of it."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size < position.offset:
            return False
        if not position.offset:
            return (status.st_dev, status.st_ino) == (position.device, position.inode)
        with path.open("rb") as file:
            return _sign(file.fileno(), position.offset) == (position.head, position.foot)
    except OSError:
        return False


def find_moved(position: Position) -> Path | None:
    """Return the neighbour that the file was renamed or copied to, as log rotation does.

    Looks at `name.1`, `name-20261124` and the like; the file of the same inode first.
    """
    path = Path(position.path)
    names = [path.name, path.stem] if path.suffix else [path.name]
    try:
        neighbours = [
            one
            for one in path.parent.iterdir()
            if one != path and any(one.name.startswith(name) for name in names)
        ]
    except OSError:
        return None
    fitting = [one for one in neighbours if fits(one, position)]
    return min(fitting, key=lambda one: not _is_inode(one, position), default=None)


def _is_inode(path: Path, position: Position) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == (position.device, position.inode)
