"""The names the log has fields under: what has no name of ECS stands under `data`."""

from __future__ import annotations

from functools import cached_property

from tocsin.core.fields import CATALOGUE, canonical, field_type
from tocsin.store.base import EventStore, Selection

_DATA = "data."


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

    @cached_property
    def _types(self) -> dict[str, str]:
        return {seen.name: seen.type for seen in self._store.fields(Selection())}
