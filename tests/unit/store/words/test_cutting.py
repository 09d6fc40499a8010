"""Words and their hashes: whole arrays give what one word gives."""

from __future__ import annotations

import random
import re

from tocsin.store.words.cutting import MOST_TEXT, Cutter, names

CUTTER = Cutter(b"0123456789abcdef")
TEXTS = [b"Failed password: user_7", b"", b"--", b"\x00x\x00", "größe 7".encode(), b"end"]


def test_words_are_runs_of_letters_digits_and_underscores() -> None:
    """In lower case, each with the message it is in; bytes beyond ASCII belong to words."""
    cut = CUTTER.cut(TEXTS)
    found = [(int(row), cut.word(place).decode()) for place, row in enumerate(cut.rows)]
    assert [
        (0, "failed"),
        (0, "password"),
        (0, "user_7"),
        (3, "x"),
        (4, "größe"),
        (4, "7"),
        (5, "end"),
    ] == found


def test_the_hash_of_a_word_is_the_same_wherever_it_stands() -> None:
    """And the one that is computed for a word alone."""
    cut = CUTTER.cut([*TEXTS, b"x" * 1000, b"USER_7 Failed", *TEXTS])
    assert [CUTTER.hash_of(cut.word(place)) for place in range(len(cut.hashes))] == cut.hashes.tolist()


def test_as_much_as_is_cut_at_a_time_has_powers() -> None:
    """A full piece and the longest text behind it."""
    cut = CUTTER.cut([b"x " * (MOST_TEXT // 2 - 1), b"y " * (MOST_TEXT // 2)])
    assert {CUTTER.hash_of(b"x"), CUTTER.hash_of(b"y")} == set(cut.hashes.tolist())


def test_nothing_is_cut_into_nothing() -> None:
    """No texts, or none with a word."""
    for texts in ([], [b""], [b"..", b"\n"]):
        assert 0 == len(CUTTER.cut(texts).hashes)


def test_other_secrets_give_other_hashes() -> None:
    """Or one could make words that hide behind others."""
    assert CUTTER.hash_of(b"word") != Cutter(b"fedcba9876543210").hash_of(b"word")


def test_hashes_tell_words_apart() -> None:
    """A hundred thousand of them, by their first 32 bits nearly all."""
    chance = random.Random(1)
    words = {f"{chance.getrandbits(40):x}".encode() for _ in range(100_000)}
    cut = CUTTER.cut([b" ".join(words)[:MOST_TEXT]])
    distinct = set((cut.hashes >> 32).tolist())
    assert len(distinct) > 0.9999 * len(cut.hashes)


def test_names_are_more_than_hexadecimal_digits() -> None:
    """Told alike of a word alone and of many."""
    words = [b"deadbeef", b"0", b"user", b"xk7", b"_", "é".encode(), b"f00g", b"abcdef0123456789"]
    cut = CUTTER.cut(words)
    assert [names(word) for word in words] == cut.naming.tolist()
    assert [not re.fullmatch(b"[0-9a-f]+", word) for word in words] == cut.naming.tolist()
