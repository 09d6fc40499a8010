"""Other alerts and cases that share observables, the most shared first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.cases.tables import Alert, Case, Observable

_MOST_ROWS = 5_000
_COMMON = 200
"""A value in more subjects than this says nothing about likeness, and would make every page slow."""


@dataclass(frozen=True, slots=True)
class Similar:
    """An alert or case and the values it shares."""

    subject: Alert | Case
    shared: tuple[str, ...]


def similar(tx: Session, subject_id: str, *, limit: int) -> list[Similar]:
    """Return up to `limit` alerts and cases sharing a value that neither side flags `ignore_similarity`."""
    values = _telling_values(tx, subject_id)
    query = (
        select(Observable.subject_id, Observable.value)
        .where(
            Observable.value.in_(values),
            Observable.subject_id != subject_id,
            Observable.ignore_similarity.is_(False),
        )
        .order_by(Observable.created_at.desc())
        .limit(_MOST_ROWS)
    )
    shared: dict[str, set[str]] = {}
    for other, value in tx.execute(query):
        shared.setdefault(other, set()).add(value)
    for own in _linked(tx, subject_id):
        shared.pop(own, None)
    best = sorted(shared, key=lambda other: (-len(shared[other]), other))[:limit]
    subjects = _load(tx, best)
    return [Similar(subjects[other], tuple(sorted(shared[other]))) for other in best if other in subjects]


def open_case_with(tx: Session, values: Sequence[str]) -> Case | None:
    """Return the newest open case that holds one of the values, not flagged `ignore_similarity`."""
    query = (
        select(Case)
        .join(Observable, Observable.subject_id == Case.id)
        .where(
            Observable.value.in_(list(values)[:500]),
            Observable.ignore_similarity.is_(False),
            Case.status != "closed",
        )
        .order_by(Case.created_at.desc(), Case.id.desc())
        .limit(1)
    )
    return tx.scalar(query)


def _telling_values(tx: Session, subject_id: str) -> list[str]:
    mine = select(Observable.value).where(
        Observable.subject_id == subject_id, Observable.ignore_similarity.is_(False)
    )
    query = (
        select(Observable.value)
        .where(Observable.value.in_(mine))
        .group_by(Observable.value)
        .having(func.count() <= _COMMON)
    )
    return list(tx.scalars(query))


def _linked(tx: Session, subject_id: str) -> list[str]:
    """Return a case's own alerts, or an alert's own case: those share everything by descent."""
    alerts = tx.scalars(select(Alert.id).where(Alert.case_id == subject_id)).all()
    case = tx.scalar(select(Alert.case_id).where(Alert.id == subject_id))
    return [*alerts, *([case] if case else [])]


def _load(tx: Session, ids: Sequence[str]) -> dict[str, Alert | Case]:
    found: dict[str, Alert | Case] = {}
    for alert in tx.scalars(select(Alert).where(Alert.id.in_(ids))):
        found[alert.id] = alert
    for case in tx.scalars(select(Case).where(Case.id.in_(ids))):
        found[case.id] = case
    return found
