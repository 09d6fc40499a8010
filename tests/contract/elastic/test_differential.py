"""The same requests to a real OpenSearch and to us, over the same documents: the same answers.

What the guide says differs (`docs/guide/elasticsearch.md`, "What differs") is not asked here.
"""

from __future__ import annotations

import json
import math
import random
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.contract.elastic.conftest import Served

Body = dict[str, Any]

DAY_MS = 86_400_000
FIRST_MS = 1_795_219_200_000  # 2026-11-21
USERS = ["anna", "bert", "Carl", "root", "admin-1", "o'neil", "Zo\u00eb"]
MESSAGES = [
    "Failed password for root from 10.0.0.1 port 22 ssh2",
    "Accepted publickey for anna",
    "session opened for user bert",
    "connection closed by 10.0.0.2 [preauth]",
    "Stra\u00dfe na\u00efve user Zo\u00eb logged in",
    "error: disk full (sda1)",
]
NOT_OURS = frozenset({
    "took", "timed_out", "_shards", "status", "_index", "_id", "_score", "max_score", "_scroll_id", "pit_id",
})  # fmt: skip
"""What no two servers answer alike."""


def documents() -> list[Body]:
    """Return documents with fields of every type, some of them absent, in lists or equal."""
    chance = random.Random(4)
    made: list[Body] = []
    for number in range(80):
        one: Body = {"n": number, "message": chance.choice(MESSAGES)}
        # Twice a power of two: sums of such times are exact in every order of adding.
        one["@timestamp"] = FIRST_MS + chance.randrange(3 * DAY_MS // 1024) * 1024
        optional: Body = {
            "user": {"name": chance.choice(USERS)},
            "source": {"ip": chance.choice(["10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.1.5"])},
            "bytes": chance.choice([0, 1, 5, 10, 17, 100, 1_000, 65_536, -3]),
            "ratio": chance.choice([0.5, 1.25, -2.0, 3.0, 100.125]),
            "tags": chance.choice([["a"], ["a", "b"], ["b", "c"], "c"]),
            "ok": chance.choice([True, False]),
            "http": {"response": {"status_code": chance.choice([200, 200, 301, 404, 500])}},
            "process": {"name": chance.choice(["sshd", "nginx", "cron"])},
        }
        made.append(one | {name: value for name, value in optional.items() if chance.random() < 0.75})
    return made


@dataclass(frozen=True)
class Pair:
    """Both servers, and the name of the index on each."""

    served: Served
    theirs: str
    index: str

    def answers(self, bodies: Sequence[Body]) -> list[tuple[Any, Any]]:
        """Return the answers of both to each search."""
        ours = self.served.ask("POST", "/_msearch", lines_of({"index": "logs-differential"}, bodies)).json()
        head = {"Content-Type": "application/x-ndjson"}
        lines = lines_of({"index": self.index}, bodies)
        theirs = httpx.post(f"{self.theirs}/_msearch", content=lines, headers=head, timeout=60).json()
        assert "responses" in theirs, theirs
        return list(zip(ours["responses"], theirs["responses"], strict=True))


def lines_of(header: Body, bodies: Sequence[Body]) -> str:
    return "".join(f"{json.dumps(header)}\n{json.dumps(body)}\n" for body in bodies)


@pytest.fixture(scope="module")
def pair(served: Served, opensearch: str) -> Iterator[Pair]:
    """Both with the same documents, theirs with the mapping that we say we have."""
    name = f"t{secrets.token_hex(6)}-differential"
    served.log("logs-differential", *documents())
    mapping = served.ask("GET", "/logs-differential/_mapping").json()["logs-differential"]["mappings"]
    settings = {"number_of_shards": 1, "number_of_replicas": 0}
    made = httpx.put(f"{opensearch}/{name}", json={"settings": settings, "mappings": mapping}, timeout=60)
    assert made.is_success, made.text
    lines = "".join(f'{{"index":{{}}}}\n{json.dumps(one)}\n' for one in documents())
    head = {"Content-Type": "application/x-ndjson"}
    url = f"{opensearch}/{name}/_bulk?refresh=true"
    assert not httpx.post(url, content=lines, headers=head, timeout=60).json()["errors"]
    yield Pair(served, opensearch, name)
    httpx.delete(f"{opensearch}/{name}", timeout=60)


def plain(answer: Any) -> Any:
    """Return an answer without what no two servers have alike."""
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items() if name not in NOT_OURS}
    return [plain(one) for one in answer] if isinstance(answer, list) else answer


def difference(ours: Any, theirs: Any, at: str = "") -> str:
    """Return the first place where answers differ; nothing when they are alike."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        names = sorted({*ours, *theirs})
        parts = [(ours.get(name, "absent"), theirs.get(name, "absent"), f"{at}.{name}") for name in names]
        return next(filter(None, (difference(*part) for part in parts)), "")
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        triples = ((one, two, f"{at}[{n}]") for n, (one, two) in enumerate(zip(ours, theirs, strict=True)))
        return next(filter(None, (difference(*triple) for triple in triples)), "")
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (ours, theirs))
    alike = math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9) if numbers else ours == theirs
    return "" if alike else f"{at}: ours {ours!r}, theirs {theirs!r}"


def assert_alike(pair: Pair, bodies: Sequence[Body]) -> None:
    """Ask both and compare."""
    found = []
    for body, (ours, theirs) in zip(bodies, pair.answers(bodies), strict=True):
        assert "error" not in theirs, (body, theirs)
        if said := difference(plain(ours), plain(theirs)):
            found.append(f"{json.dumps(body)}\n    {said}")
    assert not found, "\n".join(found)


BUCKETS: list[Body] = [
    {"terms": {"field": "user.name"}},
    {"terms": {"field": "bytes", "order": {"_key": "desc"}, "size": 4}},
    {"terms": {"field": "ratio"}},
    {"terms": {"field": "ok", "show_term_doc_count_error": True}},
    {"terms": {"field": "tags", "order": [{"_count": "asc"}, {"_key": "desc"}], "shard_size": 2**31 - 1}},
    {"terms": {"field": "user.name", "missing": "N/A", "size": 20, "min_doc_count": 2}},
    {"terms": {"field": "user.name", "include": "[a-c].*", "exclude": "bert"}},
    {"terms": {"field": "bytes", "include": [5, 10]}},
    {"terms": {"field": "http.response.status_code", "size": 2}},
    {"terms": {"field": "source.ip"}},
    {"date_histogram": {"field": "@timestamp", "calendar_interval": "day", "time_zone": "Europe/Berlin"}},
    {"date_histogram": {"field": "@timestamp", "fixed_interval": "7h", "offset": "+30m", "min_doc_count": 1}},
    {"date_histogram": {"field": "@timestamp", "fixed_interval": "1d", "order": {"_count": "desc"}}},
    {"date_histogram": {"field": "@timestamp", "fixed_interval": "1d", "format": "dd/MM/yyyy", "keyed": True,
                        "extended_bounds": {"min": "19/11/2026", "max": "25/11/2026"}}},
    {"date_histogram": {"field": "@timestamp", "calendar_interval": "1d",
                        "hard_bounds": {"min": "2026-11-21", "max": "2026-11-23"}}},
    {"histogram": {"field": "http.response.status_code", "interval": 100, "order": {"_count": "desc"}}},
    {"histogram": {"field": "ratio", "interval": 0.5, "offset": 0.1, "min_doc_count": 1}},
    {"range": {"field": "bytes", "ranges": [{"from": 100}, {"to": 5}, {"from": 5, "to": 100}]}},
    {"range": {"field": "bytes", "keyed": True, "ranges": [{"key": "small", "to": 5}, {"from": 5}]}},
    {"date_range": {"field": "@timestamp", "ranges": [{"to": "2026-11-22"}, {"from": "2026-11-22||/d"}]}},
    {"filter": {"term": {"user.name": "anna"}}},
    {"filters": {"other_bucket_key": "rest", "filters": {"big": {"range": {"bytes": {"gt": "5"}}}}}},
    {"filters": {"filters": [{"term": {"ratio": 3}}, {"exists": {"field": "user"}}]}},
    {"missing": {"field": "user.name"}},
]  # fmt: skip
FIGURES: list[Body] = [
    {"stats": {"field": "bytes"}},
    {"extended_stats": {"field": "ratio", "sigma": 3}},
    {"stats": {"field": "@timestamp"}},
    {"max": {"field": "@timestamp", "format": "yyyy-MM-dd"}},
    {"avg": {"field": "http.response.status_code"}},
    {"value_count": {"field": "tags"}},
    {"cardinality": {"field": "user.name"}},
    {"percentiles": {"field": "bytes", "percents": [0, 50, 100], "keyed": False}},
    {"top_hits": {"size": 2, "sort": [{"n": "desc"}], "_source": ["n"], "docvalue_fields": ["bytes"]}},
]
COMPOSITES: list[Body] = [
    {"size": 3, "sources": [{"u": {"terms": {"field": "user.name"}}}]},
    {"size": 3, "after": {"u": "anna"}, "sources": [{"u": {"terms": {"field": "user.name"}}}]},
    {"size": 4, "sources": [{"o": {"terms": {"field": "ok", "missing_bucket": True}}},
                            {"s": {"terms": {"field": "http.response.status_code", "order": "desc"}}}]},
    {"size": 2, "after": {"d": "2026-11-21"}, "sources": [{"d": {"date_histogram": {
        "field": "@timestamp", "fixed_interval": "1d", "format": "yyyy-MM-dd"}}}]},
]  # fmt: skip


def test_each_aggregation(pair: Pair) -> None:
    """By itself."""
    kinds = [*BUCKETS, *FIGURES, *({"composite": one} for one in COMPOSITES)]
    assert_alike(pair, [{"size": 0, "aggs": {"x": one}} for one in kinds])


def test_aggregations_within_each_other(pair: Pair) -> None:
    """Three deep, over a part of the documents."""
    chance = random.Random(7)
    bodies: list[Body] = []
    for _ in range(20):
        inner = {**chance.choice(BUCKETS), "aggs": {"f": chance.choice(FIGURES), "g": chance.choice(FIGURES)}}
        outer = {**chance.choice(BUCKETS), "aggs": {"b": inner, "h": chance.choice(FIGURES)}}
        bodies.append({"size": 0, "query": {"match": {"process.name": "sshd"}}, "aggs": {"a": outer}})
    assert_alike(pair, bodies)


LEAVES: list[Body] = [
    {"term": {"user.name": "anna"}},
    {"term": {"user.name": {"value": "ANNA", "case_insensitive": True}}},
    {"terms": {"user.name": ["anna", "Zo\u00eb"]}},
    {"term": {"bytes": "5.0"}},
    {"terms": {"bytes": ["5", 10.0]}},
    {"term": {"ratio": 3}},
    {"match": {"ratio": "3"}},
    {"range": {"bytes": {"gte": "5", "lt": 1_000}}},
    {"range": {"@timestamp": {"gte": "2026-11-21||+1d", "lt": "now"}}},
    {"range": {"@timestamp": {"gte": "2026-11-22T12:00", "time_zone": "+02:00"}}},
    {"term": {"source.ip": "10.0.0.0/31"}},
    {"match": {"message": "Zo\u00cb PASSWORD"}},
    {"match": {"message": {"query": "failed root", "operator": "and"}}},
    {"match_phrase": {"message": "publickey for anna"}},
    {"match_phrase_prefix": {"message": "session ope"}},
    {"multi_match": {"query": "anna", "fields": ["message", "user.name"]}},
    {"simple_query_string": {"query": '"failed password" | session -bert', "fields": ["message"]}},
    {"prefix": {"user.name": "a"}},
    {"wildcard": {"user.name": "*n?a"}},
    {"regexp": {"user.name": "[ab].*"}},
    {"exists": {"field": "http"}},
    {"exists": {"field": "tags"}},
    {"match_none": {}},
]
TEXTS = [
    "user.name:(anna OR bert)", "NOT user.name:anna", "+user.name:anna -ok:true", "user.name:anna ok:true",
    "user.name:anna OR ok:true AND process.name:sshd", "user.name:anna AND ok:true OR process.name:sshd",
    '"failed password"^2', "message:(+failed -session)", "message:f?iled", "message:/fail.*/", "stra\u00dfe",
    "bytes:(>5 AND <=100)", "bytes:[5 TO 100}", "bytes:{* TO 5}", "bytes:\\-3", "ratio:[0.5 TO 1.25]",
    "ratio:3", 'source.ip:"10.0.0.0/8"', "source.ip:10.0.0.0\\/8", "source.ip:[10.0.0.0 TO 10.0.0.255]",
    "_exists_:user.name", "-_exists_:tags", "@timestamp:2026-11-22", "@timestamp:>2026-11-22",
    "@timestamp:[2026-11-21||+1d TO 2026-11-22||/d]", "@timestamp:{2026-11-21 TO now/d}", "user\\.name:anna",
    "user.name:admin\\-1", "user.name:o'neil", "message:\\(sda1\\)", "*", "",
    "failed OR (session AND NOT anna)", "message.keyword:Accepted*", "user.name:a* && !ok:true || bytes:5",
]  # fmt: skip


def listed(query: Body) -> Body:
    return {"query": query, "sort": ["n"], "size": 100, "_source": ["n", "user.*"]}


def test_each_query(pair: Pair) -> None:
    """Clauses by themselves, and query strings by either operator."""
    strings = [
        {"query_string": {"query": text, "fields": ["message"], "default_operator": operator}}
        for operator, texts in (("or", TEXTS), ("and", TEXTS[:10]))
        for text in texts
    ]
    assert_alike(pair, [listed(query) for query in [*LEAVES, *strings]])


def test_queries_within_each_other(pair: Pair) -> None:
    """By `bool`, with all its parts, and by the operators of query strings."""
    chance = random.Random(11)
    bodies: list[Body] = []
    for _ in range(25):
        parts = {name: chance.sample(LEAVES, chance.randrange(3)) for name in ("must", "should", "must_not")}
        more: Body = {"minimum_should_match": 1} if parts["should"] and chance.random() < 0.5 else {}
        bodies.append(listed({"bool": {**parts, "filter": chance.choice(LEAVES), **more}}))
        words = [f"({chance.choice(TEXTS[:-5])})" for _ in range(3)]
        text = "".join(chance.choice(["", "NOT ", "+", "-"]) + word + chance.choice([" ", " AND ", " OR "])
                       for word in words).removesuffix(" AND ").removesuffix(" OR ")  # fmt: skip
        bodies.append(listed({"query_string": {"query": text, "fields": ["message"]}}))
    assert_alike(pair, bodies)


def test_pages(pair: Pair) -> None:
    """Sorts, the values they give, going on behind them, and what of a document is shown."""
    sorts: list[Any] = [
        [{"bytes": "desc"}, "n"],
        [{"user.name": {"order": "asc", "missing": "_last"}}, {"n": "desc"}],
        [{"@timestamp": {"order": "desc"}}, "n"],
        [{"tags": {"order": "desc", "mode": "max"}}, "n"],
    ]
    there = {"bool": {"filter": [{"exists": {"field": name}} for name in ("bytes", "user.name", "tags")]}}
    shown: list[Body] = [
        {"_source": ["n", "user.*"]},
        {"_source": {"includes": ["*"], "excludes": ["message", "http"]}},
        {"_source": False, "fields": ["byte*", "user.*", {"field": "@timestamp", "format": "yyyy"}]},
        {"_source": False, "docvalue_fields": ["ok", "tags"], "track_total_hits": False},
    ]
    pages = [
        {"query": there, "sort": sort, "size": 3, **chosen} for sort, chosen in zip(sorts, shown, strict=True)
    ]
    assert_alike(pair, pages)
    further = [
        {**page, "from": 0, "search_after": ours["hits"]["hits"][-1]["sort"]}
        for page, (ours, _) in zip(pages, pair.answers(pages), strict=True)
    ]
    assert_alike(pair, [*further, *({**page, "from": 2} for page in pages)])


@pytest.mark.parametrize(
    "address",
    [
        "typed_keys=true",
        "filter_path=took,hits.hits._source,aggregations.*.buckets.key",
        "filter_path=-hits,-aggregations.**.doc_count",
        "filter_path=**.key",
        "filter_path=hits.total.value&rest_total_hits_as_int=false",
    ],
)
def test_forms_of_answers(pair: Pair, address: str) -> None:
    """Names with their types, and parts of an answer."""
    kinds = [*BUCKETS, *FIGURES, *({"composite": one} for one in COMPOSITES)]
    body = {**listed({"match_all": {}}), "aggs": {f"x{n}": one for n, one in enumerate(kinds)}}
    ours = pair.served.ask("POST", f"/logs-differential/_search?{address}", body).json()
    theirs = httpx.post(f"{pair.theirs}/{pair.index}/_search?{address}", json=body, timeout=60).json()
    assert ("took" in ours) == ("took" in theirs)
    assert not difference(plain(ours), plain(theirs))


@pytest.mark.parametrize(
    "body",
    [
        {"query": {"what": {}}},
        {"query": {"term": {"a": 1, "b": 2}}},
        {"query": {"range": {"bytes": {"above": 1}}}},
        {"query": {"range": {"bytes": {"gte": "many"}}}},
        {"query": {"query_string": {"query": "(anna"}}},
        {"aggs": {"x": {"what": {"field": "n"}}}},
        {"aggs": {"x": {"avg": {"field": "n", "what": 1}}}},
        {"aggs": {"x": {"terms": {"field": "n", "size": 0}}}},
        {"size": -1},
        {"size": 10_001},
        {"what": 1},
    ],
)
def test_what_both_refuse(pair: Pair, body: Body) -> None:
    """With a status of 400 and an error that says so, never with another answer."""
    ours = pair.served.ask("POST", "/logs-differential/_search", body)
    theirs = httpx.post(f"{pair.theirs}/{pair.index}/_search", json=body, timeout=60)
    assert 400 == ours.status_code == theirs.status_code
    assert {"root_cause", "type", "reason"} <= set(ours.json()["error"])
