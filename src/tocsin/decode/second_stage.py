"""A second look at what the first decoder left as text: JSON behind a header, or in a field.

Wazuh does not do this, so it is the operator's choice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tocsin.decode.jsondoc import JSONOptions, parse_whole, put_document
from tocsin.decode.subject import Subject

_OPTIONS = JSONOptions()
_START = re.compile(r"(?:^|[\s:=\]])(?=\{)")
_MAX_STARTS = 3
_MAX_FIELDS = 16


@dataclass(frozen=True, slots=True)
class SecondStage:
    """Where JSON is looked for; by default nowhere."""

    everywhere: bool = False
    decoders: frozenset[str] = frozenset()
    """Names of first decoders whose events are looked at; the empty name: those no decoder knows."""

    def run(self, subject: Subject) -> None:
        """Add the fields of JSON found in the subject's log or values; what is there already stays.

        JSON that makes up the log, or ends it, makes the decoder `json` with the first one as its parent,
        so that rules for JSON see it. JSON in a field adds fields below that field's name.
        """
        if not (self.everywhere or subject.decoder in self.decoders) or subject.decoder == "json":
            return
        document = _in_log(subject.log)
        if document is not None:
            _add(subject, document)
            subject.parent, subject.decoder = subject.decoder, "json"
            return
        found = {name: _document(text) for name, text in subject.values.items() if text.startswith("{")}
        for name, inner in list(found.items())[:_MAX_FIELDS]:
            if inner is not None:
                _add(subject, {name: inner})


def _in_log(log: str) -> dict[str, Any] | None:
    if not log.rstrip().endswith("}"):
        return None
    for count, match in enumerate(_START.finditer(log)):
        if count >= _MAX_STARTS:
            return None
        document = _document(log[match.end() :])
        if document is not None:
            return document
    return None


def _document(text: str) -> dict[str, Any] | None:
    try:
        found = parse_whole(text.encode("latin-1"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _add(subject: Subject, document: dict[str, Any]) -> None:
    values, fields = dict(subject.values), dict(subject.fields)
    put_document(subject, document, _OPTIONS)
    subject.values.update(values)
    subject.fields.update(fields)
