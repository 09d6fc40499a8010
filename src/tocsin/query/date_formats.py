"""Dates as Elasticsearch's clients send them: `format`, `time_zone`, date math and epochs.

Format: Elasticsearch 8, "format" (names and patterns of Java's DateTimeFormatter) and "Date Math".
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from functools import lru_cache

from tocsin.core.clock import to_datetime
from tocsin.core.errors import InvalidError
from tocsin.query.dates import parse_span
from tocsin.query.intervals import zone_of
from tocsin.query.tree import Scalar

DEFAULT_FORMAT = "strict_date_optional_time||epoch_millis"

_ISO_NAMES = frozenset(
    name
    for base in (
        "date_optional_time", "date_optional_time_nanos", "date", "date_time", "date_time_no_millis",
        "date_hour_minute_second", "date_hour_minute_second_millis", "year_month_day", "year_month", "year",
    )
    for name in (base, f"strict_{base}")
) | {"iso8601"}  # fmt: skip
_EPOCHS = {"epoch_millis": 1_000, "epoch_second": 1_000_000}
_NUMBER = re.compile(r"-?\d{1,17}(\.\d{1,9})?")
_YEAR = re.compile(r"\d{4}")
_LETTERS = {
    "yyyy": r"(?P<year>\d{4})", "uuuu": r"(?P<year>\d{4})", "MM": r"(?P<month>\d\d)", "dd": r"(?P<day>\d\d)",
    "HH": r"(?P<hour>\d\d)", "mm": r"(?P<minute>\d\d)", "ss": r"(?P<second>\d\d)",
    "SSS": r"(?P<fraction>\d{3})", "SSSSSS": r"(?P<fraction>\d{6})",
    "XXX": r"(?P<zone>Z|[+-]\d\d:\d\d)", "XX": r"(?P<zone>Z|[+-]\d{4})", "Z": r"(?P<zone>Z|[+-]\d{4})",
    "ZZ": r"(?P<zone>Z|[+-]\d\d:\d\d)",
}  # fmt: skip
_PIECE = re.compile(r"'(?P<quoted>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.DOTALL)


def parse_date(value: Scalar, *, now: int, formats: str = "", zone: str = "UTC") -> tuple[int, int]:
    """Return the first instant a value denotes and the first one after it, in microseconds.

    `formats` are names and patterns with `||` between. Raises `InvalidError` naming value and formats.
    """
    zone_of(zone)  # one that is none is at fault, whatever the value is
    text = str(value).strip()
    wanted = (formats or DEFAULT_FORMAT).split("||")
    if text.startswith("now"):
        return parse_span(text, now=now, zone=zone)
    head, separator, math = text.partition("||")
    for name in wanted:
        found = _read(head, name.strip(), is_number=isinstance(value, int | float))
        if isinstance(found, tuple):
            return found
        if found is not None:
            with suppress(InvalidError):  # the next format may fit
                return parse_span(found + separator + math, now=now, zone=zone)
    raise InvalidError(f"failed to parse date field [{text[:60]}] with format [{'||'.join(wanted)[:80]}]")


def format_date(at: int, *, formats: str = "", zone: str = "UTC") -> str:
    """Return an instant as the first of the formats writes it; without one, in ISO 8601."""
    name = formats.partition("||")[0].strip()
    if name in _EPOCHS:
        return str(at // _EPOCHS[name])
    moment = to_datetime(at).astimezone(zone_of(zone))
    if not name or name in _ISO_NAMES:
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts: list[str] = []
    for piece in _PIECE.finditer(name):
        if piece["letters"] is None:
            parts.append(piece["quoted"] if piece["quoted"] is not None else piece["other"])
        else:
            parts.append(_written(moment, piece["letters"], name))
    return "".join(parts)


def _written(moment: datetime, letters: str, name: str) -> str:
    if letters in {"SSS", "SSSSSS"}:
        return f"{moment.microsecond:06d}"[: len(letters)]
    if letters in {"XXX", "XX", "Z", "ZZ"}:
        offset = moment.strftime("%z")
        return offset if letters in {"XX", "Z"} else f"{offset[:3]}:{offset[3:5]}"
    if letters not in _DIRECTIVES:
        raise InvalidError(f"the date format [{name[:60]}] is not understood: {letters}")
    return moment.strftime(_DIRECTIVES[letters])


_DIRECTIVES = {
    "yyyy": "%Y", "uuuu": "%Y", "yy": "%y", "MM": "%m", "MMM": "%b", "dd": "%d", "HH": "%H", "mm": "%M",
    "ss": "%S", "EEE": "%a",
}  # fmt: skip


def _read(text: str, name: str, *, is_number: bool) -> tuple[int, int] | str | None:
    """Return the span of an epoch, the ISO form of a date, or None when the format does not fit."""
    if name in _EPOCHS:
        if not _NUMBER.fullmatch(text):
            return None
        first = round(float(text) * _EPOCHS[name]) if "." in text else int(text) * _EPOCHS[name]
        return first, first + (1 if "." in text else _EPOCHS[name])
    if name in _ISO_NAMES:
        if _YEAR.fullmatch(text):
            return f"{text}-01||/y" if not is_number else None
        return None if is_number or _NUMBER.fullmatch(text) else text
    match = _pattern(name).fullmatch(text)
    return _iso(match) if match else None


def _iso(match: re.Match[str]) -> str:
    part = {name: value for name, value in match.groupdict().items() if value is not None}
    text = f"{part.get('year', '1970')}-{part.get('month', '01')}"
    if "day" not in part:
        return text
    text += f"-{part['day']}"
    if "hour" in part:
        text += f"T{part['hour']}:{part.get('minute', '00')}"
        text += f":{part['second']}" if "second" in part else ""
        text += f".{part['fraction']}" if "fraction" in part else ""
        text += part.get("zone", "")
    return text


@lru_cache(maxsize=64)
def _pattern(name: str) -> re.Pattern[str]:
    parts: list[str] = []
    for piece in _PIECE.finditer(name):
        if piece["letters"] is None:
            parts.append(re.escape(piece["quoted"] if piece["quoted"] is not None else piece["other"]))
        elif piece["letters"] in _LETTERS:
            parts.append(_LETTERS[piece["letters"]])
        else:
            raise InvalidError(f"the date format [{name[:60]}] is not understood: {piece['letters']}")
    try:
        return re.compile("".join(parts))
    except re.error as error:
        raise InvalidError(f"the date format [{name[:60]}] is not understood: {error}") from error
