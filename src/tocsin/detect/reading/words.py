"""Read how an ElastAlert rule words its alerts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.yaml_source import Source
from tocsin.detect.kinds.settings import PollSettings
from tocsin.detect.reading import typed
from tocsin.detect.wording import Jinja, Summary, Wording

_FORMS = ("", "default", "alert_text_only", "exclude_fields", "aggregation_summary_only", "alert_text_jinja")
_TABLES = ("ascii", "markdown", "html")
_SPANS = ("realert", "query_delay", "buffer_time", "run_every", "aggregation")
_DEFAULTS: Mapping[str, Any] = {"priority": 2, "timestamp_field": "@timestamp", "filter": []}
TOLD_OPTION = "rule_param_"
_REFERENCE = re.compile(r"\$(\w+)\$")


def read_wording(source: Source, name: str, poll: PollSettings) -> Wording:
    """Return the rule's words; raises `ContentError` for a template that cannot be read."""
    options = _options(source, name, poll)
    form = typed.choice(source, "alert_text_type", _FORMS, "")
    text = _text(source, "alert_text", options)
    subject = _text(source, "alert_subject", options)
    jinja = form == "alert_text_jinja"
    return Wording(
        name=name,
        options=options,
        subject=subject,
        subject_fields=_fields(source, "alert_subject_args"),
        subject_length=typed.whole(source, "alert_subject_max_len", 2048, 1, 2048),
        text=text,
        text_fields=_fields(source, "alert_text_args"),
        text_names=_names(source),
        form="" if form == "default" else form,
        missing=typed.text(source, "alert_missing_value", "<MISSING VALUE>"),
        summary=_summary(source),
        jinja=_jinja(source, "alert_text", text) if jinja else None,
        jinja_subject=_jinja(source, "alert_subject", subject) if jinja else None,
        jinja_root=typed.text(source, "jinja_root_name", "_data"),
    )


def _readable(value: Any) -> Any:
    """Return an option as texts refer to it: a span of time as `0:05:00`."""
    is_span = isinstance(value, Mapping) and value and set(value) <= set(typed.UNITS)
    if not is_span or not all(isinstance(each, int | float) for each in value.values()):
        return value
    try:
        return timedelta(**value)
    except (OverflowError, ValueError):  # longer than any span, or no number: it stays as it is written
        return value


def told_options(source: Source, name: str, poll: PollSettings) -> Mapping[str, Any]:
    """Return the options that matches carry, as `rule_param_NAME`; None for one the rule has not."""
    options = _options(source, name, poll)
    listed = typed.names(source, "include_rule_params_in_matches")
    return {f"{TOLD_OPTION}{each}": _plain(options.get(each)) for each in listed}


def _options(source: Source, name: str, poll: PollSettings) -> dict[str, Any]:
    """Return the rule's options as texts refer to them, with ElastAlert's defaults of those it leaves out.

    Several keys are joined by commas.
    """
    spans = {key: timedelta(microseconds=getattr(poll, key)) for key in _SPANS}
    options = {**_DEFAULTS, **spans, **source.values, "name": name}
    for key in ("query_key", "aggregation_key"):
        if key in options:
            options[key] = ",".join(typed.names(source, key))
    return {key: _readable(value) for key, value in options.items()}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, timedelta) else value


def _text(source: Source, key: str, options: Mapping[str, Any]) -> str | None:
    """Return a text; one that is `$option$` as a whole stands for another option of the rule."""
    if source.values.get(key) is None:
        return None

    given = typed.text(source, key)
    named = _REFERENCE.fullmatch(given.strip())
    value = options.get(named.group(1)) if named else None
    return given if value is None else str(value)


def _fields(source: Source, key: str) -> tuple[str, ...] | None:
    given = source.values.get(key)
    return None if given is None else typed.texts(source, key, given)


def _names(source: Source) -> Mapping[str, str] | None:
    given: Any = source.values.get("alert_text_kw")
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise source.refuse("alert_text_kw maps fields to names", "alert_text_kw")
    return {str(name): str(word) for name, word in given.items()}


def _jinja(source: Source, key: str, text: str | None) -> Jinja | None:
    if text is None:
        return None
    try:
        return Jinja(text)
    except InvalidError as error:
        raise source.refuse(error.message, key) from error


def _summary(source: Source) -> Summary | None:
    fields = typed.names(source, "summary_table_fields")
    if not fields:
        return None
    headers = typed.names(source, "summary_table_headers")
    if headers and len(headers) != len(fields):
        raise source.refuse("summary_table_headers needs one word per field", "summary_table_headers")
    return Summary(
        fields=fields,
        style=typed.choice(source, "summary_table_type", _TABLES, "ascii"),
        headers=headers,
        max_rows=_most_rows(source),
        prefix=typed.text(source, "summary_prefix"),
        suffix=typed.text(source, "summary_suffix"),
    )


def _most_rows(source: Source) -> int | None:
    """Return how many rows a table shows at most; none at all are its head alone, as ElastAlert draws it."""
    given = source.values.get("summary_table_max_rows")
    return None if given is None else typed.whole(source, "summary_table_max_rows", 0)
