"""Conditions on fields whose type only the log knows."""

from __future__ import annotations

import pytest

from tocsin.core.errors import InvalidError
from tocsin.query.aggregation import Aggregation, Filters
from tocsin.query.fitting import Fields, fitted, fitted_aggregation
from tocsin.query.tree import And, Exists, Node, Not, OneOf, Or, Range, Term, Text

TYPES = {"data.size": "long", "data.ratio": "double", "data.name": "keyword"}
OBJECTS = {"data": sorted(TYPES)}
FIELDS = Fields(lambda name: TYPES.get(name, "keyword"), lambda name: OBJECTS.get(name, []))
RATIO = Range("data.ratio", gte=5.0, lte=5.0)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Term("data.size", "5.0"), Term("data.size", 5)),
        (Term("data.size", 9_007_199_254_740_993), Term("data.size", 9_007_199_254_740_993)),
        (Term("data.size", 5.5), Range("data.size", gte=5.5, lte=5.5)),
        (Term("data.ratio", 5), RATIO),
        (Text("5", "data.ratio"), RATIO),
        (Term("data.size", "many"), Term("data.size", "many")),
        (OneOf("data.size", ("5", 7.0)), Or((Term("data.size", 5), Term("data.size", 7)))),
        (Range("data.size", gte="5", lt=7), Range("data.size", gte=5.0, lt=7)),
        (And((Not(Term("data.ratio", "5.0")),)), And((Not(RATIO),))),
    ],
)
def test_numbers_are_compared_as_numbers(node: Node, expected: Node) -> None:
    """However the client writes them; integers stay exact beyond what a double holds."""
    assert expected == fitted(node, FIELDS)


@pytest.mark.parametrize(
    "node", [Term("data.name", "5.0"), Text("5", "data.name"), Text("5"), Range("source.port", gte="5")]
)
def test_other_fields_stay(node: Node) -> None:
    """Text is text, and what is declared is compared as declared."""
    assert node == fitted(node, FIELDS)


def test_an_object_exists_when_a_field_within_does() -> None:
    """As in Elasticsearch; a field itself stands for itself."""
    assert Or(tuple(Exists(name) for name in sorted(TYPES))) == fitted(Exists("data"), FIELDS)
    assert Exists("data.size") == fitted(Exists("data.size"), FIELDS)


def test_a_bound_that_is_no_number_is_refused() -> None:
    """With the field and the value."""
    with pytest.raises(InvalidError, match=r"'many': data\.size holds numbers"):
        fitted(Range("data.size", gte="many"), FIELDS)


def test_filters_of_aggregations_are_fitted_too() -> None:
    """Also of those below others."""
    filters = Filters((("f", Term("data.ratio", 5)),))
    found = fitted_aggregation(Aggregation("a", filters, (Aggregation("b", filters),)), FIELDS)
    assert Filters((("f", RATIO),)) == found.kind == found.inner[0].kind
