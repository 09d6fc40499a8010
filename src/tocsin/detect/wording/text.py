"""Title and body of an alert, in every form a rule can ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.detect.kinds.base import Match
from tocsin.detect.kinds.document import Document, lookup, offset_timestamp
from tocsin.detect.kinds.settings import KindSettings
from tocsin.detect.wording.sentences import sentence
from tocsin.detect.wording.summary import Summary, summarise
from tocsin.detect.wording.templates import Jinja, fill

TOP_EVENTS = "top_events_"
"""Fields of a match that hold the most frequent values of another field."""

RELATED = "related_events"

_DASHES = "\n" + "-" * 40 + "\n"


@dataclass(frozen=True, slots=True)
class Wording:
    """How a rule words its alerts. `options` are the rule's own, which texts may refer to."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)  # they may hold secrets
    subject: str | None = None
    subject_fields: tuple[str, ...] | None = None
    subject_length: int = 2048
    text: str | None = None
    text_fields: tuple[str, ...] | None = None
    text_names: Mapping[str, str] | None = None
    """Field → name in the template."""
    form: str = ""
    """alert_text_only, exclude_fields, aggregation_summary_only or alert_text_jinja; empty: everything."""
    missing: str = "<MISSING VALUE>"
    summary: Summary | None = None
    jinja: Jinja | None = None
    jinja_subject: Jinja | None = None
    jinja_root: str = "_data"


def plainly(wording: Wording) -> Wording:
    """Return the words without the rule's name above and the list of every field below, unless asked for."""
    text = "" if wording.text is None else wording.text
    return replace(wording, form=wording.form or "exclude_fields", text=text)


def title(wording: Wording, matches: Sequence[Match]) -> str:
    """Return the alert's title: the subject worded after the first match, else the rule's name."""
    if wording.subject is None:
        return wording.name
    first = matches[0].fields
    text = wording.subject
    if wording.subject_fields is not None:
        text = _filled(text, _values(wording, first, wording.subject_fields))
    elif wording.jinja_subject is not None:
        text = _rendered(wording, wording.jinja_subject, text, first)
    return text[: wording.subject_length]


def body(wording: Wording, settings: KindSettings, matches: Sequence[Match]) -> str:
    """Return the alert's text: the table of a gathered alert, then what is said of each match."""
    text = ""
    if wording.summary is not None:
        text = summarise(wording.summary, [match.fields for match in matches])
    if wording.form == "aggregation_summary_only":
        return text
    for match in matches:
        text += match_text(wording, settings, match)
        if len(matches) > 1:
            text += _DASHES
    return text


def match_text(wording: Wording, settings: KindSettings, match: Match) -> str:
    """Return what is said of one match."""
    text = f"{wording.name}\n\n" if wording.text is None else ""
    text = _paragraph(text + _own_text(wording, match.fields))
    if wording.form in {"alert_text_only", "alert_text_jinja"}:
        return text
    text = _paragraph(text + sentence(settings, match))
    text += _top_events(match.fields)
    return text if wording.form == "exclude_fields" else text + _fields(settings, match)


def _own_text(wording: Wording, document: Document) -> str:
    if wording.jinja is not None:
        return _rendered(wording, wording.jinja, wording.text or "", document)
    text = wording.text or ""
    if wording.text_fields is not None:
        return _filled(text, _values(wording, document, wording.text_fields))
    if wording.text_names is not None:
        found = _values(wording, document, tuple(wording.text_names))
        return _filled(text, (), dict(zip(wording.text_names.values(), found, strict=True)))
    return text


def _filled(template: str, values: Sequence[Any], named: Mapping[str, Any] | None = None) -> str:
    """Fill a template; one that does not fit is told as it stands, because the alert must not be lost."""
    try:
        return fill(template, values, named)
    except InvalidError as error:
        return f"{template} ({error.message})"


def _rendered(wording: Wording, template: Jinja, text: str, document: Document) -> str:
    """Fill a Jinja template; one that fails is told as it stands, because the alert must not be lost."""
    try:
        return template.render(_visible(wording, document), wording.jinja_root)
    except InvalidError as error:
        return f"{text} ({error.message})"


def _visible(wording: Wording, document: Document) -> dict[str, Any]:
    return {**wording.options, **document}


def _values(wording: Wording, document: Document, names: Sequence[str]) -> list[Any]:
    """Return the values of fields, else of the rule's options, else what stands for a missing value."""
    found = []
    for name in names:
        value = lookup(document, name)
        if value is None:
            value = wording.options.get(name) or None
        found.append(wording.missing if value is None else value)
    return found


def _paragraph(text: str) -> str:
    """Return the text with an empty line at its end."""
    if text.endswith("\n\n"):
        return text
    return text + ("\n" if text.endswith("\n") else "\n\n")


def _top_events(document: Document) -> str:
    text = ""
    for name, counts in document.items():
        if not name.startswith(TOP_EVENTS):
            continue
        text += f"{name.removeprefix(TOP_EVENTS)}:\n"
        if not counts:
            text += "No events found.\n"
        for term, number in sorted(counts.items(), key=lambda entry: -entry[1]):
            text += f"{term}: {number}\n"
        text += "\n"
    return text


def _fields(settings: KindSettings, match: Match) -> str:
    shown = sorted(name for name in match.fields if not name.startswith(TOP_EVENTS))
    return "".join(f"{name}: {_shown(_told(settings, match, name))}\n" for name in shown)


def _told(settings: KindSettings, match: Match, name: str) -> Any:
    """Return a field as it is shown: times of related events with their offset, unless they had to wait."""
    value = match.fields[name]
    if name != RELATED or match.waited:
        return value
    time = settings.timestamp_field
    return [{**each, time: offset_timestamp(each[time])} if time in each else each for each in value]


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, sort_keys=True, indent=4, ensure_ascii=False, default=str)
    return str(value)
