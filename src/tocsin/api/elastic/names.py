"""The names the log has fields under: what has no name of ECS stands under `data`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cached_property

from tocsin.core.fields import CATALOGUE, canonical, field_type
from tocsin.query.aggregation import ValueKind
from tocsin.store.base import EventStore, Selection

_DATA = "data."
_KINDS: dict[str, ValueKind] = {"long": "number", "double": "number", "date": "date", "ip": "address"}


class Names:
    """Finds the name of a field that a client gives as it was in the document it sent."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def __call__(self, name: str) -> str:
        """Return the name in the log; the same when it is known under none."""
        if name in CATALOGUE or name.startswith(_DATA) or name in self._types:
            return name
        under = canonical(f"{_DATA}{name}")
        return under if under in CATALOGUE or under in self._types else name

    def type_of(self, name: str) -> str:
        """Return the type of a field: as declared, else as its values are."""
        found = self(name)
        return field_type(found) or self._types.get(found, "keyword")

    def kind_of(self, name: str) -> ValueKind | None:
        """Return how the values of a field are ordered by their type; None for one that is declared."""
        return None if field_type(name) else _KINDS.get(self.type_of(name))

    def within(self, name: str) -> list[str]:
        """Return the fields within an object of that name, or that match a pattern; none for a field."""
        found = self(name)
        if found in CATALOGUE or found in self._types:
            return []
        patterns = [each for one in (name, f"{_DATA}{name}") for each in (one, f"{one}.*")]
        return [seen for seen in self._types if any(fnmatchcase(seen, pattern) for pattern in patterns)]

    @cached_property
    def _types(self) -> dict[str, str]:
        return {seen.name: seen.type for seen in self._store.fields(Selection())}
