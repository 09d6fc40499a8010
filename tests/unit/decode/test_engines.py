"""The choice between the engines."""

from __future__ import annotations

import pytest

from tocsin.decode.engines import Searcher


@pytest.mark.parametrize("size", [10, 5_000])
def test_both_engines_give_the_same_spans(size: int) -> None:
    """A short text goes to `re`, a long one to google-re2; groups without a part are (-1, -1)."""
    text = "-" * size + "k=v1;" + "-" * size
    spans = Searcher(r"(.)k=(.*?)(\d)(x)?;").search(text, text)
    assert spans == (
        (size - 1, size + 5),
        (size - 1, size),
        (size + 2, size + 3),
        (size + 3, size + 4),
        (-1, -1),
    )


def test_bytes_beyond_ascii_count_as_one() -> None:
    """Offsets are bytes for google-re2 too."""
    text = "\xe4" * 5_000 + "k=end"
    spans = Searcher(r"(.*)k=(.*)d").search(text, text)
    assert spans == ((0, 5_005), (0, 5_000), (5_002, 5_004))


def test_a_pattern_of_neither_engine_is_refused() -> None:
    """The reason is the engine's."""
    with pytest.raises(ValueError, match=r".+"):
        Searcher("(")
