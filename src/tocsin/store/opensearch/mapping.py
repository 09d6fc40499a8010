"""What the indices look like: the template made from the field catalogue, and the names of the indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin.core.fields import CATALOGUE, EVENT_ID, MESSAGE, TIMESTAMP, FieldType
from tocsin.query.opensearch_terms import column

LAYOUT_VERSION = 2
VALUES = "tocsin.v"
NUMBERS = "tocsin.n"
REPEATS = "tocsin.r"
"""How many values of a field's list are repetitions, where there are any: doc values keep each once."""
PAGE = 10_000
"""The most hits of one answer (`index.max_result_window`)."""

_PROPERTIES = frozenset({TIMESTAMP, EVENT_ID, MESSAGE, "event.source", "event.sequence"})
_NUMERIC: frozenset[FieldType] = frozenset({"long", "double", "date"})
_KEPT_OUT = ("terms", "words", "folded", "names", "v", "n", "r")


@dataclass(frozen=True, slots=True)
class Layout:
    """How indices are named and made. `prefix` begins the name of every one of them."""

    prefix: str = "tocsin"
    shards: int = 1
    replicas: str = "0-1"
    """Copies of each shard: a range such as `0-1`, as far as there are nodes for them."""
    most_fields: int = 4_000
    """Fields of one day's index; an event beyond is kept, but found only by looking at it."""

    @property
    def log(self) -> str:
        """Name of the index of commits and marks."""
        return f"{self.prefix}-log"

    @property
    def events(self) -> str:
        """Pattern of the events' indices."""
        return f"{self.prefix}-events-*"

    @property
    def alias(self) -> str:
        """Name under which all events can be read."""
        return f"{self.prefix}-events"

    def index(self, day: str) -> str:
        """Return the name of the index of a day (`YYYY-MM-DD`)."""
        return f"{self.prefix}-events-{day.replace('-', '.')}"

    def day(self, index: str) -> str:
        """Return the day of an index."""
        return index.removeprefix(f"{self.prefix}-events-").replace(".", "-")

    def template(self, *, elasticsearch: bool = False) -> dict[str, Any]:
        """Return the template of the events' indices, for a server of either make."""
        settings = self._settings() | {
            "index.mapping.total_fields.limit": self.most_fields,
            "index.codec": "best_compression",
            "index.max_result_window": PAGE + 1,
            "index.max_inner_result_window": PAGE,
        }
        return {
            "index_patterns": [self.events],
            "priority": 500,
            "version": LAYOUT_VERSION,
            "template": {
                "settings": settings,
                "mappings": _mappings(elasticsearch=elasticsearch),
                "aliases": {self.alias: {}},
            },
        }

    def log_index(self) -> dict[str, Any]:
        """Return settings and mappings of the index of commits and marks."""
        properties = {
            "kind": {"type": "keyword"},
            "source": {"type": "keyword"},
            "number": {"type": "long"},
            "last_seq": {"type": "long"},
            "days": {"type": "keyword"},
            "parts": {"type": "object", "enabled": False},
            "writer": {"type": "keyword"},
            "holder": {"type": "object", "enabled": False},
        }
        return {
            # One shard, so that records written together are kept in their order or not at all.
            "settings": self._settings() | {"index.max_result_window": PAGE + 1, "index.number_of_shards": 1},
            "mappings": {"dynamic": "strict", "properties": properties},
        }

    def _settings(self) -> dict[str, Any]:
        return {
            "index.number_of_shards": self.shards,
            "index.auto_expand_replicas": self.replicas,
            "index.refresh_interval": "5s",
        }


def _mappings(*, elasticsearch: bool) -> dict[str, Any]:
    # OpenSearch checks what it finds against the document unless told to keep the values beside the index.
    folded = {"type": "wildcard"} if elasticsearch else {"type": "wildcard", "doc_values": True}
    return {
        "dynamic": False,
        # The event itself is kept as it is; everything kept out is made from it and only searched.
        "_source": {"excludes": [f"tocsin.{name}" for name in _KEPT_OUT]},
        "dynamic_templates": [
            _dynamic("texts", f"{VALUES}.*", {"type": "keyword", "index": False}),
            _dynamic("numbers", f"{NUMBERS}.*", {"type": "double", "index": False}),
            _dynamic("repeats", f"{REPEATS}.*", {"type": "integer", "index": False}),
        ],
        "properties": {
            TIMESTAMP: {"type": "date", "ignore_malformed": True},
            "message": {"type": "text", "index": False},
            "fields": {"type": "object", "enabled": False},
            "tocsin": {"properties": _own() | {"folded": folded}},
        }
        | _aliases(),
    }


def _dynamic(name: str, path: str, mapping: dict[str, Any]) -> dict[str, Any]:
    return {name: {"path_match": path, "mapping": mapping}}


def _own() -> dict[str, Any]:
    exact = {"type": "keyword", "doc_values": False, "norms": False}
    words = {"type": "text", "analyzer": "whitespace", "norms": False, "index_options": "positions"}
    names = [name for name in CATALOGUE if name not in _PROPERTIES]
    # Counted, sorted and, by other tools, filtered by their values alone: `terms` is what we search by.
    texts = {column(name): {"type": "keyword", "index": False} for name in names}
    numbers = {
        column(name): {"type": "double", "index": False} for name in names if CATALOGUE[name] in _NUMERIC
    }
    return {
        "at": {"type": "long"},
        "received_at": {"type": "long", "index": False, "doc_values": False},
        "source": {"type": "keyword"},
        "seq": {"type": "long"},
        "commit": {"type": "long"},
        "raw": {"type": "binary"},
        "rejected": {"type": "keyword", "ignore_above": 1_000},
        "unsure": {"type": "keyword"},
        "names": {"type": "keyword"},
        "terms": exact,
        "words": words,
        "v": {"dynamic": True, "properties": texts},
        "n": {"dynamic": True, "properties": numbers},
        "r": {"dynamic": True, "properties": {}},
    }


def _aliases() -> dict[str, Any]:
    """Return the catalogue's names for those who look into the indices with other tools."""
    properties: dict[str, Any] = {}
    for name, kind in CATALOGUE.items():
        if name in _PROPERTIES:
            continue
        target = NUMBERS if kind in ("long", "double") else VALUES
        place = properties
        *outer, last = name.split(".")
        for step in outer:
            place = place.setdefault(step, {"properties": {}})["properties"]
        place[last] = {"type": "alias", "path": f"{target}.{column(name)}"}
    return properties
