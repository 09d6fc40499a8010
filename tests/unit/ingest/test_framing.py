"""Messages cut out of byte streams, whole or in any pieces."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.ingest.framing import Deframer


def deframe(data: bytes, step: int, max_bytes: int = 1000) -> list[bytes]:
    deframer = Deframer(max_bytes)
    messages: list[bytes] = []
    for at in range(0, len(data), step):
        messages.extend(deframer.feed(data[at : at + step]))
    return messages + deframer.end()


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_reads_both_framings_on_one_connection(step: int) -> None:
    """Octet counting keeps newlines inside a message; lines end at theirs."""
    data = b"<13>one\n11 <13>two\nbis<14>three\r\n\n5 <1>x7 apples\n2026-11-24 four"
    expected = [b"<13>one", b"<13>two\nbis", b"<14>three", b"<1>x7", b" apples", b"2026-11-24 four"]
    # "5 <1>x" counts five bytes: `<1>x7`; what follows stands for itself.
    assert deframe(data, step) == expected


@pytest.mark.parametrize("step", [1, 13, 64, 5000])
def test_cuts_a_long_line_and_says_so(step: int) -> None:
    """The head is kept, the number of bytes left out is told, and the next line is untouched."""
    data = b"a" * 250 + b"\nnext\n"
    assert deframe(data, step, 100) == [b"a" * 100 + b" [tocsin: cut here, 150 bytes left out]", b"next"]


@pytest.mark.parametrize("step", [1, 13, 64, 5000])
def test_cuts_a_long_counted_message(step: int) -> None:
    """Octet counting is cut alike and stays in step."""
    data = b"250 <" + b"a" * 249 + b"4 <13>"
    expected = [b"<" + b"a" * 99 + b" [tocsin: cut here, 150 bytes left out]", b"<13>"]
    assert deframe(data, step, 100) == expected


def test_ten_megabytes_without_a_newline_do_not_grow_memory() -> None:
    """The longest message held is 64 KiB, whatever is sent."""
    deframer = Deframer()
    chunk = b"x" * 65536
    tracemalloc.start()
    for _ in range(160):
        assert deframer.feed(chunk) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000
    [message] = deframer.feed(b"\n")
    assert message.endswith(b" [tocsin: cut here, 10420224 bytes left out]")


@given(st.lists(st.binary(min_size=1, max_size=80), max_size=8), st.integers(1, 40))
def test_lines_come_out_as_they_went_in(lines: list[bytes], step: int) -> None:
    """Any lines, in pieces of any size, come out whole and in order."""
    clean = [b"<1>" + line.replace(b"\n", b" ").rstrip(b"\r\0") for line in lines]
    assert deframe(b"".join(line + b"\n" for line in clean), step) == [line for line in clean if line]


@given(st.binary(max_size=600), st.integers(1, 50), st.integers(1, 100))
def test_junk_never_breaks_it(junk: bytes, step: int, max_bytes: int) -> None:
    """No input raises, loops for ever or yields more than the bound and its note."""
    for message in deframe(junk, step, max_bytes):
        assert len(message) <= max_bytes + 60
