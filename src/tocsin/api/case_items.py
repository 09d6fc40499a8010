"""Routes of what hangs on cases: tasks, observables, comments and attachments."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, UploadFile
from fastapi.responses import FileResponse

from tocsin.accounts import Principal
from tocsin.api import subjects
from tocsin.api.access import require
from tocsin.api.case_inputs import (
    MessageIn,
    ObservableChangeIn,
    ObservableIn,
    TaskChangeIn,
    TaskIn,
)
from tocsin.api.case_views import attachment_view, comment_view, observable_views, task_view
from tocsin.api.paging import listing
from tocsin.api.subjects import ServicesDep
from tocsin.cases import ObservableDraft
from tocsin.core.errors import NotFoundError

router = APIRouter(tags=["cases"])

_Reader = Annotated[Principal, Depends(require("cases:read"))]
_Writer = Annotated[Principal, Depends(require("cases:write"))]
_SubjectWriter = Annotated[Principal, Depends(require("alerts:write", "cases:write"))]


@router.get("/cases/{case_id}/tasks")
def list_tasks(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the tasks of the case in their order."""
    with services.db.read() as tx:
        rows = services.cases.tasks.of(tx, services.cases.get(tx, case_id).id)
        return listing(map(task_view, rows), total=len(rows))


@router.post("/cases/{case_id}/tasks", status_code=201)
def add_task(case_id: str, body: TaskIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Add a task."""
    with services.db.write() as tx:
        subjects.check_assignee(tx, services, body.given())
        (task,) = services.cases.add_tasks(tx, case_id, [body.draft()], caller.actor)
    services.announcer.tell("case", task.case_id)
    return task_view(task)


@router.patch("/tasks/{task_id}")
def change_task(task_id: str, body: TaskChangeIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Change a task."""
    with services.db.write() as tx:
        changes = body.given()
        subjects.check_assignee(tx, services, changes)
        task = services.cases.tasks.change(tx, task_id, changes, caller.actor)
    services.announcer.tell("case", task.case_id)
    return task_view(task)


@router.delete("/tasks/{task_id}", status_code=204)
def delete_task(task_id: str, caller: _Writer, services: ServicesDep) -> None:
    """Take a task away."""
    with services.db.write() as tx:
        task = services.cases.tasks.delete(tx, task_id, caller.actor)
    services.announcer.tell("case", task.case_id)


@router.get("/cases/{case_id}/observables")
def list_observables(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the observables of the case."""
    with services.db.read() as tx:
        rows = services.cases.observables.of(tx, services.cases.get(tx, case_id).id)
        return listing(observable_views(tx, services, rows), total=len(rows))


@router.post("/cases/{case_id}/observables", status_code=201)
def add_observable(
    case_id: str, body: ObservableIn, caller: _Writer, services: ServicesDep
) -> dict[str, Any]:
    """Add an observable; one that is there gets the tags too."""
    draft = ObservableDraft(**{**body.model_dump(), "tags": tuple(body.tags)})
    with services.db.write() as tx:
        rows = services.cases.add_observables(tx, case_id, [draft], caller.actor)
        (view,) = observable_views(tx, services, rows)
    services.announcer.tell("case", rows[0].subject_id)
    return view


@router.patch("/observables/{observable_id}")
def change_observable(
    observable_id: str, body: ObservableChangeIn, caller: _SubjectWriter, services: ServicesDep
) -> dict[str, Any]:
    """Change what is noted of an observable of an alert or case."""
    with services.db.write() as tx:
        row = services.cases.observables.change(tx, observable_id, body.given(), caller.actor)
        (view,) = observable_views(tx, services, [row])
    services.announcer.tell(_topic(row.subject_type), row.subject_id)
    return view


@router.delete("/observables/{observable_id}", status_code=204)
def delete_observable(observable_id: str, caller: _SubjectWriter, services: ServicesDep) -> None:
    """Take an observable of an alert or case away."""
    with services.db.write() as tx:
        row = services.cases.observables.delete(tx, observable_id, caller.actor)
    services.announcer.tell(_topic(row.subject_type), row.subject_id)


@router.get("/cases/{case_id}/comments")
def list_comments(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the comments of the case, oldest first."""
    with services.db.read() as tx:
        rows = services.cases.comments.of(tx, services.cases.get(tx, case_id).id)
        return listing(map(comment_view, rows), total=len(rows))


@router.post("/cases/{case_id}/comments", status_code=201)
def add_comment(case_id: str, body: MessageIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Comment on the case."""
    with services.db.write() as tx:
        comment = services.cases.comment(tx, case_id, body.message, caller.actor)
    services.announcer.tell("case", comment.subject_id)
    return comment_view(comment)


@router.patch("/comments/{comment_id}")
def change_comment(
    comment_id: str, body: MessageIn, caller: _SubjectWriter, services: ServicesDep
) -> dict[str, Any]:
    """Reword a comment of one's own."""
    with services.db.write() as tx:
        comment = services.cases.comments.change(tx, comment_id, body.message, caller.actor)
    services.announcer.tell(_topic(comment.subject_type), comment.subject_id)
    return comment_view(comment)


@router.delete("/comments/{comment_id}", status_code=204)
def delete_comment(comment_id: str, caller: _SubjectWriter, services: ServicesDep) -> None:
    """Take back a comment of one's own."""
    with services.db.write() as tx:
        comment = services.cases.comments.delete(tx, comment_id, caller.actor)
    services.announcer.tell(_topic(comment.subject_type), comment.subject_id)


@router.get("/cases/{case_id}/attachments")
def list_attachments(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the attachments of the case, oldest first."""
    with services.db.read() as tx:
        rows = services.cases.attachments.of(tx, services.cases.get(tx, case_id).id)
        return listing(map(attachment_view, rows), total=len(rows))


@router.post("/cases/{case_id}/attachments", status_code=201)
def attach(case_id: str, file: UploadFile, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Attach a file."""
    with services.db.read() as tx:
        found_id = services.cases.get(tx, case_id).id
    attachments = services.cases.attachments
    stored = attachments.files.put(file.file, max_bytes=services.cases.settings.max_attachment_bytes)
    with services.db.write() as tx:
        row = attachments.add(
            tx,
            found_id,
            stored,
            name=file.filename or "",
            content_type=file.content_type or "",
            actor=caller.actor,
        )
    services.announcer.tell("case", found_id)
    return attachment_view(row)


@router.get("/attachments/{attachment_id}/content")
def read_attachment(attachment_id: str, _caller: _Reader, services: ServicesDep) -> FileResponse:
    """Return the file's bytes, to be saved: it may be malware, so no browser shall show or run it."""
    with services.db.read() as tx:
        row = services.cases.attachments.get(tx, attachment_id)
        name, path = row.name, services.cases.attachments.files.path(row.sha256)
    if not path.exists():
        raise NotFoundError(f"the bytes of {name!r} are gone")
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=name,
        headers={"content-security-policy": "default-src 'none'; sandbox"},
    )


@router.delete("/attachments/{attachment_id}", status_code=204)
def detach(attachment_id: str, caller: _Writer, services: ServicesDep) -> None:
    """Take a file away, its bytes too when no case has them any more."""
    attachments = services.cases.attachments
    with services.db.write() as tx:
        row = attachments.delete(tx, attachment_id, caller.actor)
        if attachments.is_unused(tx, row.sha256):
            attachments.files.remove(row.sha256)
    services.announcer.tell("case", row.case_id)


def _topic(subject_type: str) -> Literal["alert", "case"]:
    return "alert" if subject_type == "alert" else "case"
