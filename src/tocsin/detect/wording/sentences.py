"""The sentence each kind of rule says about a match, as ElastAlert words it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tocsin.core.clock import DAY
from tocsin.detect.kinds.base import Match
from tocsin.detect.kinds.document import minute
from tocsin.detect.kinds.metric import formatted
from tocsin.detect.kinds.settings import KindSettings


def sentence(settings: KindSettings, match: Match) -> str:
    """Return what the rule's kind says about a match; empty for kinds that say nothing."""
    words = _SENTENCES.get(settings.kind)
    return words(settings, match) if words else ""


def _moment(settings: KindSettings, at: int) -> str:
    return minute(at, settings.time_format)


def _frequency(settings: KindSettings, match: Match) -> str:
    since, until = _moment(settings, match.at - settings.timeframe), _moment(settings, match.at)
    return f"At least {settings.num_events} events occurred between {since} and {until}\n\n"


def _flatline(settings: KindSettings, match: Match) -> str:
    until = _moment(settings, match.at)
    return (
        f"An abnormally low number of events occurred around {until}.\n"
        f"Between {_moment(settings, match.at - settings.timeframe)} and {until}, "
        f"there were less than {settings.threshold} events.\n\n"
    )


def _spike(settings: KindSettings, match: Match) -> str:
    now, before = match.fields["spike_count"], match.fields["reference_count"]
    span = timedelta(microseconds=settings.timeframe)
    around = _moment(settings, match.at)
    if settings.field_value:
        return (
            f"An abnormal average value ({now:.2f}) of field '{settings.field_value}' "
            f"occurred around {around}.\n"
            f"Preceding that time, the field had an average value of ({before:.2f}) within {span}\n\n"
        )
    return (
        f"An abnormal number ({int(now)}) of events occurred around {around}.\n"
        f"Preceding that time, there were only {int(before)} events within {span}\n\n"
    )


def _spike_aggregation(settings: KindSettings, match: Match) -> str:
    metric = settings.metric
    what = f"{metric.function} of {metric.field}" if metric else ""
    now, before = match.fields["spike_count"], match.fields["reference_count"]
    span = timedelta(microseconds=settings.timeframe)
    return (
        f"An abnormal {what} ({round(now, 2)}) occurred around {_moment(settings, match.at)}.\n"
        f"Preceding that time, there was a {what} of ({round(before, 2)}) within {span}\n\n"
    )


def _cardinality(settings: KindSettings, match: Match) -> str:
    bounded = settings.most is not None
    bound = f"A maximum of {settings.most}" if bounded else f"Less than {settings.fewest}"
    since = _moment(settings, match.at - settings.timeframe)
    return (
        f"{bound} unique {settings.cardinality_field}(s) occurred since last alert "
        f"or between {since} and {_moment(settings, match.at)}\n\n"
    )


def _metric(settings: KindSettings, match: Match) -> str:
    metric = settings.metric
    if metric is None:
        return ""
    value = match.fields[metric.key]
    shown = formatted(metric.format, value) if metric.format else value
    return (
        f"Threshold violation, {metric.function}:{metric.field} {shown} "
        f"(min: {_plain(metric.least)} max : {_plain(metric.most)}) \n\n"
    )


def _percentage(settings: KindSettings, match: Match) -> str:
    share = match.fields["percentage"]
    shown = formatted(settings.percentage_format, share) if settings.percentage_format else share
    return (
        f"Percentage violation, value: {shown} "
        f"(min: {_plain(settings.least_percentage)} max : {_plain(settings.most_percentage)}) "
        f"of {match.fields['denominator']} items\n\n"
    )


def _first_seen(settings: KindSettings, match: Match) -> str:
    found, name = match.fields["baseline"], match.fields["new_field"]
    field = name if isinstance(name, str) else " with ".join(name)
    return (
        f"{found['value']} is new as {field} of {found['key']}, who is known for {found['known_days']} days "
        f"with {found['known_values']} other values.\n"
        f"Of {found['others']} others, {found['others_with_value']} had it "
        f"in {timedelta(microseconds=settings.baseline.window)}.\n\n"
    )


def _usual_count(settings: KindSettings, match: Match) -> str:
    found = match.fields["baseline"]
    step = "weeks" if settings.baseline.compare == 7 * DAY else "days"
    past = ", ".join(map(str, found["past"]))
    whose = f" of {found['key']}" if settings.query_key else ""
    return (
        f"{found['count']} events{whose} in the hour from {found['hour']}: "
        f"{abs(found['deviations'])} robust standard deviations "
        f"{'above' if found['deviations'] > 0 else 'below'} what is usual.\n"
        f"The same hour of past {step} had {past} (median {found['median']:g}, "
        f"one deviation {found['deviation']:.1f}).\n\n"
    )


def _silent_source(settings: KindSettings, match: Match) -> str:
    found = match.fields["baseline"]
    who = found["key"] if settings.query_key else "Nothing"
    verb = "has not been heard of" if settings.query_key else "has been heard"
    longest = timedelta(seconds=found["longest_gap_seconds"])
    return (
        f"{who} {verb} since {found['last_seen']}, for {timedelta(seconds=found['silent_seconds'])}.\n"
        f"Its longest gap in {found['known_days']} days was {longest}.\n\n"
    )


def _plain(bound: float | None) -> str:
    return str(bound)


_SENTENCES: dict[str, Callable[[KindSettings, Match], str]] = {
    "frequency": _frequency,
    "flatline": _flatline,
    "spike": _spike,
    "spike_aggregation": _spike_aggregation,
    "cardinality": _cardinality,
    "metric_aggregation": _metric,
    "percentage_match": _percentage,
    "first_seen": _first_seen,
    "usual_count": _usual_count,
    "silent_source": _silent_source,
}
