"""How a value is compared: its texts, and the keys by which numbers, dates and addresses are ordered.

The predicate uses these functions; `sql_macros` states the same rules for DuckDB. The property tests
hold the two together, so change both or neither.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from tocsin.core.clock import from_datetime
from tocsin.core.errors import InvalidError
from tocsin.core.fields import field_type
from tocsin.query.tree import Range, Scalar

NUMBER = r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?"
LONGEST_NUMBER = 300
"""Characters of the longest text that is a number. A pattern that bounds its runs of digits itself takes a
database longer to compile than to try on ten thousand values.
"""
DATE = (
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,12})?)?"
    r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?"
)
MICROSECONDS = r"-?[0-9]{1,18}"
_NUMBER = re.compile(NUMBER)
_DATE = re.compile(DATE)
_MICROSECONDS = re.compile(MICROSECONDS)
_SUBMICRO = re.compile(r"(\.[0-9]{6})[0-9]+")
_MAPPED = 0xFFFF << 32


def text_of(value: Scalar) -> str:
    """Return the text form by which values of different types are compared."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def texts_of(value: Any) -> list[str]:
    """Return the text forms of a field's value: one, or one for each element of a list."""
    if isinstance(value, list):
        return [text_of(element) for element in value]
    return [text_of(value)]


def fold(text: str) -> str:
    """Return the text in lower case, character by character (Unicode's simple mapping).

    `str.lower` differs in two places that a database does not follow: U+0130 and the final sigma.
    """
    if text.isascii() or ("\u0130" not in text and "\u03a3" not in text):
        return text.lower()
    return "".join("i" if letter == "\u0130" else letter.lower() for letter in text)


def is_number(text: str) -> bool:
    """Say whether a text writes a number in decimal, however large."""
    return len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text) is not None


def number_key(text: str) -> float | None:
    """Return the number a text writes in decimal, or None."""
    if not is_number(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def date_key(text: str) -> int | None:
    """Return the microseconds of a date in RFC 3339 form (UTC when no offset), or of a whole number."""
    if _MICROSECONDS.fullmatch(text):
        return int(text)
    if not _DATE.fullmatch(text):
        return None
    try:
        return from_datetime(datetime.fromisoformat(_SUBMICRO.sub(r"\1", text)))
    except ValueError:
        return None


def date_part(text: str, part: str) -> int | None:
    """Return the `minute`, `hour`, `day`, `week` (ISO 8601), `month` or `year` of a date in UTC, or None."""
    key = date_key(text)
    if key is None:
        return None
    try:
        moment = datetime.fromtimestamp(key // 1_000_000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return moment.isocalendar().week if part == "week" else int(getattr(moment, part))


def address_key(text: str) -> str | None:
    """Return 32 hexadecimal digits that sort as addresses do, or None for what is no address.

    An IPv4 address sorts as the IPv6 address it maps to (`::ffff:10.0.0.1`), and equals it.
    """
    if "%" in text or len(text) > 45:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return _hex(_widened(address))


def network_bounds(network: str) -> tuple[str, str]:
    """Return the keys of the first and last address of a CIDR network; raises `InvalidError`."""
    try:
        parsed = ip_network(network, strict=False)
    except ValueError as error:
        raise InvalidError(f"{network!r} is not a network such as 10.0.0.0/8: {error}") from error
    first = parsed.network_address
    last = parsed.broadcast_address
    return _hex(_widened(first)), _hex(_widened(last))


def _widened(address: Any) -> int:
    return int(address) | _MAPPED if isinstance(address, IPv4Address) else int(address)


def _hex(number: int) -> str:
    return f"{number:032x}"


Key = Callable[[str], Any]
Kind = str
"""One of `date`, `address`, `number`, `text`: how a range compares."""

KEYS: dict[Kind, Key] = {"date": date_key, "address": address_key, "number": number_key, "text": fold}


def range_kind(node: Range) -> Kind:
    """Say how a range compares: by the field's declared type, else by the type of its bounds."""
    declared = field_type(node.field)
    if declared == "date":
        return "date"
    if declared == "ip":
        return "address"
    if declared in ("long", "double") or all(_is_number(bound) for bound in bounds(node)):
        return "number"
    return "text"


def range_bounds(node: Range) -> list[tuple[str, Any]]:
    """Return the set bounds as operator (`>`, `>=`, `<`, `<=`) and key, ready to compare.

    Raises `InvalidError` for a bound that is no value of the kind compared.
    """
    kind = range_kind(node)
    pairs = ((">", node.gt), (">=", node.gte), ("<", node.lt), ("<=", node.lte))
    return [(operator, _bound(node.field, kind, bound)) for operator, bound in pairs if bound is not None]


def bounds(node: Range) -> list[Scalar]:
    """Return the bounds that are set."""
    return [bound for bound in (node.gt, node.gte, node.lt, node.lte) if bound is not None]


def _is_number(bound: Scalar) -> bool:
    return isinstance(bound, int | float) and not isinstance(bound, bool)


def _bound(field: str, kind: Kind, bound: Scalar) -> Any:
    key = KEYS[kind](text_of(bound))
    if key is None:
        raise InvalidError(f"{text_of(bound)!r} is not a {kind} that {field} can be compared with")
    return key
