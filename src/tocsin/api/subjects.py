"""What routes of alerts and of cases do alike: read queries, check assignees, show activity."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import Field
from sqlalchemy.orm import Session

from tocsin.accounts import AuditFilter
from tocsin.api.accounts import audit_entry
from tocsin.api.paging import Paging, listing
from tocsin.api.run_views import decision_view, run_view
from tocsin.api.services import Services, services
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import Node

ServicesDep = Annotated[Services, Depends(services)]
QueryText = Annotated[str, Query(alias="q", max_length=4096)]
Statuses = Annotated[tuple[Annotated[str, Field(max_length=32)], ...], Query(max_length=10)]
Severities = Annotated[tuple[Annotated[int, Field(ge=1, le=4)], ...], Query(max_length=10)]

_WORKING_ROLES = ("administrator", "analyst")


def query_node(text: str, services: Services) -> Node | None:
    """Return the tree of a Lucene query, or None for empty text; raises `QueryError` with its place."""
    return parse_lucene(text, now=services.clock.now()) if text.strip() else None


def assignees(tx: Session, services: Services) -> list[dict[str, str]]:
    """Return who can be given work."""
    return [
        {"login": user.login, "name": user.name}
        for user in services.accounts.users.all(tx)
        if not user.locked and user.role in _WORKING_ROLES
    ]


def check_assignee(tx: Session, services: Services, changes: dict[str, Any]) -> None:
    """Raise `InvalidError` when the change gives work to somebody who does not exist."""
    login = changes.get("assignee")
    if login and login not in {each["login"] for each in assignees(tx, services)}:
        raise InvalidError(f"there is nobody {login!r} to assign to")


def activity(tx: Session, services: Services, subject: str, page: Paging) -> dict[str, Any]:
    """Return what was done to a subject, newest first."""
    before = int(page.cursor) if page.cursor and page.cursor.isdigit() and len(page.cursor) < 19 else None
    entries = services.audit.entries(tx, AuditFilter(subject=subject, before_id=before), page.limit)
    following = str(entries[-1].id) if len(entries) == page.limit else None
    return listing((audit_entry(entry) for entry in entries), following=following)


def runs(tx: Session, services: Services, subject_type: str, subject: str) -> dict[str, Any]:
    """Return the playbook runs about a subject, newest first."""
    if services.playbooks is None:
        return listing([])
    return listing(run_view(run) for run in services.playbooks.runs_of(tx, subject_type, subject))


def decisions(tx: Session, services: Services, subject_type: str, subject: str) -> dict[str, Any]:
    """Return the decisions about a subject, newest first."""
    if services.playbooks is None:
        return listing([])
    found = services.playbooks.decisions_of(tx, subject_type, subject)
    return listing(decision_view(decision) for decision in found)


def found_event(services: Services, event_id: str) -> Any:
    """Return an event of the log; raises `NotFoundError`."""
    events = services.store.get([event_id]) if services.store is not None else ()
    if not events:
        raise NotFoundError(f"there is no event {event_id!r}")
    return events[0]
