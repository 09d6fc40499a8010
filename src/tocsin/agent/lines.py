"""Cut a stream of bytes into lines, and lines that are too long into records that say so."""

from __future__ import annotations

LIMIT = 64 * 1024
"""Longest line kept whole, in bytes."""


class LineCutter:
    """Takes chunks, gives whole lines; keeps at most one limit's worth of an unfinished line.

    The newline (and one carriage return before it) is not part of a line. Empty lines are left out.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._length = 0

    @property
    def pending(self) -> int:
        """How many bytes of an unfinished line were taken so far."""
        return self._length

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that end within `chunk`."""
        parts = chunk.split(b"\n")
        if len(parts) == 1:
            self._take(parts[0])
            return []
        self._take(parts[0])
        found = [self._finish(), *(self._whole(part) for part in parts[1:-1])]
        self._take(parts[-1])
        return [line for line in found if line]

    def flush(self) -> bytes:
        """Return the unfinished line as it is and forget it; empty when there is none."""
        return self._finish()

    def _take(self, part: bytes) -> None:
        room = self._limit - len(self._kept)
        if room > 0:
            self._kept += part[:room]
        self._length += len(part)

    def _finish(self) -> bytes:
        line = self._bounded(bytes(self._kept), self._length)
        self._kept.clear()
        self._length = 0
        return line

    def _whole(self, part: bytes) -> bytes:
        return self._bounded(part, len(part))

    def _bounded(self, line: bytes, length: int) -> bytes:
        if length <= self._limit:
            return line.removesuffix(b"\r")
        return cut(line, length, self._limit)


def cut(line: bytes, length: int, limit: int = LIMIT) -> bytes:
    """Return `line` cut to `limit` bytes with a note at its end that it had `length` bytes."""
    note = b" [cut: the line had %d bytes]" % length
    return line[: limit - len(note)] + note
