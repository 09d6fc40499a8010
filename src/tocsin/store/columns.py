"""One table over the days of a selection, with just the columns a statement asks for."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP
from tocsin.query.aggregation import ValueKind
from tocsin.query.sql import Writer
from tocsin.query.tree import Node
from tocsin.store.base import Selection
from tocsin.store.days import Days
from tocsin.store.narrowing import Narrowed, narrowed
from tocsin.store.pages import days_within, fetch, where

_Build = Callable[[Writer], str]
_PROPERTIES = frozenset({TIMESTAMP, EVENT_ID, MESSAGE, "event.source", "event.sequence"})
"""Fields of the event itself, which never hold a list."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; `many` when its cells are lists."""

    name: str
    many: bool


class Table:
    """The selected events of all days as one SQL table; add columns, then ask for `sql`.

    The columns `at_us`, `source` and `seq` are always there. The days are open as long as the table is.
    """

    def __init__(self, days: Sequence[Narrowed], selection: Selection, writer: Writer) -> None:
        self._days = days
        self._selection = selection
        self._columns: list[tuple[str, _Build]] = []
        self._listed = frozenset[str]().union(*(day.file.summary.listed for day in days))
        self.writer = writer

    def fresh(self) -> Table:
        """Return the same table without columns, for the next statement."""
        return Table(self._days, self._selection, Writer())

    def texts(self, name: str) -> Column:
        """Add the texts of a field."""
        if not self._is_listed(name):
            return self._add(lambda writer: writer.single(name))
        return self._add(lambda writer: _as_list(writer, name), many=True)

    def values(self, name: str, kind: ValueKind) -> Column:
        """Add the values of a field as keys of one kind: what is no number, date or address is left out."""
        if name == TIMESTAMP and kind in {"date", "number"}:
            return self._add(lambda _writer: "at_us")
        if kind == "text":
            return self.texts(name)
        if not self._is_listed(name):
            return self._add(lambda writer: writer.key(name, kind))
        return self._add(
            lambda writer: (
                f"list_filter(list_transform({_as_list(writer, name)}, lambda x: {kind}_key(x)),"
                " lambda x: x IS NOT NULL)"
            ),
            many=True,
        )

    def chosen(self, queries: Sequence[Node]) -> Column:
        """Add the places of those queries that select the event."""

        def build(writer: Writer) -> str:
            cases = [
                f"CASE WHEN {writer.condition(query)} THEN {place} END" for place, query in enumerate(queries)
            ]
            return f"list_filter([{', '.join(cases)}]::INTEGER[], lambda x: x IS NOT NULL)"

        return self._add(build, many=True)

    def sql(self) -> str:
        """Return the table as a SELECT."""
        return " UNION ALL ".join(self._of_day(day) for day in self._days)

    def _of_day(self, day: Narrowed) -> str:
        condition = where(self.writer, day.file, self._selection)  # tells the writer of the day
        columns = ["at_us", "source", "seq"]
        columns += [f"{build(self.writer)} AS {name}" for name, build in self._columns]
        return f"SELECT {', '.join(columns)} FROM {day.events(self.writer)} WHERE {condition}"

    def _is_listed(self, name: str) -> bool:
        return name in self._listed and name not in _PROPERTIES

    def _add(self, build: _Build, *, many: bool = False) -> Column:
        name = f"c{len(self._columns)}"
        self._columns.append((name, build))
        return Column(name, many)


@contextmanager
def opened(days: Days, selection: Selection, names: Sequence[str] | None = None) -> Iterator[Table | None]:
    """Hold days of a selection open, all or those named, and yield their table; None when there is none."""
    names = days_within(days, selection) if names is None else names
    with ExitStack() as leases:
        files = [leases.enter_context(days.lease(day)) for day in names]
        ask = partial(fetch, days)
        kept = [narrowed(file, selection.query, ask) for file in files if file is not None]
        yield Table(kept, selection, Writer()) if kept else None


def _as_list(writer: Writer, name: str) -> str:
    single = writer.single(name)
    one = f"CASE WHEN {single} IS NULL THEN []::VARCHAR[] ELSE [{single}] END"
    many = writer.many(name)
    return f"coalesce({many}, {one})" if many else one
