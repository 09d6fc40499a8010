"""The steps of an alternative."""

from __future__ import annotations

import pytest

from tocsin.decode.steps import CLOSED, LITERAL, ONE, OPEN, steps_of


@pytest.mark.parametrize(
    ("parts", "end", "kinds"),
    [
        (["a", "b", "[0-9]", "c"], False, [LITERAL, ONE, LITERAL]),
        (["[0-9]+", "x"], False, [CLOSED, LITERAL]),
        (["[0-9]+", "1"], False, [OPEN, LITERAL]),
        (["[0-9]+", "[a-z]*", "7"], False, [OPEN, CLOSED, LITERAL]),
        (["[0-9]+", "[a-z]*"], False, [OPEN, CLOSED]),
        (["[0-9]+", "[a-z]*"], True, [CLOSED, CLOSED]),
        (["[0-9]+"], False, [CLOSED]),
    ],
)
def test_a_repetition_is_open_where_what_follows_may_begin_within(
    parts: list[str], *, end: bool, kinds: list[int]
) -> None:
    """Else, and for the last, there is nothing to choose; characters in a row are one text."""
    quantified = [index for index, part in enumerate(parts) if part[-1] in "+*"]
    assert kinds == [step.kind for step in steps_of(parts, quantified, end=end)[0]]


def test_groups_divide_texts() -> None:
    """A group begins before a step and ends behind one."""
    steps, groups = steps_of(["a", "(", "b", "c", ")", "d"], [], end=False)
    assert 1 == groups
    assert [("a", False, -1), ("bc", True, 0), ("d", False, -1)] == [
        (step.text, step.opens, step.closes) for step in steps
    ]
    assert [steps[1], steps[2], None] == [step.next for step in steps]
