"""Read how an ElastAlert rule words its alerts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.yaml_source import Source
from tocsin.detect.reading import typed
from tocsin.detect.wording import Jinja, Summary, Wording

_FORMS = ("", "default", "alert_text_only", "exclude_fields", "aggregation_summary_only", "alert_text_jinja")
_TABLES = ("ascii", "markdown", "html")
_REFERENCE = re.compile(r"\$(\w+)\$")


def read_wording(source: Source, name: str, gathers: bool) -> Wording:
    """Return the rule's words; raises `ContentError` for a template that cannot be read."""
    form = typed.choice(source, "alert_text_type", _FORMS, "")
    text = _text(source, "alert_text")
    subject = _text(source, "alert_subject")
    jinja = form == "alert_text_jinja"
    return Wording(
        name=name,
        options={"name": name, **{key: _readable(value) for key, value in source.values.items()}},
        subject=subject,
        subject_fields=_fields(source, "alert_subject_args"),
        subject_length=typed.whole(source, "alert_subject_max_len", 2048, 1, 2048),
        text=text,
        text_fields=_fields(source, "alert_text_args"),
        text_names=_names(source),
        form="" if form == "default" else form,
        missing=typed.text(source, "alert_missing_value", "<MISSING VALUE>"),
        summary=_summary(source) if gathers else None,
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


def _text(source: Source, key: str) -> str | None:
    """Return a text; one that is `$option$` as a whole stands for another option of the rule."""
    if source.values.get(key) is None:
        return None

    given = typed.text(source, key)
    named = _REFERENCE.fullmatch(given.strip())
    value = source.values.get(named.group(1)) if named else None
    return given if value is None or isinstance(value, list | Mapping) else str(value)


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
        max_rows=typed.whole(source, "summary_table_max_rows", 0),
        prefix=typed.text(source, "summary_prefix"),
        suffix=typed.text(source, "summary_suffix"),
    )
