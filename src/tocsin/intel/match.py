"""Look the values of events up in the indicators as they pass."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tocsin.core.clock import Clock
from tocsin.core.event import Event, Value
from tocsin.intel.extract import TYPED_FIELDS, Extractor
from tocsin.intel.index import IndicatorIndex, Snapshot
from tocsin.intel.kinds import key_hash
from tocsin.intel.lookup import Indicator, IndicatorReader, probes_of
from tocsin.intel.warninglists import Warninglists

_MATCHED = frozenset({"ip", "url", "domain", "hash", "email"})
FIELDS: tuple[tuple[str, str], ...] = (
    *((name, kind) for name, kind in TYPED_FIELDS if kind in _MATCHED),
    ("process.command_line", "text"),
)
"""The fields looked at and the kind each holds; of texts, the values within."""

MAX_HITS = 20
"""Indicators noted per event."""

_MAX_CLEAN = 50_000
_MAX_FOUND = 10_000
_MAX_TEXT = 4_096
_MAX_KEPT = 200
"""Longer values are looked up each time: whole messages rarely come twice."""

Probe = tuple[str, str]
Wanted = tuple[str, str]
"""Kind and text of a field."""


@dataclass(slots=True)
class _Memory:
    """What is known under one snapshot: values that hit nothing, and the rows of those that may."""

    snapshot: Snapshot
    clean: set[Wanted] = field(default_factory=set)
    found: dict[Wanted, tuple[Probe, ...]] = field(default_factory=dict)


class IndicatorMatcher:
    """Adds `threat.indicator.*` to events that hold an indicator. One thread at a time.

    The lists `threat.indicator.id`, `.feed`, `.type`, `.value` and `.field` run in parallel. A value that a
    warninglist names is not an indicator; the lists are noted in `threat.indicator.warninglist`.
    """

    def __init__(
        self,
        index: IndicatorIndex,
        reader: IndicatorReader,
        warninglists: Warninglists,
        extractor: Extractor,
        clock: Clock,
    ) -> None:
        self._index, self._reader, self._warninglists = index, reader, warninglists
        self._extractor, self._clock = extractor, clock
        self._recogniser = extractor.recogniser
        self._memory = _Memory(index.snapshot)

    def match(self, events: Sequence[Event]) -> None:
        """Look up every event of a batch and add what was found to its fields."""
        snapshot = self._index.snapshot
        if snapshot.is_empty:
            return
        if snapshot is not self._memory.snapshot:
            self._memory = _Memory(snapshot)
        wanted = self._wanted(events)
        if wanted:
            self._note(wanted, self._probed(wanted))

    def _wanted(self, events: Sequence[Event]) -> dict[Wanted, list[tuple[Event, str]]]:
        """Gather the values not known to be clean, with where they stand."""
        wanted: dict[Wanted, list[tuple[Event, str]]] = {}
        clean = self._memory.clean
        for event in events:
            fields = event.fields
            for name, kind in FIELDS:
                value = fields.get(name)
                if value is None:
                    continue
                for text in (value,) if isinstance(value, str) else _texts(value):
                    if (kind, text) not in clean and (kind != "url" or "://" in text):
                        wanted.setdefault((kind, text), []).append((event, name))
            if "://" in event.message:
                wanted.setdefault(("text", event.message), []).append((event, "message"))
        return wanted

    def _probed(self, wanted: Mapping[Wanted, object]) -> dict[Wanted, tuple[Probe, ...]]:
        """Return for each value the kinds and keys under which an indicator may stand."""
        memory = self._memory
        if len(memory.clean) > _MAX_CLEAN or len(memory.found) > _MAX_FOUND:
            memory = self._memory = _Memory(memory.snapshot)
        probes: list[tuple[Wanted, Probe]] = []
        networks: dict[Wanted, tuple[Probe, ...]] = {}
        for each in wanted:
            if each not in memory.found:
                found = list(self._probes(each))
                probes.extend((each, probe) for probe in found)
                if within := tuple(self._networks(found)):
                    networks[each] = within
        hits = dict(networks)
        hashes = np.fromiter((key_hash(*probe) for _, probe in probes), dtype=np.uint64, count=len(probes))
        for place in np.flatnonzero(memory.snapshot.may_hold(hashes)):
            each, probe = probes[int(place)]
            hits[each] = (*hits.get(each, ()), probe)
        memory.found.update(hits)
        memory.clean.update(each for each in wanted if each not in memory.found and len(each[1]) <= _MAX_KEPT)
        return {each: memory.found[each] for each in wanted if each in memory.found}

    def _probes(self, wanted: Wanted) -> Iterator[Probe]:
        kind, text = wanted
        if kind == "ip" and _is_plain_ipv4(text):
            yield kind, text
        elif kind == "text":
            for found in self._extractor.in_text(text[:_MAX_TEXT]):
                if found.kind in {"ip", "url", "domain", "hash"}:
                    yield from probes_of(found.kind, found.value)
        elif read := self._recogniser.read(kind, text):
            yield from probes_of(read.kind, read.value)

    def _networks(self, probes: Sequence[Probe]) -> Iterator[Probe]:
        networks = self._memory.snapshot.networks
        if len(networks):
            for kind, key in probes:
                if kind == "ip":
                    yield from (("cidr", network) for network in networks.holding(key))

    def _note(
        self,
        wanted: Mapping[Wanted, Sequence[tuple[Event, str]]],
        hits: Mapping[Wanted, Sequence[Probe]],
    ) -> None:
        if not hits:
            return
        known = self._reader.valid({probe for probes in hits.values() for probe in probes}, self._clock.now())
        for each, probes in hits.items():
            rows = [row for probe in probes for row in known.get(probe, ())]
            if rows:
                names = self._warned(each, probes, rows)
                for event, name in wanted[each]:
                    _warn(event, names) if names else _add(event, name, rows)

    def _warned(self, wanted: Wanted, probes: Sequence[Probe], rows: Sequence[Indicator]) -> list[str]:
        """Return the warninglists that name the value seen or the indicator itself."""
        values = {(row.kind, row.value) for row in rows}
        values.update(probe for probe in probes if probe[0] not in {"url", "cidr"})
        kind, text = wanted
        if kind in {"ip", "domain", "hash", "email"} and (read := self._recogniser.read(kind, text)):
            values.add((read.kind, read.value))
        return sorted({hit.name for value in values for hit in self._warninglists.hits(*value)})


def _add(event: Event, name: str, rows: Sequence[Indicator]) -> None:
    for row in rows:
        ids = _list(event, "id")
        if len(ids) >= MAX_HITS or row.id in ids:
            continue
        ids.append(row.id)
        _list(event, "feed").append(row.feed)
        _list(event, "type").append(row.kind)
        _list(event, "value").append(row.value)
        _list(event, "field").append(name)


def _warn(event: Event, names: Sequence[str]) -> None:
    noted = _list(event, "warninglist")
    noted.extend(name for name in names if name not in noted)


def _list(event: Event, part: str) -> list[Value]:
    name = f"threat.indicator.{part}"
    present = event.fields.get(name)
    if isinstance(present, list):
        return present
    made: list[Value] = [] if present is None else [present]
    event.fields[name] = made
    return made


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _is_plain_ipv4(text: str) -> bool:
    try:
        return len(socket.inet_pton(socket.AF_INET, text)) == 4
    except (OSError, ValueError):
        return False
