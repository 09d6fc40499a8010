"""The commit log: one small document for each commit, which alone says that its events are acknowledged.

A commit is written in this order: the events, then its record, in one document. Cut off in between, the
events are there without a record: nobody follows them, and they are deleted before the next commit, as its
source may give their sequences to others. A record names the events by source and range of sequence. Records
are created under their number: one that was acknowledged is never overwritten. Who writes holds the lease.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.store.base import StoreError
from tocsin.store.opensearch.client import Client, RefusedError
from tocsin.store.opensearch.document import document_id
from tocsin.store.opensearch.lease import WriterLease
from tocsin.store.opensearch.mapping import PAGE, Layout

_RECORDS_OF_A_REQUEST = 200


@dataclass(frozen=True, slots=True)
class Part:
    """The events of one commit number: those of `source` on `day` from `first` to `last`."""

    number: int
    source: str
    day: str
    first: int
    last: int
    count: int


class CommitLog:
    """Records of commits and marks of sources. The caller sees to it that one thread at a time writes."""

    def __init__(self, client: Client, layout: Layout, lease: WriterLease) -> None:
        self._client = client
        self._layout = layout
        self._lease = lease
        self.marks: dict[str, int] = {}
        self.last = 0
        self._is_unrefreshed = True
        self.is_known = False
        """Whether nothing is in doubt."""
        self.unfinished = False
        """Whether another log's history is here only in part."""

    def identity(self) -> str:
        """Return what tells this log from every other: made with it, the same for as long as it exists."""
        try:
            document = {"kind": "identity", "writer": secrets.token_hex(8)}
            self._client.put(f"{self._layout.log}/_create/identity", document)
        except RefusedError as error:
            if error.status != 409:
                raise
        found: str = self._client.get(f"{self._layout.log}/_doc/identity")["_source"]["writer"]
        return found

    def load(self) -> None:
        """Learn from the index what is acknowledged: once, and after every doubt."""
        if self.is_known:
            return
        self.refresh()
        found = self._search({"size": 0, "aggs": {"last": {"max": {"field": "number"}}}})
        self.last = int(found["aggregations"]["last"]["value"] or 0)
        self.marks = self._read_marks()
        begun = self._search({"size": 1, "query": {"term": {"kind": "migration"}}})
        self.unfinished = bool(begun["hits"]["hits"])
        self.is_known = True

    def doubt(self) -> None:
        """Take nothing for known until a record is made: what is being written may be cut off."""
        self.is_known = False

    def refresh(self) -> None:
        """Make every record findable."""
        self._is_unrefreshed = False  # first: a record made meanwhile may be missed
        self._client.post(f"{self._layout.log}/_refresh")

    def record(self, source: str, last_seq: int, parts: Sequence[Part]) -> None:
        """Write the record of a commit; raises `StoreError` when another process may write now."""
        first = parts[0].number
        document = self._record(source, last_seq, parts)
        self.doubt()
        self._lease.confirm()
        self._create(f"c{first}", document)
        self._lease.confirm()  # stopped in between for long, another process has the right by now
        self.is_known = True
        self._is_unrefreshed = True
        self.last = parts[-1].number
        self.marks[source] = last_seq

    def begin(self) -> None:
        """Note that another log's history is being taken over; `adopt` ends it."""
        self._client.put(f"{self._layout.log}/_doc/migration", {"kind": "migration"})
        self.unfinished = True

    def take_over(self, parts: Sequence[Part]) -> None:
        """Write the records of another log's commits, in order and under their numbers."""
        lines: list[Any] = []
        for part in parts:
            document = self._record(part.source, part.last, [part])
            lines += [{"create": {"_index": self._layout.log, "_id": f"c{part.number}"}}, document]
        self._lease.confirm()
        _checked(self._client.lines("_bulk", lines))
        self._is_unrefreshed = True
        for part in parts:
            self.last = max(self.last, part.number)
            self.marks[part.source] = max(part.last, self.marks.get(part.source, 0))

    def adopt(self, marks: Mapping[str, int], last: int) -> None:
        """Make another log's marks and last number ours, once its commits are here."""
        self.marks.update({source: max(mark, self.marks.get(source, 0)) for source, mark in marks.items()})
        self.last = max(self.last, last)
        self.carry()
        self._client.delete(f"{self._layout.log}/_doc/migration")
        self.unfinished = False

    def settle(self, source: str, last_seq: int) -> None:
        """Write the mark of a source whose records were all refused: no commit, but accounted for."""
        self._lease.confirm()
        _checked(self._client.lines("_bulk", self._mark_lines(source, last_seq)))
        self.marks[source] = last_seq

    def after(self, number: int, limit: int) -> list[Part]:
        """Return parts with numbers above, in order: up to `limit` events, at least one part."""
        query = {"bool": {"filter": [{"term": {"kind": "commit"}}, {"range": {"number": {"gt": number}}}]}}
        if self._is_unrefreshed:
            self.refresh()
        body = {
            "size": min(max(1, limit), _RECORDS_OF_A_REQUEST),
            "query": query,
            "sort": [{"number": "asc"}],
        }
        chosen: list[Part] = []
        total = 0
        for hit in self._search(body)["hits"]["hits"]:
            for part in _parts(hit["_source"]):
                if part.number <= number:
                    continue
                total += part.count
                if chosen and total > limit:
                    return chosen
                chosen.append(part)
        return chosen

    def carry(self) -> None:
        """Make marks and the last number durable apart from the records, before some of these go."""
        state = {"kind": "state", "number": self.last}
        lines: list[Any] = [{"index": {"_index": self._layout.log, "_id": "state"}}, state]
        for source, mark in self.marks.items():
            lines += self._mark_lines(source, mark)
        for start in range(0, len(lines), PAGE):
            _checked(self._client.lines("_bulk", lines[start : start + PAGE]))

    def forget(self, kept: set[str]) -> None:
        """Delete the records all of whose days are gone; `carry` was called before."""
        self.refresh()
        gone = {
            "bool": {"filter": [{"term": {"kind": "commit"}}], "must_not": [{"terms": {"days": [*kept]}}]}
        }
        while True:
            body = {"size": 5_000, "query": gone, "_source": False}
            ids = [hit["_id"] for hit in self._search(body)["hits"]["hits"]]
            if not ids:
                return
            lines = [{"delete": {"_index": self._layout.log, "_id": one}} for one in ids]
            _checked(self._client.lines("_bulk", lines, refresh="true"))

    def _record(self, source: str, last_seq: int, parts: Sequence[Part]) -> dict[str, Any]:
        return {
            "kind": "commit",
            "source": source,
            "number": parts[-1].number,
            "last_seq": last_seq,
            "days": [part.day for part in parts],
            "parts": [[part.number, part.day, part.first, part.last, part.count] for part in parts],
            "writer": self._lease.token,
        }

    def _create(self, identifier: str, document: Mapping[str, Any]) -> None:
        path = f"{self._layout.log}/_create/{identifier}"
        try:
            self._client.put(path, document)
        except RefusedError as error:
            if error.status != 409:
                raise
            found = self._client.get(f"{self._layout.log}/_doc/{identifier}")
            if found["_source"] == document:
                return  # it was our own attempt, whose answer was lost
            # It came late, of a request given up for lost or of who has lost the right: never acknowledged.
            self._lease.confirm()
            version = {name: str(found[f"_{name[3:]}"]) for name in ("if_seq_no", "if_primary_term")}
            self._client.put(f"{self._layout.log}/_doc/{identifier}", document, **version)

    def _mark_lines(self, source: str, mark: int) -> list[Any]:
        action = {"_index": self._layout.log, "_id": "m" + document_id(source)}
        newer = {"version": mark, "version_type": "external_gte"}
        return [{"index": action | newer}, {"kind": "mark", "source": source, "last_seq": mark}]

    def _read_marks(self) -> dict[str, int]:
        marks: dict[str, int] = {}
        sources: dict[str, Any] = {"size": PAGE, "sources": [{"source": {"terms": {"field": "source"}}}]}
        highest = {"mark": {"max": {"field": "last_seq"}}}
        while True:
            body = {"size": 0, "aggs": {"sources": {"composite": sources, "aggs": highest}}}
            found = self._search(body)["aggregations"]["sources"]
            for bucket in found["buckets"]:
                marks[bucket["key"]["source"]] = int(bucket["mark"]["value"])
            if "after_key" not in found:
                return marks
            sources["after"] = found["after_key"]

    def _search(self, body: Mapping[str, Any]) -> Any:
        return self._client.post(f"{self._layout.log}/_search", body, allow_partial_search_results="false")


def _parts(record: Mapping[str, Any]) -> list[Part]:
    return [Part(number, record["source"], *rest) for number, *rest in record["parts"]]


def _checked(answer: Mapping[str, Any]) -> None:
    """Raise for what a bulk request did not do; 409 says that something newer is there."""
    for item in answer["items"]:
        (found,) = item.values()
        if found["status"] >= 300 and found["status"] not in (404, 409):
            raise StoreError(f"the search server refused a mark: {found.get('error')}")
