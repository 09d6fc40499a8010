"""Spans of time as people write them: `90s`, `15m`, `24h`, `7d`."""

from __future__ import annotations

import re

from tocsin.core.clock import DAY, HOUR, MINUTE, SECOND
from tocsin.core.errors import InvalidError

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_SPAN = re.compile(r"(\d{1,6})\s*([smhd])")


def span(text: str) -> int:
    """Return the span in microseconds; raises `InvalidError` for text that is none."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise InvalidError(f"{text!r} is no span of time such as 15m or 24h")
    return int(found.group(1)) * _UNITS[found.group(2)]
