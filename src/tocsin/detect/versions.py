"""Every wording a rule has had: who saved it, when and why, and what changed between two."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.core.actor import SYSTEM, Actor
from tocsin.core.clock import Clock
from tocsin.core.errors import NotFoundError
from tocsin.detect.rule import WatchRule
from tocsin.detect.tables import RuleVersionRow

Origin = Literal["file", "edit", "rollback", "discard"]

WRITTEN = frozenset({"elastalert", "sigma"})
"""Rules that somebody wrote; the built-in ones have no text."""

_CONTEXT = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """What is kept of a save."""

    rule: WatchRule
    origin: Origin
    actor: Actor
    note: str = ""
    cases: str | None = None


class Versions:
    """Keeps wordings. A version is never changed and never deleted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def unseen(self, tx: Session, rules: Iterable[WatchRule]) -> list[WatchRule]:
        """Return the rules whose text is not the newest version that is kept of them."""
        newest = self._newest(tx)
        return [
            rule for rule in rules if rule.kind in WRITTEN and newest.get(rule.id, (0, ""))[1] != rule.version
        ]

    def note(self, tx: Session, rules: Iterable[WatchRule]) -> None:
        """Keep the texts of files that are new or have changed."""
        newest = self._newest(tx)
        for rule in self.unseen(tx, rules):
            wording = Wording(rule, "file", SYSTEM, f"read from {rule.location.path}")
            tx.add(self._row(wording, newest.get(rule.id, (0, ""))[0] + 1))
        tx.flush()

    def add(self, tx: Session, wording: Wording) -> RuleVersionRow:
        """Keep a wording as the newest version of its rule."""
        last = select(func.max(RuleVersionRow.number)).where(RuleVersionRow.rule_id == wording.rule.id)
        row = self._row(wording, (tx.scalar(last) or 0) + 1)
        tx.add(row)
        tx.flush()
        return row

    def _row(self, wording: Wording, number: int) -> RuleVersionRow:
        rule = wording.rule
        return RuleVersionRow(
            rule_id=rule.id,
            number=number,
            version=rule.version,
            name=rule.name[:512],
            text=rule.text,
            cases=wording.cases,
            origin=wording.origin,
            path=rule.location.path[:1024],
            note=wording.note[:1024],
            saved_by=str(wording.actor)[:200],
            saved_at=self._clock.now(),
        )

    def list(self, tx: Session, rule_id: str) -> Sequence[RuleVersionRow]:
        """Return the versions of a rule, the newest first; none for an unknown rule."""
        query = select(RuleVersionRow).where(RuleVersionRow.rule_id == rule_id)
        return tx.scalars(query.order_by(RuleVersionRow.number.desc())).all()

    def get(self, tx: Session, rule_id: str, number: int) -> RuleVersionRow:
        """Return a version; raises `NotFoundError`."""
        row = tx.get(RuleVersionRow, (rule_id, number))
        if row is None:
            raise NotFoundError(f"rule {rule_id!r} has no version {number}")
        return row

    def _newest(self, tx: Session) -> Mapping[str, tuple[int, str]]:
        """Return number and version of the newest wording of each rule."""
        row = RuleVersionRow
        found = tx.execute(select(row.rule_id, row.number, row.version).order_by(row.number))
        return {rule_id: (number, version) for rule_id, number, version in found}


def difference(before: RuleVersionRow, after: RuleVersionRow) -> str:
    """Return what changed as a unified diff; empty when nothing did."""
    return unified(before.text, after.text, f"version {before.number}", f"version {after.number}")


def unified(before: str, after: str, before_name: str, after_name: str) -> str:
    """Return a unified diff of two texts."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), before_name, after_name, lineterm="", n=_CONTEXT
    )
    return "\n".join(lines)
