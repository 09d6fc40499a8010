"""Reports as JSON: bounded, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import orjson

from tocsin.enrich.base import AnalysisError, Artifact, Report, Taxonomy
from tocsin.enrich.verdict import read_verdict

MAX_FULL_BYTES = 256 * 1024
MAX_ARTIFACTS = 500
MAX_TAXONOMIES = 50
_MAX_TEXT = 2_000


def to_document(report: Report) -> dict[str, Any]:
    """Return the report as JSON holds it, cut to its limits; raises `AnalysisError` when it is not JSON."""
    try:
        full = orjson.dumps(report.full)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise AnalysisError(f"the report is not JSON: {error}") from error
    document = asdict(_cut(report))
    document["full"] = (
        orjson.loads(full) if len(full) <= MAX_FULL_BYTES else {"truncated": True, "size_bytes": len(full)}
    )
    return document


def _cut(report: Report) -> Report:
    return replace(
        report,
        summary=str(report.summary)[:_MAX_TEXT],
        taxonomies=tuple(
            replace(each, level=read_verdict(each.level), value=str(each.value)[:_MAX_TEXT])
            for each in report.taxonomies[:MAX_TAXONOMIES]
        ),
        artifacts=tuple(
            artifact
            for artifact in dict.fromkeys(report.artifacts)
            if artifact.value and len(artifact.value) <= _MAX_TEXT * 2
        )[:MAX_ARTIFACTS],
        verdict=read_verdict(report.verdict),
        full={},
    )


def from_document(document: Mapping[str, Any]) -> Report:
    """Return the report a document of `to_document` holds; whatever is missing is empty."""
    return Report(
        verdict=read_verdict(document.get("verdict")),
        summary=str(document.get("summary", "")),
        taxonomies=tuple(
            Taxonomy(
                read_verdict(each.get("level")),
                str(each.get("namespace", "")),
                str(each.get("predicate", "")),
                str(each.get("value", "")),
            )
            for each in document.get("taxonomies", ())
        ),
        artifacts=tuple(
            Artifact(str(each.get("kind", "")), str(each.get("value", "")))
            for each in document.get("artifacts", ())
        ),
        full=document.get("full") or {},
    )
