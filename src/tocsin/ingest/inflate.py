"""Decompression that cannot be made to fill the memory: output is bounded as it is made."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import zstandard

from tocsin.ingest.errors import BadBatchError, TooLargeError

MAX_INFLATED_BYTES = 16 * 1024 * 1024
"""The most one request may hold once decompressed."""

_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
_CHUNK = 256 * 1024
_PIECE = 64 * 1024
_GZIP_HEADER = 16 + zlib.MAX_WBITS


def inflate_zstd(body: bytes, limit: int = MAX_INFLATED_BYTES) -> bytes:
    """Return the content of one zstd frame.

    Raises `TooLargeError` beyond `limit` bytes or an 8 MiB window, `BadBatchError` for what is no
    whole frame or has bytes after it.
    """
    reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
    parts: list[bytes] = []
    total = 0
    try:
        # A step of input that expands at most is still small: a zstd block holds 128 KiB at most.
        for start in range(0, len(body), 64):
            if reader.eof:
                raise BadBatchError("bytes follow the zstd frame")
            part = reader.decompress(body[start : start + 64])
            total += len(part)
            _check(total, limit)
            parts.append(part)
    except zstandard.ZstdError as error:
        raise BadBatchError(f"not zstd: {error}") from error
    if not reader.eof or reader.unused_data:
        raise BadBatchError("not one whole zstd frame")
    return b"".join(parts)


def inflate_gzip(body: bytes, limit: int = MAX_INFLATED_BYTES) -> bytes:
    """Return the content of one gzip member; errors as `inflate_zstd`."""
    reader = zlib.decompressobj(wbits=_GZIP_HEADER)
    parts: list[bytes] = []
    total = 0
    try:
        pending = body
        while not reader.eof:
            part = reader.decompress(pending, _CHUNK)
            pending = reader.unconsumed_tail
            if not part and not pending:
                break
            total += len(part)
            _check(total, limit)
            parts.append(part)
    except zlib.error as error:
        raise BadBatchError(f"not gzip: {error}") from error
    if not reader.eof or reader.unused_data:
        raise BadBatchError("not one whole gzip member")
    return b"".join(parts)


class ZlibStream:
    """Inflates a zlib stream as it comes, a bounded piece at a time; errors as `inflate_zstd`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._reader = zlib.decompressobj()
        self._total = 0

    def feed(self, part: bytes) -> Iterator[bytes]:
        """Yield what the part inflates to, at most 64 KiB at a time."""
        pending = part
        while pending and not self._reader.eof:
            try:
                piece = self._reader.decompress(pending, _PIECE)
            except zlib.error as error:
                raise BadBatchError(f"not zlib: {error}") from error
            pending = self._reader.unconsumed_tail
            self._total += len(piece)
            _check(self._total, self._limit)
            if piece:
                yield piece
        if self._reader.unused_data:
            raise BadBatchError("bytes follow the zlib stream")

    def end(self) -> Iterator[bytes]:
        """Yield what is left; raises `BadBatchError` when the stream is not whole."""
        while not self._reader.eof:
            try:
                piece = self._reader.decompress(b"", _PIECE)
            except zlib.error as error:
                raise BadBatchError(f"not zlib: {error}") from error
            if not piece:
                raise BadBatchError("not one whole zlib stream")
            self._total += len(piece)
            _check(self._total, self._limit)
            yield piece


def _check(total: int, limit: int) -> None:
    if total > limit:
        raise TooLargeError(f"more than {limit} bytes once decompressed")
