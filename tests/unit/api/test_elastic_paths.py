"""Parts of an answer, as `filter_path` asks for them."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.api.elastic.form import ElasticError
from tocsin.api.elastic.paths import filtered_answer

ANSWER: dict[str, Any] = {
    "took": 1,
    "hits": {"total": {"value": 2}, "hits": [{"_id": "a", "n": 1}, {"_id": "b"}]},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("took", {"took": 1}),
        ("hits.hits._id", {"hits": {"hits": [{"_id": "a"}, {"_id": "b"}]}}),
        ("hits.hits.n", {"hits": {"hits": [{"n": 1}]}}),
        ("**.value,t*", {"took": 1, "hits": {"total": {"value": 2}}}),
        ("-hits", {"took": 1}),
        ("hits,-hits.hits,-**.value", {}),
        ("nothing", {}),
        (" , ", ANSWER),
    ],
)
def test_the_part_asked_for_is_given(text: str, expected: dict[str, Any]) -> None:
    """Chosen first, then left out; what holds nothing any more is not there."""
    assert expected == filtered_answer(ANSWER, text)


@pytest.mark.parametrize("text", ["a," * 200, "a." * 40, "**." * 31])
def test_paths_are_bounded(text: str) -> None:
    """So that no address takes long."""
    with pytest.raises(ElasticError, match="at most"):
        filtered_answer(ANSWER, text)
