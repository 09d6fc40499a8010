"""Events as documents: the truth is kept as it is, everything else is made from it."""

from __future__ import annotations

from typing import Any

from tocsin.core.clock import from_iso
from tocsin.core.event import Event
from tocsin.core.fields import CATALOGUE
from tocsin.store.opensearch.document import document_id, rejected, to_document, to_event
from tocsin.store.opensearch.mapping import Layout

NOON = from_iso("2026-11-24T12:00:00Z")


def event(message: str = "Hello", raw: bytes | None = None, **fields: Any) -> Event:
    return Event("s", 1, NOON, NOON + 1, message, fields, raw)


def test_event_comes_back() -> None:
    """Types, lists, odd names and raw bytes."""
    one = event(raw=b"\xff\x00", **{"a": 1, "a.b": [1, "x", True], "": "empty", "odd =\n": 2.5})
    assert one == to_event(to_document(7, one))


def test_rejected_document_keeps_the_event() -> None:
    """What a server can refuse is gone, the reason is there, and nobody takes the rest for the whole."""
    one = event(raw=b"x", a=1)
    kept = rejected(to_document(7, one), "too many fields")
    assert one == to_event(kept)
    assert (["*"], "too many fields") == (kept["tocsin"]["unsure"], kept["tocsin"]["rejected"])
    assert {"terms", "v", "n", "words", "folded"}.isdisjoint(kept["tocsin"])
    crowd = to_document(7, event(**{f"f{n}": n for n in range(1_001)}))
    assert "fields" in crowd["tocsin"]["rejected"]


def test_long_values_are_marked_not_cut() -> None:
    """They are left out of the index, and their fields are named."""
    own = to_document(1, event("m" * 40_000, a=["x" * 9_000, "y"], b="z"))["tocsin"]
    assert ["a", "message"] == own["unsure"]
    assert {"a": ["y"], "b": ["z"]} == own["v"]
    assert own["folded"] is None


def test_repetitions_are_counted_beside() -> None:
    """Doc values keep a value once; how often it is repeated stands apart."""
    own = to_document(1, event(**{"a.b": ["x", "x", "y"], "c": ["x", "y"]}))["tocsin"]
    assert {"a%2Eb": 1} == own["r"]


def test_identifiers_fit() -> None:
    """Long ones become digests, different ones different."""
    assert "s~1" == document_id("s~1")
    assert len(document_id("x" * 600)) <= 512
    assert document_id("x" * 600 + "~1") != document_id("x" * 600 + "~2")


def test_catalogue_is_reachable_under_its_own_names() -> None:
    """Each field of the catalogue is an alias in the template, for other tools."""
    mappings = Layout().template()["template"]["mappings"]["properties"]
    for name in CATALOGUE:
        if name in ("@timestamp", "_id", "message", "event.source", "event.sequence"):
            continue
        place = mappings
        *outer, last = name.split(".")
        for step in outer:
            place = place[step]["properties"]
        assert "alias" == place[last]["type"], name


def test_layout_names_indices_by_day() -> None:
    """A day and its index name each other."""
    layout = Layout("siem")
    assert "siem-events-2026.11.24" == layout.index("2026-11-24")
    assert "2026-11-24" == layout.day(layout.index("2026-11-24"))
    for elasticsearch in (False, True):
        mappings = layout.template(elasticsearch=elasticsearch)["template"]["mappings"]
        folded = mappings["properties"]["tocsin"]["properties"]["folded"]
        assert ("doc_values" in folded) is not elasticsearch
