"""Observables of alerts and cases: each value once per subject, with what is known about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.cases.model import CaseSettings, SubjectType, Verdict, short, within, worst
from tocsin.cases.tables import Observable
from tocsin.cases.tagging import cleaned
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock, to_iso
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.ids import new_id

_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_CASELESS = frozenset({"ip", "domain", "fqdn", "hostname", "hash", "mail", "email", "md5", "sha1", "sha256"})
_MOST_REPORTS = 100


@dataclass(frozen=True, slots=True)
class ObservableDraft:
    """An observable to add."""

    kind: str
    value: str
    message: str = ""
    tags: tuple[str, ...] = ()
    tlp: int = 2
    pap: int = 2
    is_ioc: bool = False
    sighted: bool = False
    ignore_similarity: bool = False


@dataclass(frozen=True, slots=True)
class SeenIn:
    """In how many alerts and cases a value stands."""

    alerts: int = 0
    cases: int = 0


class Observables:
    """Keeps the observables of every subject."""

    def __init__(self, clock: Clock, audit: AuditTrail, settings: CaseSettings) -> None:
        self._clock = clock
        self._audit = audit
        self._settings = settings

    def add(
        self,
        tx: Session,
        subject_type: SubjectType,
        subject_id: str,
        drafts: Iterable[ObservableDraft],
        actor: Actor,
        *,
        origin: str = "",
    ) -> list[Observable]:
        """Add what is new; of what is there, tags are merged and flags only ever rise.

        Raises `InvalidError` for a malformed kind or value, and when the subject holds too many.
        """
        known = {(row.kind, row.value): row for row in self.of(tx, subject_id)}
        changed: list[Observable] = []
        fresh: list[str] = []
        for draft in drafts:
            kind, value = normalised(draft.kind, draft.value)
            row = known.get((kind, value))
            if row is None:
                row = known[kind, value] = self._new(tx, subject_type, subject_id, kind, value)
                fresh.append(f"{kind}:{value}")
            _merge(row, draft, origin)
            changed.append(row)
        if len(known) > self._settings.max_observables:
            raise InvalidError(f"at most {self._settings.max_observables} observables, not {len(known)}")
        tx.flush()
        if fresh:
            details = {"added": fresh[:50], "count": len(fresh)}
            self._audit.record(
                tx, actor, "add-observables", kind=subject_type, subject=subject_id, details=details
            )
        return list(dict.fromkeys(changed))

    def get(self, tx: Session, observable_id: str) -> Observable:
        """Return the observable; raises `NotFoundError`."""
        row = tx.get(Observable, observable_id)
        if row is None:
            raise NotFoundError(f"there is no observable {observable_id!r}")
        return row

    def of(self, tx: Session, subject_id: str) -> Sequence[Observable]:
        """Return the observables of an alert or case, oldest first."""
        query = select(Observable).where(Observable.subject_id == subject_id)
        return tx.scalars(query.order_by(Observable.created_at, Observable.id)).all()

    def change(self, tx: Session, observable_id: str, changes: Mapping[str, Any], actor: Actor) -> Observable:
        """Set message, tlp, pap, tags and flags; kind and value stay what was seen."""
        row = self.get(tx, observable_id)
        details: dict[str, list[Any]] = {}
        for name, value in changes.items():
            wanted = _checked(name, value)
            if wanted != getattr(row, name):
                details[name] = [getattr(row, name), wanted]
                setattr(row, name, wanted)
        if details:
            subject = {"observable": f"{row.kind}:{row.value}"}
            self._audit.record(
                tx,
                actor,
                "update-observable",
                kind=row.subject_type,
                subject=row.subject_id,
                details={**subject, **details},
            )
        tx.flush()
        return row

    def delete(self, tx: Session, observable_id: str, actor: Actor) -> Observable:
        """Take an observable away; returns what it was."""
        row = self.get(tx, observable_id)
        tx.delete(row)
        details = {"observable": f"{row.kind}:{row.value}"}
        self._audit.record(
            tx, actor, "delete-observable", kind=row.subject_type, subject=row.subject_id, details=details
        )
        tx.flush()
        return row

    def add_report(
        self,
        tx: Session,
        observable_id: str,
        *,
        analyzer: str,
        verdict: Verdict | None,
        taxonomies: Sequence[Mapping[str, str]] = (),
        job_id: str = "",
    ) -> Observable:
        """Keep an analyzer's newest report; the observable's verdict is the worst of its reports'."""
        row = self.get(tx, observable_id)
        others = [report for report in row.reports if report["analyzer"] != analyzer]
        report = {
            "analyzer": analyzer,
            "verdict": verdict,
            "taxonomies": [dict(taxonomy) for taxonomy in taxonomies],
            "at": to_iso(self._clock.now()),
            "job_id": job_id,
        }
        row.reports = [*others, report][-_MOST_REPORTS:]
        row.verdict = worst([each["verdict"] for each in row.reports if each["verdict"]])
        tx.flush()
        return row

    def counts(self, tx: Session, subject_ids: Sequence[str]) -> dict[str, int]:
        """Return how many observables each subject has."""
        query = (
            select(Observable.subject_id, func.count())
            .where(Observable.subject_id.in_(subject_ids))
            .group_by(Observable.subject_id)
        )
        return {subject: count for subject, count in tx.execute(query)}  # noqa: C416  rows are no pairs to mypy

    def seen_in(self, tx: Session, values: Sequence[str]) -> dict[str, SeenIn]:
        """Return in how many alerts and cases each value stands."""
        query = (
            select(
                Observable.value, Observable.subject_type, func.count(func.distinct(Observable.subject_id))
            )
            .where(Observable.value.in_(values))
            .group_by(Observable.value, Observable.subject_type)
        )
        counts: dict[str, dict[str, int]] = {}
        for value, subject_type, count in tx.execute(query):
            counts.setdefault(value, {})[subject_type] = count
        return {value: SeenIn(each.get("alert", 0), each.get("case", 0)) for value, each in counts.items()}

    def _new(
        self, tx: Session, subject_type: SubjectType, subject_id: str, kind: str, value: str
    ) -> Observable:
        row = Observable(
            id=new_id("obs"),
            subject_type=subject_type,
            subject_id=subject_id,
            kind=kind,
            value=value,
            message="",
            tlp=2,
            pap=2,
            tags=[],
            is_ioc=False,
            sighted=False,
            ignore_similarity=False,
            created_at=self._clock.now(),
            reports=[],
            origins=[],
        )
        tx.add(row)
        return row


def normalised(kind: str, value: str) -> tuple[str, str]:
    """Return kind and value as they are compared; raises `InvalidError`."""
    kind = kind.strip().lower()
    if not _KIND.fullmatch(kind):
        raise InvalidError(f"{kind[:40]!r} is no kind of observable")
    value = short("an observable's value", value, 4096, required=True)
    return kind, value.lower() if kind in _CASELESS else value


def copies(rows: Iterable[Observable]) -> list[ObservableDraft]:
    """Return drafts that add the same observables to another subject."""
    return [
        ObservableDraft(
            row.kind,
            row.value,
            row.message,
            tuple(row.tags),
            row.tlp,
            row.pap,
            row.is_ioc,
            row.sighted,
            row.ignore_similarity,
        )
        for row in rows
    ]


def _merge(row: Observable, draft: ObservableDraft, origin: str) -> None:
    row.message = row.message or short("a message", draft.message, 4096)
    row.tags = cleaned([*row.tags, *draft.tags])
    if not row.origins:  # only a new row has none
        row.tlp, row.pap = within("TLP", draft.tlp, 0, 4), within("PAP", draft.pap, 0, 3)
    row.is_ioc = row.is_ioc or draft.is_ioc
    row.sighted = row.sighted or draft.sighted
    row.ignore_similarity = row.ignore_similarity or draft.ignore_similarity
    if origin not in row.origins:
        row.origins = [*row.origins, origin]


def _checked(name: str, value: Any) -> Any:
    match name:
        case "message":
            return short("a message", value, 4096)
        case "tags":
            return cleaned(value)
        case "tlp":
            return within("TLP", value, 0, 4)
        case "pap":
            return within("PAP", value, 0, 3)
        case "is_ioc" | "sighted" | "ignore_similarity":
            return bool(value)
    raise InvalidError(f"{name!r} of an observable cannot be changed")
