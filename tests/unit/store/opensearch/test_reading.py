"""Reading from a search server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tocsin.store.base import Selection, StoreError
from tocsin.store.deadlines import SearchTimeoutError
from tocsin.store.opensearch.client import Client
from tocsin.store.opensearch.mapping import Layout
from tocsin.store.opensearch.reading import Reader


def answering(asked: list[Any], **answer: Any) -> Reader:
    def post(_path: str, body: Any, **_: str) -> Any:
        asked.append(body)
        return {"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": []}} | answer

    return Reader(cast(Client, SimpleNamespace(post=post, timeout_s=30.0)), Layout())


def test_server_gives_up_before_the_client_would_ask_again() -> None:
    """A search that takes too long is said to; what was found until then is not taken for the whole."""
    asked: list[Any] = []
    with pytest.raises(SearchTimeoutError, match="27 s"):
        answering(asked, timed_out=True).page(Selection(), "newest", 10, None)
    assert ["27000ms"] == [body["timeout"] for body in asked]


def test_part_that_does_not_answer_is_an_error() -> None:
    """Never a shorter answer."""
    with pytest.raises(StoreError, match="did not answer"):
        answering([], _shards={"failed": 1}).page(Selection(), "newest", 10, None)
    assert [] == answering([]).page(Selection(), "newest", 10, None).events
