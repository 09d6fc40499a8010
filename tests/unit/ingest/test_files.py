"""Bytes and lines of files under bounds."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ingest.errors import ImportRefusedError
from tocsin.ingest.files import chunks, identify, lines


def pieces(data: bytes, step: int) -> list[bytes]:
    return [data[at : at + step] for at in range(0, len(data), step)]


@given(st.binary(max_size=300), st.integers(1, 60))
def test_lines_are_those_of_the_whole(data: bytes, step: int) -> None:
    """However the file is read, the lines and their numbers are the same."""
    expected = [
        (number, line.removesuffix(b"\r"))
        for number, line in enumerate(data.split(b"\n"), start=1)
        if line.removesuffix(b"\r")
    ]
    assert list(lines(pieces(data, step), 1000)) == expected


@pytest.mark.parametrize("step", [1, 7, 64, 1000])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_long_line_is_cut_and_says_so(step: int, end: bytes) -> None:
    """The head is kept; the rest is counted; its neighbours are whole."""
    data = b"one\n" + b"x" * 150 + b"\ntwo\n" + b"y" * 101 + end
    assert list(lines(pieces(data, step), 100)) == [
        (1, b"one"),
        (2, b"x" * 100 + b" [tocsin: cut here, 50 bytes left out]"),
        (3, b"two"),
        (4, b"y" * 100 + b" [tocsin: cut here, 1 bytes left out]"),
    ]


def test_ten_megabytes_without_a_newline_do_not_grow_memory() -> None:
    """One line of 64 KiB is held, whatever the file holds."""
    tracemalloc.start()
    [(_, line)] = lines(b"x" * 65536 for _ in range(160))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000
    assert line.endswith(b"left out]")


def test_reads_gzip(tmp_path: Path) -> None:
    """By its first bytes, whatever the file is called."""
    path = tmp_path / "log"
    path.write_bytes(gzip.compress(b"a\nb\n" * 100_000))
    assert b"".join(chunks(path, path.stat().st_size)) == b"a\nb\n" * 100_000


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    """A file of a few hundred kilobytes that unpacks to hundreds of megabytes."""
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0" * 100_000_000))
    with pytest.raises(ImportRefusedError, match="a bomb"):
        for _ in chunks(path, path.stat().st_size):
            pass


def test_damaged_gzip_yields_what_came_before(tmp_path: Path) -> None:
    """And then says so."""
    path = tmp_path / "cut.gz"
    whole = gzip.compress(bytes(range(256)) * 4000)
    path.write_bytes(whole[:-20])
    with pytest.raises(ImportRefusedError, match="damaged gzip"):
        list(chunks(path, len(whole)))


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00", b"BZh9"])
def test_other_archives_are_named(tmp_path: Path, magic: bytes) -> None:
    """They are refused in words, not read as a log."""
    path = tmp_path / "archive"
    path.write_bytes(magic + b"\0" * 100)
    with pytest.raises(ImportRefusedError, match="unpack it first"):
        list(chunks(path, 104))


def test_reads_no_more_than_was_identified(tmp_path: Path) -> None:
    """Lines written meanwhile belong to the next import."""
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    identity = identify(path)
    path.write_bytes(b"one\ntwo\n")
    assert b"".join(chunks(path, identity.size_bytes)) == b"one\n"


def test_only_regular_files(tmp_path: Path) -> None:
    """A folder, a device or nothing at all is refused."""
    for path in (tmp_path, Path("/dev/zero"), tmp_path / "none"):
        with pytest.raises(ImportRefusedError):
            identify(path)
