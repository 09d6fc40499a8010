"""An OpenSearch as people run one for logs, with nothing of ours: daily indices, ECS names, `_bulk`, its DSL.

Strings are keywords, addresses are addresses, messages are text, and `wildcard` besides, as a part of a word
cannot be looked for in text alone. Identifiers are the server's own, which is the fastest for it. Bulk
requests are sent two at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import orjson

from log_events import NEEDLE
from questions import Ask
from tocsin.core.clock import day_of, to_iso
from tocsin.core.event import Event
from tocsin.store.opensearch.client import Client

_AT_A_TIME = 2
_PAGE = 100
_KEYWORD = {"type": "keyword", "ignore_above": 1024}
_TEMPLATE = {
    "index_patterns": ["logs-*"],
    "template": {
        "settings": {
            "index.number_of_shards": 1,
            "index.number_of_replicas": 0,
            "index.refresh_interval": "5s",
            "index.codec": "best_compression",
        },
        "mappings": {
            "dynamic_templates": [{"strings": {"match_mapping_type": "string", "mapping": _KEYWORD}}],
            "properties": {
                "@timestamp": {"type": "date"},
                "message": {"type": "text", "fields": {"part": {"type": "wildcard", "doc_values": True}}},
                "source": {"properties": {"ip": {"type": "ip"}}},
                "seq": {"type": "long"},
            },
        },
    },
}


class Peer:
    """The server's log of the events written to it; not for more than one thread."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._senders = ThreadPoolExecutor(_AT_A_TIME)
        self._client.put("_index_template/logs", _TEMPLATE)

    def prepared(self, batch: Sequence[Event]) -> list[bytes]:
        """Return the lines of a bulk request, as a shipper writes them."""
        lines: list[bytes] = []
        for event in batch:
            own = {"@timestamp": to_iso(event.at), "message": event.message, "seq": event.seq}
            index = f"logs-{day_of(event.at).replace('-', '.')}"
            lines += [orjson.dumps({"create": {"_index": index}}), orjson.dumps(own | event.fields)]
        return lines

    def write(self, requests: Sequence[list[bytes]]) -> None:
        """Send bulk requests until every one is durable."""
        for _ in self._senders.map(self._send, requests):
            pass

    def questions(self, last_day: int, middle: int, *, remembered: bool) -> dict[str, Ask]:
        """Return the questions of `questions.questions` in its own language.

        `remembered` lets it answer again from its request cache what it was asked before.
        """
        cache = str(remembered).lower()
        newest = {"size": _PAGE, "sort": [{"@timestamp": "desc"}]}

        def search(body: dict[str, Any]) -> Ask:
            return partial(self._client.post, "logs-*/_search", body)

        def count(query: dict[str, Any]) -> Ask:
            return partial(self._client.post, "logs-*/_count", {"query": query})

        def figures(kind: dict[str, Any], **body: Any) -> Ask:
            body |= {"size": 0, "track_total_hits": False, "aggs": {"a": kind}}
            return partial(self._client.post, "logs-*/_search", body, request_cache=cache)

        level = {"range": {"rule.level": {"gte": 5}}}
        since = {"range": {"@timestamp": {"gte": to_iso(last_day)}}}
        chosen = {"bool": {"filter": [{"term": {"user.name": "user77"}}, level, since]}}
        hours = {"date_histogram": {"field": "@timestamp", "fixed_interval": "1h"}}
        percents = {"field": "http.response.bytes", "percents": [50, 95, 99]}
        following = {"size": 5_000, "sort": [{"seq": "asc"}], "query": {"range": {"seq": {"gt": middle}}}}
        return {
            "last 100 by time": search(newest),
            "term and range": search(newest | {"query": chosen}),
            "rare substring": search(newest | {"query": {"wildcard": {"message.part": f"*{NEEDLE}*"}}}),
            "wildcard": count({"wildcard": {"url.path": "*/v2/1?7"}}),
            "phrase": count({"match_phrase": {"message": "Failed password for user77"}}),
            "histogram by level": figures(hours, query=level),
            "top 20 addresses": figures({"terms": {"field": "source.ip", "size": 20}}),
            "distinct users": figures({"cardinality": {"field": "user.name"}}),
            "percentile": figures({"percentiles": percents}),
            "follow from offset": search(following),
            "(levels by term)": figures({"terms": {"field": "rule.level", "size": 20}}),
        }

    def close(self) -> None:
        """End the threads that send."""
        self._senders.shutdown()

    def _send(self, lines: list[bytes]) -> None:
        while lines:
            answer = self._client.lines("_bulk", lines)
            lines = self._refused(lines, answer["items"]) if answer["errors"] else []

    def _refused(self, lines: list[bytes], items: Sequence[dict[str, Any]]) -> list[bytes]:
        """Return the lines that it was too busy for."""
        again: list[bytes] = []
        for number, item in enumerate(items):
            found = item["create"]
            if found["status"] == 429:
                again += lines[2 * number : 2 * number + 2]
            elif found["status"] >= 300:
                raise RuntimeError(f"OpenSearch refused an event: {found}")
        return again
