"""Fields that have a column of their own in one event table, beside those that have one in every table.

A field's single values and its lists are told apart: either may have a column, and then none of them is
in the map of the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

import msgspec

Type = Literal["VARCHAR", "BIGINT", "DOUBLE", "VARCHAR[]"]


class OwnField(msgspec.Struct, frozen=True, array_like=True):
    """A field with a column of its own: of lists, of texts, or of numbers whose text is the database's."""

    name: str
    type: Type = "VARCHAR"


@dataclass(frozen=True, slots=True)
class OwnColumns:
    """The own columns of a table, in their order: `own_0` is that of the first."""

    fields: tuple[OwnField, ...] = ()
    singles: dict[str, tuple[str, Type]] = field(init=False)
    """Column and type by the name of a field, for its single values."""
    lists: dict[str, str] = field(init=False)
    """Column by the name of a field, for its lists."""

    def __post_init__(self) -> None:
        named = list(zip(self.names, self.fields, strict=True))
        singles = {one.name: (column, one.type) for column, one in named if one.type != "VARCHAR[]"}
        object.__setattr__(self, "singles", singles)
        lists = {one.name: column for column, one in named if one.type == "VARCHAR[]"}
        object.__setattr__(self, "lists", lists)

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [f"own_{place}" for place in range(len(self.fields))]

    def untyped(self) -> OwnColumns:
        """Return the same columns with numbers as texts, as beside a part that has no such column."""
        as_text = [OwnField(one.name) if one.type != "VARCHAR[]" else one for one in self.fields]
        return OwnColumns(tuple(as_text))


NONE = OwnColumns()


@dataclass(frozen=True, slots=True)
class Operand:
    """A value in a condition: the SQL of its text, and of the number it is held as, if it is.

    `whole` says that the number is a whole one.
    """

    text: str
    number: str = ""
    whole: bool = False


def operand(column: str, of_type: Type) -> Operand:
    """Return the value of a column of single values."""
    if of_type == "VARCHAR":
        return Operand(column)
    return Operand(f"{column}::VARCHAR", column, of_type == "BIGINT")


_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)
_MOST = 2**63


def whole_number(text: str) -> int | None:
    """Return the number that a column of whole numbers holds for a text; None when it cannot hold it."""
    if _WHOLE.fullmatch(text) is None:
        return None
    number = int(text)
    return number if -_MOST <= number < _MOST else None
