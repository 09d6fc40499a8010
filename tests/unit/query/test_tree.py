"""The tree's nodes as values: what may stand for each other in a set or a cache."""

from __future__ import annotations

import pytest

from tocsin.query.tree import And, Node, OneOf, Term


@pytest.mark.parametrize(
    "make",
    [lambda value: Term("f", value), lambda value: OneOf("f", ("x", value)), lambda v: And((Term("f", v),))],
)
def test_values_that_python_takes_for_equal_are_not_one_condition(make) -> None:  # type: ignore[no-untyped-def]
    """1, 1.0 and true are three texts of a field, so none may stand for another."""
    nodes: list[Node] = [make(value) for value in (1, 1.0, True)]
    assert 3 == len(set(nodes))
    assert [make(1), make(1.0), make(True)] == nodes
    assert make("1") not in nodes
