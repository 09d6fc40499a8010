"""Identifiers sort by time, and an event's is made of its source and sequence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.errors import InvalidError
from tocsin.core.ids import event_id, new_id, split_event_id


@given(st.text(min_size=1), st.integers(min_value=0))
def test_an_event_id_can_be_taken_apart(source: str, seq: int) -> None:
    """Whatever the source is called, also with the separator in its name."""
    assert (source, seq) == split_event_id(event_id(source, seq))


@pytest.mark.parametrize("text", ["", "a", "~1", "a~", "a~x", "a~-1", "a~²"])
def test_what_is_no_event_id_is_refused(text: str) -> None:
    """The error repeats what was given."""
    with pytest.raises(InvalidError):
        split_event_id(text)


def test_new_ids_differ_and_carry_their_prefix() -> None:
    """A thousand of them are a thousand."""
    made = {new_id("al") for _ in range(1000)}

    assert 1000 == len(made)
    assert all(one.startswith("al_") and 29 == len(one) for one in made)
