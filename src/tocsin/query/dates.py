"""Dates as people write them in queries: RFC 3339, a day, or arithmetic on `now`.

Follows Elasticsearch's date math (`now-1h`, `now/d`, `2026-11-24||+1M/d`; units `y M w d h H m s`), in UTC.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from tocsin.core.clock import from_datetime, to_datetime
from tocsin.core.errors import InvalidError
from tocsin.query.intervals import zone_of

_ANCHOR = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)(-(?P<day>\d\d)([T ](?P<hour>\d\d)(:(?P<minute>\d\d)"
    r"(:(?P<second>\d\d)(?P<fraction>[.,]\d{1,12})?)?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?"
)
_STEP = re.compile(r"(?P<sign>[+-])(?P<count>\d{1,6})?(?P<unit>[yMwdhHms])|/(?P<round>[yMwdhHms])")
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "H": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Dates:
    """How the dates of a query are read: by which clock, and at which instant `now`.

    A `now` of None refuses what depends on the present, for queries that are asked again and again.
    """

    now: int | None
    zone: str = "UTC"

    def span(self, text: str) -> tuple[int, int]:
        """Return the first instant the text denotes and the first one after it; raises `InvalidError`."""
        if self.now is None and text.strip().startswith("now"):
            raise InvalidError(f"{text!r} depends on the time of the search, a rule has none")
        return parse_span(text, now=self.now or 0, zone=self.zone)


def parse_instant(text: str, *, now: int) -> int:
    """Return the first instant the text denotes, in microseconds; raises `InvalidError`."""
    return parse_span(text, now=now)[0]


def parse_span(text: str, *, now: int, zone: str = "UTC") -> tuple[int, int]:
    """Return the first instant the text denotes and the first one after it.

    `2026-11-24` denotes the whole day, `now/h` the whole hour, `now` one microsecond. Dates without an
    offset, and rounding, are by the clock of `zone`.
    Raises `InvalidError` naming the text and the forms that are understood.
    """
    try:
        moment, unit, rest = _anchor(text.strip(), now, zone_of(zone))
        moment, unit = _walk(moment, unit, rest)
        return from_datetime(moment), _end(moment, unit)
    except (ValueError, OverflowError) as error:
        raise InvalidError(
            f"{text!r} is not a date: write 2026-11-24, 2026-11-24T05:00:00Z, now or now-15m ({error})"
        ) from error


def _anchor(text: str, now: int, zone: tzinfo) -> tuple[datetime, str, str]:
    if text.startswith("now"):
        return to_datetime(now).astimezone(zone), "", text[3:]
    head, _, rest = text.partition("||")
    match = _ANCHOR.fullmatch(head)
    if match is None:
        raise ValueError("unknown form")
    moment = datetime.fromisoformat(_completed(match))
    moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    return moment, _precision(match), rest


def _completed(match: re.Match[str]) -> str:
    part = match.groupdict()
    fraction = (part["fraction"] or ".0").replace(",", ".")[:7]
    return (
        f"{part['year']}-{part['month']}-{part['day'] or '01'}T{part['hour'] or '00'}"
        f":{part['minute'] or '00'}:{part['second'] or '00'}{fraction}{part['zone'] or ''}"
    )


def _precision(match: re.Match[str]) -> str:
    if match["fraction"]:
        return ""
    names = {"second": "s", "minute": "m", "hour": "h", "day": "d"}
    return next((unit for name, unit in names.items() if match[name]), "M")


def _walk(moment: datetime, unit: str, steps: str) -> tuple[datetime, str]:
    place = 0
    while place < len(steps):
        step = _STEP.match(steps, place)
        if step is None:
            raise ValueError(f"cannot read {steps[place:]!r}")
        place = step.end()
        if step["round"]:
            unit = step["round"]
            moment = _floor(moment, unit)
        else:
            count = int(step["count"] or 1)
            moment = _shift(moment, step["unit"], -count if step["sign"] == "-" else count)
    return moment, unit


def _shift(moment: datetime, unit: str, count: int) -> datetime:
    if unit in _SECONDS:
        return moment + timedelta(seconds=_SECONDS[unit] * count)
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _floor(moment: datetime, unit: str) -> datetime:
    if unit == "y":
        return moment.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    if unit == "M":
        return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "w":
        return midnight - timedelta(days=midnight.weekday())
    width = timedelta(seconds=_SECONDS[unit])
    return midnight + (moment - midnight) // width * width


def _end(moment: datetime, unit: str) -> int:
    return from_datetime(_shift(moment, unit, 1)) if unit else from_datetime(moment) + 1
