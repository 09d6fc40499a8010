"""The most frequent values around a match, for rules that want them told."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.core.clock import MINUTE
from tocsin.detect.kinds import Hit, KindSettings, Match, PollSettings
from tocsin.detect.kinds.document import lookup
from tocsin.detect.kinds.figures import listed, ranked
from tocsin.detect.runs.log import Log
from tocsin.detect.wording import TOP_EVENTS

_AROUND = 10 * MINUTE
"""After the match, and before it for a rule without timeframe."""


def tell_top(kind: KindSettings, poll: PollSettings, matches: Sequence[Match], log: Log) -> None:
    """Add to every match the most frequent values of the fields the rule names, of the same key."""
    for match in matches if poll.top_fields else ():
        hits = _around(kind, match, poll.moment(match.at), log)
        for name in poll.top_fields:
            groups = [group for group in ranked(hits, name) if len(group[1]) >= kind.min_doc_count]
            counts = {value: len(inside) for value, inside in groups[: poll.top_number]}
            suffix = "" if name.endswith(poll.top_suffix) else poll.top_suffix
            match.fields[f"{TOP_EVENTS}{name}{suffix}"] = counts


def _around(kind: KindSettings, match: Match, at: int, log: Log) -> list[Hit]:
    span = kind.timeframe or _AROUND
    start = at - (2 * span if kind.kind == "flatline" else span)
    hits = log.between(start, at + _AROUND)
    if not kind.query_key:
        return list(hits)
    wanted = lookup(match.fields, kind.query_key)
    if wanted is None:
        return list(hits)
    texts = (text.strip() for text in str(wanted).split(","))
    parts = list(zip(kind.keys, texts, strict=False))
    return [hit for hit in hits if all(_says(hit, name, part) for name, part in parts)]


def _says(hit: Hit, name: str, text: str) -> bool:
    """Say whether a field has a value that reads so: of a key only its text is asked for, up to a comma."""
    return any(str(value) == text for value in listed(lookup(hit.fields, name)))
