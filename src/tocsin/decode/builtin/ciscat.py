"""Results of CIS-CAT benchmarks: JSON of the form `{"type": "scan_result", "scan_id", "cis": {..}}`."""

from __future__ import annotations

from typing import Any

from tocsin.decode.jsondoc import JSONOptions, parse_object, put_document
from tocsin.decode.subject import Subject

NAMES: frozenset[str] = frozenset({"ciscat"})


def read_ciscat(subject: Subject, raw: bytes) -> Any:
    """Read one result or one scan's summary; returns its time, if it states one.

    Raises `ValueError` for what is no JSON object.
    """
    document = parse_object(raw)
    subject.decoder, subject.category = "ciscat", "ossec"
    put_document(subject, document, JSONOptions())
    cis = document.get("cis")
    return cis.get("timestamp") if isinstance(cis, dict) else None
