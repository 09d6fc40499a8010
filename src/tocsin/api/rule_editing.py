"""Routes that save the texts of rules, and show every version there was."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.backtests import report_view
from tocsin.api.paging import listing
from tocsin.api.rules import rule_view
from tocsin.api.run_views import instant
from tocsin.api.services import Services, services
from tocsin.core.errors import Problem
from tocsin.detect.budget import Admission
from tocsin.detect.cases import CaseResult
from tocsin.detect.editing import Checked, Draft, Editor
from tocsin.detect.rule import level_of
from tocsin.detect.rule_source import MAX_BYTES
from tocsin.detect.service import RuleService
from tocsin.detect.tables import RuleVersionRow
from tocsin.detect.versions import Origin, difference

router = APIRouter(tags=["rules"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("rules:read"))]
_Writer = Annotated[Principal, Depends(require("rules:write"))]


class CheckIn(BaseModel, extra="forbid"):
    """A text to check, and the cases it must pass; without any, those of the rule it is of."""

    text: str = Field(max_length=MAX_BYTES)
    cases: str | None = Field(default=None, max_length=MAX_BYTES)
    rule_id: str = Field(default="", max_length=200)
    """The rule it shall replace; empty: a new one."""


class TextIn(BaseModel, extra="forbid"):
    """A text to save."""

    text: str = Field(max_length=MAX_BYTES)
    cases: str | None = Field(default=None, max_length=MAX_BYTES)
    """None keeps those there are."""
    note: str = Field(default="", max_length=1024)
    """What was changed and why, for those who read the history."""
    based_on: str = Field(default="", max_length=16)
    """The version you began with; when another is in force by now, nothing is saved (409, `outdated`)."""
    enable: bool | None = None
    """Whether the rule is on from now on; None leaves that as it is, and a new rule off."""
    override: str = Field(default="", max_length=1024)
    """Why it is on although cases fail or it goes over the budget of alerts."""


class Restore(BaseModel, extra="forbid"):
    """Why an earlier version is put back."""

    note: str = Field(default="", max_length=1024)
    override: str = Field(default="", max_length=1024)


@router.post("/rules/check")
def check_rule(body: CheckIn, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Read a text and run its cases; saves nothing. What cannot be read is a problem with its line (400)."""
    editor: Editor = services.editor
    with services.db.read() as tx:
        checked = editor.check(tx, Draft(body.text, body.cases, rule_id=body.rule_id))
    return _checked(checked)


@router.post("/rules", status_code=201)
def add_rule(body: TextIn, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Save a new rule; it is off unless `enable` asks for it, and then it must be admitted like any."""
    return _save(_draft(body, ""), body.override, caller, services)


@router.post("/rules/reload")
def reload_rules(_caller: _Writer, services: _Services) -> dict[str, Any]:
    """Read the folders of rules again and put them in force with the next batch."""
    detection: RuleService = services.detection
    problems = detection.reload()
    services.announcer.tell("rules", "reload")
    return {"rules": len(detection.rules.all), "problems": len(problems)}


@router.put("/rules/{rule_id}/text")
def save_rule(rule_id: str, body: TextIn, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Save a rule's text; it stands in the place of its file from the next batch on.

    A rule that is on must pass its cases (409, `cases-failed`) and keep the budget of alerts on the last days
    (409, `over-budget`), or `override` gives a reason, which the audit trail keeps with the figures.
    """
    return _save(_draft(body, rule_id), body.override, caller, services)


@router.delete("/rules/{rule_id}/text", status_code=204)
def discard_edit(
    rule_id: str,
    caller: _Writer,
    services: _Services,
    note: Annotated[str, Query(max_length=1024)] = "",
) -> None:
    """Put the text of the rule's file back in force; a rule without a file is gone, its versions stay."""
    editor: Editor = services.editor
    with services.db.write() as tx:
        editor.discard(tx, rule_id, caller.actor, note)
    services.detection.reload()
    services.announcer.tell("rules", rule_id)


@router.get("/rules/{rule_id}/cases")
def get_cases(rule_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return the cases of a rule as text, and what each gives now."""
    editor: Editor = services.editor
    with services.db.read() as tx:
        rule = services.detection.get(tx, rule_id).rule
        return {
            "text": editor.cases_of(tx, rule),
            "results": [case_view(each) for each in editor.run_stored(tx, rule_id)],
        }


@router.get("/rules/{rule_id}/versions")
def list_versions(rule_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the versions of a rule, the newest first; also of a rule that is gone."""
    with services.db.read() as tx:
        rows = services.detection.versions.list(tx, rule_id)
        return listing((_version(row) for row in rows), total=len(rows))


@router.get("/rules/{rule_id}/versions/diff")
def diff_versions(
    rule_id: str,
    before: Annotated[int, Query(ge=1)],
    after: Annotated[int, Query(ge=1)],
    _caller: _Reader,
    services: _Services,
) -> dict[str, Any]:
    """Return what changed between two versions as a unified diff."""
    versions = services.detection.versions
    with services.db.read() as tx:
        old, new = versions.get(tx, rule_id, before), versions.get(tx, rule_id, after)
        return {"before": _version(old), "after": _version(new), "diff": difference(old, new)}


@router.get("/rules/{rule_id}/versions/{number}")
def get_version(rule_id: str, number: int, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return a version with its text."""
    with services.db.read() as tx:
        row = services.detection.versions.get(tx, rule_id, number)
        return _version(row) | {"text": row.text, "cases": row.cases}


@router.post("/rules/{rule_id}/versions/{number}/restore")
def restore_version(
    rule_id: str, number: int, body: Restore, caller: _Writer, services: _Services
) -> dict[str, Any]:
    """Save an earlier version again, as the newest; a rule that is on must be admitted as for any save."""
    editor: Editor = services.editor
    with services.db.read() as tx:
        draft = editor.old(tx, rule_id, number, body.note)
    return _save(draft, body.override, caller, services, "rollback")


def case_view(case: CaseResult) -> dict[str, Any]:
    """Return what a case gave as plain values."""
    return {"name": case.name, "passed": case.passed, "expected": case.expected, "found": case.found}


def problem_view(problem: Problem) -> dict[str, Any]:
    """Return a remark on a rule as plain values."""
    return {"line": problem.location.line, "column": problem.location.column, "reason": problem.reason}


def _draft(body: TextIn, rule_id: str) -> Draft:
    return Draft(body.text, body.cases, body.note, body.based_on, rule_id, body.enable)


def _save(
    draft: Draft, override: str, caller: Principal, services: Services, origin: Origin = "edit"
) -> dict[str, Any]:
    editor: Editor = services.editor
    with services.db.read() as tx:
        checked = editor.check(tx, draft)
    admission: Admission | None = None
    if checked.enabled:
        admission = services.gatekeeper.admit_subject(checked.subject, caller.actor, override, checked.cases)
    with services.db.write() as tx:
        kept = editor.save(tx, checked, caller.actor, admission, origin)
        number = kept.number
    services.detection.reload()
    services.announcer.tell("rules", checked.rule.id)
    with services.db.read() as tx:
        view = rule_view(services.detection.get(tx, checked.rule.id), services.detection.status().lag_ms)
    report = admission.report if admission is not None else None
    return {
        "rule": view,
        "number": number,
        **_results(checked),
        "backtest": report_view(report) if report is not None else None,
    }


def _checked(checked: Checked) -> dict[str, Any]:
    rule = checked.rule
    return {
        "rule": {
            "id": rule.id,
            "name": rule.name,
            "kind": rule.kind,
            "version": rule.version,
            "severity": rule.severity,
            "level": level_of(rule),
            "logsource": rule.logsource or None,
            "type": rule.watch.kind.kind if rule.watch else None,
            "techniques": list(rule.techniques),
            "tags": list(rule.tags),
            "description": rule.description,
        },
        "enabled": checked.enabled,
        **_results(checked),
    }


def _results(checked: Checked) -> dict[str, Any]:
    return {
        "remarks": [problem_view(each) for each in checked.remarks],
        "cases": [case_view(each) for each in checked.cases],
    }


def _version(row: RuleVersionRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "version": row.version,
        "name": row.name,
        "origin": row.origin,
        "path": row.path,
        "note": row.note,
        "saved_by": row.saved_by,
        "saved_at": instant(row.saved_at),
    }
