"""Cutting bytes into lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.agent.lines import LIMIT, LineCutter


@given(st.lists(st.binary(max_size=30)), st.lists(st.integers(1, 20)))
def test_lines_do_not_depend_on_chunks(lines: list[bytes], cuts: list[int]) -> None:
    """However the bytes arrive, the same lines come out, empty ones left out."""
    content = b"".join(line.replace(b"\n", b"x") + b"\n" for line in lines)
    cutter = LineCutter()
    found = []
    rest = content
    for size in cuts:
        found += cutter.feed(rest[:size])
        rest = rest[size:]
    found += cutter.feed(rest)
    expected = [line.removesuffix(b"\r") for line in content.split(b"\n")[:-1]]
    assert [line for line in expected if line] == found
    assert cutter.pending == 0


def test_a_line_of_the_limit_is_whole() -> None:
    """Exactly 64 KiB is not too long."""
    assert LineCutter().feed(b"a" * LIMIT + b"\n") == [b"a" * LIMIT]


def test_a_longer_line_says_how_long_it_was() -> None:
    """A longer line is cut to 64 KiB in all, with its true length at the end; its neighbours are whole."""
    cutter = LineCutter()
    content = b"before\n" + b"a" * 10_000_000 + b"\nafter\n"
    found = []
    for start in range(0, len(content), 99_999):
        found += cutter.feed(content[start : start + 99_999])
    assert [found[0], found[2]] == [b"before", b"after"]
    assert len(found[1]) == LIMIT
    assert found[1].endswith(b" [cut: the line had 10000000 bytes]")


def test_an_unfinished_line_waits() -> None:
    """Bytes after the last newline come out with their end, or when flushed."""
    cutter = LineCutter()
    assert cutter.feed(b"par") == []
    assert cutter.pending == 3
    assert cutter.feed(b"tial\nre") == [b"partial"]
    assert cutter.flush() == b"re"
    assert cutter.flush() == b""


def test_bytes_are_kept() -> None:
    """Bytes that are no UTF-8, and zero bytes, pass unchanged."""
    assert LineCutter().feed(b"\xff\x00\xe9\n") == [b"\xff\x00\xe9"]
