"""The action that asks analyzers about the alert's observables."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tocsin.respond.action import Action, Context, Result
from tocsin.respond.ports import Job

VERDICTS = ("malicious", "suspicious", "info", "safe")
MAX_LABELS = 40

Answered = tuple[str, str, str, str, str, list[str]]
"""Value, analyzer, status, verdict or nothing, summary, labels."""


class EnrichArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most `limit` observables, of `kinds` in that order."""

    limit: int = 20
    kinds: tuple[str, ...] = ("ip", "url", "domain", "hash", "email")


def _ask(context: Context, arguments: EnrichArguments) -> list[Answered]:
    tlp, pap = int(context.facts.get("alert.tlp", 2)), int(context.facts.get("alert.pap", 2))
    wanted = [
        (kind, str(value))
        for kind in arguments.kinds
        for value in context.facts.get(f"observables.{kind}", [])
    ]
    found: list[Answered] = []
    for kind, value in wanted[: arguments.limit]:
        jobs = context.parts.enricher.run(kind, value, tlp=tlp, pap=pap)
        found += [(value, job.analyzer, job.status, *_said(job)) for job in jobs]
    return found


def _said(job: Job) -> tuple[str, str, list[str]]:
    if job.report is None:
        return "", "", []
    labels = [f"{each.namespace}:{each.predicate}={each.value}" for each in job.report.taxonomies]
    return str(job.report.verdict or ""), job.report.summary[:300], labels


def _keep(_tx: Session, context: Context, _: EnrichArguments, answers: list[Answered]) -> Result:
    sources = {str(each) for each in context.facts.get("event.source.ip", [])}
    facts: dict[str, Any] = {"enrichment.jobs": len(answers)}
    labels: dict[str, None] = {}
    failures = []
    for value, analyzer, status, verdict, summary, said in answers:
        if status != "success":
            failures.append(analyzer)
            continue
        labels.update(dict.fromkeys(said))
        if verdict in VERDICTS:
            _note(facts, f"enrichment.{verdict}", value)
            _note(facts, f"enrichment.{analyzer}.{verdict}", value)
            if value in sources:
                _note(facts, f"source.{verdict}", value)
                _note(facts, f"source.{analyzer}.{verdict}", value)
                _note(facts, f"source.{analyzer}.summary", summary)
    facts["enrichment.labels"] = list(labels)[:MAX_LABELS]
    facts["enrichment.failed"] = sorted(set(failures))
    counts = {verdict: len(facts.get(f"enrichment.{verdict}", [])) for verdict in VERDICTS}
    return Result({"jobs": len(answers), "failed": len(failures), **counts}, facts)


def _note(facts: dict[str, Any], name: str, value: str) -> None:
    values = facts.setdefault(name, [])
    if value not in values:
        values.append(value)


ENRICH = Action("enrich", EnrichArguments, _keep, _ask)
