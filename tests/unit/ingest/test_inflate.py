"""Decompression under a bound."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
import zstandard

from tocsin.ingest.errors import BadBatchError, TooLargeError
from tocsin.ingest.inflate import inflate_gzip, inflate_zstd

LIMIT = 1_000_000


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(data)


@pytest.mark.parametrize(("pack", "inflate"), [(zstd, inflate_zstd), (gzip.compress, inflate_gzip)])
@pytest.mark.parametrize("size", [0, 1, 300_000, LIMIT])
def test_returns_what_was_packed(pack: object, inflate: object, size: int) -> None:
    """Up to the limit, whole."""
    data = bytes(range(256)) * (size // 256 + 1)
    assert callable(pack)
    assert callable(inflate)
    assert inflate(pack(data[:size]), LIMIT) == data[:size]


@pytest.mark.parametrize(("pack", "inflate"), [(zstd, inflate_zstd), (gzip.compress, inflate_gzip)])
def test_a_bomb_is_refused_before_it_fills_the_memory(pack: object, inflate: object) -> None:
    """A hundred megabytes in a few kilobytes: refused at the limit."""
    assert callable(pack)
    assert callable(inflate)
    bomb = pack(b"\0" * 100_000_000)
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        inflate(bomb, LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * LIMIT


def test_a_huge_window_is_refused() -> None:
    """A frame may not ask for hundreds of megabytes of history."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    frame = packer.compress(b"x" * 1000) + packer.flush()
    with pytest.raises(BadBatchError):
        inflate_zstd(frame)


@pytest.mark.parametrize("inflate", [inflate_zstd, inflate_gzip])
@pytest.mark.parametrize("junk", [b"", b"x", b"\x28\xb5\x2f\xfd", b"\x1f\x8b", b"PK\x03\x04" + b"\0" * 100])
def test_junk_is_refused(inflate: object, junk: bytes) -> None:
    """What is no whole frame is a bad batch, not a crash."""
    assert callable(inflate)
    with pytest.raises(BadBatchError):
        inflate(junk)


@pytest.mark.parametrize(("pack", "inflate"), [(zstd, inflate_zstd), (gzip.compress, inflate_gzip)])
def test_cut_and_continued_bodies_are_refused(pack: object, inflate: object) -> None:
    """Half a body and a body with a tail are both refused."""
    assert callable(pack)
    assert callable(inflate)
    whole = pack(b"hello world" * 100)
    for bad in (whole[:-1], whole + b"tail" * 50):
        with pytest.raises(BadBatchError):
            inflate(bad)


def test_deflate_without_gzip_is_refused() -> None:
    """Only gzip is gzip."""
    with pytest.raises(BadBatchError):
        inflate_gzip(zlib.compress(b"x"))
