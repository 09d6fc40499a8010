"""Indicators, warninglists, and whether the value was seen here before."""

from __future__ import annotations

from tocsin.core.clock import to_iso
from tocsin.core.errors import InvalidError
from tocsin.enrich.base import About, AnalysisError, Context, Observable, Report, Taxonomy, Verdict
from tocsin.enrich.ports import EventHistory, Known, KnownValues

_LOOKED_UP = frozenset(
    {"ip", "cidr", "domain", "url", "hash", "email", "filename", "path", "cve", "asn", "registry"}
)
_MALICIOUS_FROM = 70
_MAX_LISTED = 100


def _known(values: KnownValues, observable: Observable) -> Known:
    try:
        return values.known(observable.kind, observable.value)
    except InvalidError as error:
        raise AnalysisError(error.message) from error


class IndicatorAnalyzer:
    """Says which feeds name the value, or a network, parent domain or URL that covers it."""

    about = About(
        "indicators",
        "1.0",
        "Looks the value up in the indicators of all feeds, parents and networks included.",
        _LOOKED_UP,
        cache_s=0,
    )
    configuration = ""

    def __init__(self, values: KnownValues) -> None:
        self._values = values

    def run(self, observable: Observable, context: Context) -> Report:
        """Malicious from a confidence of 70, below suspicious; expired ones are listed and say nothing."""
        found = list(_known(self._values, observable).indicators)
        valid = [each for each in found if each.valid_until_at is None or each.valid_until_at > context.at]
        feeds = sorted({each.feed for each in valid})
        verdict: Verdict = "info"
        if valid:
            strongest = max(each.confidence for each in valid)
            verdict = "malicious" if strongest >= _MALICIOUS_FROM else "suspicious"
        summary = f"named by {len(feeds)} feed(s): {', '.join(feeds)}" if feeds else "no feed names it"
        return Report(
            verdict,
            summary,
            (Taxonomy(verdict, "Tocsin", "indicators", f"{len(feeds)} feed(s)"),),
            full={
                "indicators": [
                    {
                        "kind": each.kind,
                        "value": each.value,
                        "feed": each.feed,
                        "confidence": each.confidence,
                        "tags": list(each.tags),
                        "event_info": each.event_info,
                        "expired": each not in valid,
                    }
                    for each in found[:_MAX_LISTED]
                ]
            },
        )


class WarninglistAnalyzer:
    """Says which warninglists name the value."""

    about = About(
        "warninglists",
        "1.0",
        "Checks the value against the warninglists of harmless and well-known values.",
        _LOOKED_UP,
        cache_s=0,
    )
    configuration = ""

    def __init__(self, values: KnownValues) -> None:
        self._values = values

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Safe on a list of false positives; on a list of what is merely well known, information."""
        lists = list(_known(self._values, observable).warninglists)
        harmless = any(each.category == "false_positive" for each in lists)
        verdict: Verdict = "safe" if harmless else "info"
        names = [each.name for each in lists]
        return Report(
            verdict,
            f"on {', '.join(names)}" if names else "on no warninglist",
            (Taxonomy(verdict, "Tocsin", "warninglists", str(len(names))),),
            full={"warninglists": [{"name": each.name, "category": each.category} for each in lists]},
        )


class SeenHereAnalyzer:
    """Says how often, since when and until when the event log of the last 30 days holds the value.

    The answer may be some minutes old.
    """

    about = About(
        "seen-here",
        "1.0",
        "Counts the events of the last 30 days that hold the value, with the first and the last.",
        frozenset({"ip", "domain", "url", "hash", "email", "user", "host", "path", "filename", "process"}),
        timeout_s=20,
        cache_s=0,
    )
    configuration = ""

    def __init__(self, history: EventHistory) -> None:
        self._history = history

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Information only: how common a value is says nothing about its intent."""
        seen = self._history.seen(observable.kind, observable.value)
        first = to_iso(seen.first_at) if seen.first_at is not None else None
        last = to_iso(seen.last_at) if seen.last_at is not None else None
        since = to_iso(seen.since_at)
        summary = (
            f"in {seen.count} event(s) since {since[:10]}, first {first}, last {last}"
            if seen.count
            else f"not seen here since {since[:10]}"
        )
        return Report(
            "info",
            summary,
            (Taxonomy("info", "Tocsin", "seen", f"{seen.count} event(s)"),),
            full={
                "count": seen.count,
                "since_at": since,
                "first_at": first,
                "last_at": last,
                "hosts": list(seen.hosts[:_MAX_LISTED]),
            },
        )
