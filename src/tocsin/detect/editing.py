"""Save the text of a rule: read first, its cases run, the version kept, the change in the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError, Problem
from tocsin.detect.budget import Admission
from tocsin.detect.cases import CaseResult, Tried, cases_text, run_cases_of
from tocsin.detect.loader import Edit, read_text
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.rule import WatchRule, version_of
from tocsin.detect.service import RuleService, switch
from tocsin.detect.subject import Subject, subject_of
from tocsin.detect.tables import RuleEditRow, RuleRow, RuleVersionRow
from tocsin.detect.versions import Origin, Wording

_UNNAMED = "saved/unnamed.yml"
"""Where a new rule is said to be until it has an identifier."""


class OutdatedError(ConflictError):
    """The rule was saved by somebody else in the meantime."""

    code = "outdated"


@dataclass(frozen=True, slots=True)
class Draft:
    """A text to save; what is empty or None stays as it is."""

    text: str
    cases: str | None = None
    note: str = ""
    based_on: str = ""
    """The version the author began with; another one in force is an `OutdatedError`."""
    rule_id: str = ""
    """The rule it is of; empty: a new one."""
    enable: bool | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft that can be read."""

    draft: Draft
    rule: WatchRule
    remarks: tuple[Problem, ...]
    subject: Subject
    """What is tried on the log."""
    cases: tuple[CaseResult, ...]
    enabled: bool
    """Whether it will be on once it is saved."""


class Editor:
    """Checks and saves texts of rules. Thread safe."""

    def __init__(self, detection: RuleService, rehearsals: Rehearsals, audit: AuditTrail) -> None:
        self._detection = detection
        self._rehearsals = rehearsals
        self._audit = audit

    def check(self, tx: Session, draft: Draft, *, with_cases: bool = True) -> Checked:
        """Read a draft and run its cases, if asked; raises `ContentError`, `ConflictError`, `NotFoundError`.

        A correlation is read together with the rules it names.
        """
        before = self._before(draft)
        path = before.location.path if before is not None else _UNNAMED
        read = read_text(path, draft.text)
        if before is None:
            self._check_new(read.rule)
        elif read.rule.id != before.id:
            raise InvalidError(
                f"the text is of rule {read.rule.id!r}, not of {before.id!r}: save it as a new rule, "
                "or put the identifier back"
            )
        subject = self._subject(tx, read.rule, Edit(read.rule.id, path, draft.text))
        text = self._cases(tx, draft, before) if with_cases else ""
        cases = tuple(run_cases_of(_tried(subject), text, f"{path} (cases)"))
        return Checked(
            draft, subject.rule, read.remarks, subject, cases, self._will_run(tx, draft, read.rule)
        )

    def save(
        self,
        tx: Session,
        checked: Checked,
        actor: Actor,
        admission: Admission | None = None,
        origin: Origin = "edit",
    ) -> RuleVersionRow:
        """Keep the draft as the text in force; call `reload` of the rules once it is committed."""
        rule, draft = checked.rule, checked.draft
        file = self._detection.book.shadowed.get(rule.id) or self._file_of(rule.id)
        row = tx.get(RuleEditRow, rule.id)
        _check_nobody_was_faster(draft, row)
        row = row or RuleEditRow(rule_id=rule.id)
        row.text = draft.text
        row.cases = draft.cases if draft.cases is not None or origin == "rollback" else row.cases
        row.path = file.location.path[:1024] if file is not None else ""
        row.file_version = file.version if file is not None else ""
        row.saved_at = self._detection.clock.now()
        tx.add(row)
        kept = self._detection.versions.add(tx, Wording(rule, origin, actor, draft.note, row.cases))
        details = {"version": rule.version, "number": kept.number, "note": kept.note, "origin": origin}
        self._audit.record(tx, actor, "save", kind="rule", subject=rule.id, details=details)
        self._turn(tx, checked, actor, admission)
        return kept

    def discard(self, tx: Session, rule_id: str, actor: Actor, note: str = "") -> None:
        """Put the file's text back in force; a rule without a file is gone. Raises `NotFoundError`."""
        row = tx.get(RuleEditRow, rule_id)
        if row is None:
            raise NotFoundError(f"rule {rule_id!r} was not edited here")
        tx.delete(row)
        file = self._detection.book.shadowed.get(rule_id)
        details = {"note": note, "file": file.location.path if file is not None else None}
        if file is not None:
            self._detection.versions.add(tx, Wording(file, "discard", actor, note))
            details["version"] = file.version
        self._audit.record(tx, actor, "discard", kind="rule", subject=rule_id, details=details)

    def old(self, tx: Session, rule_id: str, number: int, note: str = "") -> Draft:
        """Return a draft that puts an earlier version back; raises `NotFoundError`."""
        row = self._detection.versions.get(tx, rule_id, number)
        return Draft(row.text, row.cases, note or f"back to version {number}", rule_id=rule_id)

    def cases_of(self, tx: Session, rule: WatchRule) -> str:
        """Return the cases of a stored rule as text: those saved with it, else those beside its file."""
        row = tx.get(RuleEditRow, rule.id)
        if row is not None and row.cases is not None:
            return row.cases
        return cases_text(rule.location.path)

    def run_stored(self, tx: Session, rule_id: str) -> list[CaseResult]:
        """Run the cases of a stored rule; raises `ContentError` when they cannot be read."""
        rules = self._detection.rules
        text = self.cases_of(tx, self._detection.get(tx, rule_id).rule)
        if not text.strip():
            return []
        return run_cases_of(
            _tried(subject_of(rules, rule_id)), text, f"{rules.by_id[rule_id].location.path} (cases)"
        )

    def _before(self, draft: Draft) -> WatchRule | None:
        """Return the rule as it is in force; raises `NotFoundError`, `OutdatedError`."""
        if not draft.rule_id:
            return None
        before = self._detection.rules.by_id.get(draft.rule_id)
        if before is None:
            raise NotFoundError(f"there is no rule {draft.rule_id!r}")
        if before.kind not in ("elastalert", "sigma"):
            raise InvalidError(f"{draft.rule_id} is built in: it has no text to edit")
        if draft.based_on and draft.based_on != before.version:
            raise _outdated(draft, before.version)
        return before

    def _check_new(self, rule: WatchRule) -> None:
        if rule.id == Path(_UNNAMED).stem:
            raise InvalidError("give the rule a name or an id")
        if rule.id in self._detection.rules.by_id:
            raise ConflictError(f"there is a rule {rule.id!r} already: give this one another identifier")

    def _subject(self, tx: Session, rule: WatchRule, edit: Edit) -> Subject:
        if rule.correlation is None:
            return Subject(rule)
        return subject_of(self._detection.book.preview(tx, edit), rule.id)

    def _cases(self, tx: Session, draft: Draft, before: WatchRule | None) -> str:
        if draft.cases is not None:
            return draft.cases
        return self.cases_of(tx, before) if before is not None else ""

    def _will_run(self, tx: Session, draft: Draft, rule: WatchRule) -> bool:
        """Say whether the rule will be on: as asked, as switched, or as its own text says."""
        if draft.enable is not None:
            return draft.enable
        row = tx.get(RuleRow, rule.id)
        if row is not None and row.enabled is not None:
            return row.enabled
        return rule.enabled and bool(draft.rule_id)

    def _turn(self, tx: Session, checked: Checked, actor: Actor, admission: Admission | None) -> None:
        """Switch the rule as the draft asks; a new rule is off unless it was asked to be on."""
        new = not checked.draft.rule_id
        if new or checked.draft.enable is not None or admission is not None:
            rule = checked.rule
            switch(tx, self._audit, rule, actor, enabled=checked.enabled, admission=admission)

    def _file_of(self, rule_id: str) -> WatchRule | None:
        if rule_id in self._detection.book.edited:
            return None
        return self._detection.rules.by_id.get(rule_id)


def _check_nobody_was_faster(draft: Draft, row: RuleEditRow | None) -> None:
    """Compare with what is kept: the rules in use may not show yet what was saved a moment ago."""
    if row is None:
        return
    if not draft.rule_id:
        raise ConflictError(f"there is a rule {row.rule_id!r} already: give this one another identifier")
    if draft.based_on and draft.based_on != (version := version_of(row.text)):
        raise _outdated(draft, version)


def _outdated(draft: Draft, version: str) -> OutdatedError:
    return OutdatedError(
        f"{draft.rule_id} was saved in the meantime, as version {version}: look at it, then save again"
    )


def _tried(subject: Subject) -> Tried:
    return Tried((subject.rule, *subject.feeding), subject.correlations)
