"""The words of a text are the same whether it is taken for ASCII or for anything."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.query.patterns import words_of

_BEYOND = "\u2028"


@given(st.text(st.characters(max_codepoint=127)))
def test_words_do_not_depend_on_what_stands_beside_them(text: str) -> None:
    """A separator beyond ASCII sends the text the other way, and is in no word."""
    assert words_of(text) == words_of(text + _BEYOND)
