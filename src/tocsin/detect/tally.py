"""What rules did within a batch, and adding it to what they did before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.detect.tables import RuleRow


@dataclass(slots=True)
class Tally:
    """What a rule did within a batch."""

    matches: int = 0
    silenced: int = 0
    withdrawn: int = 0
    """Matches that a late event took back."""
    last_match_at: int = 0

    def match(self, at: int, number: int = 1) -> None:
        """Count matches, the last of them at a time."""
        self.matches += number
        self.last_match_at = max(self.last_match_at, at)


def save(tx: Session, tallies: Mapping[str, Tally]) -> None:
    """Add the tallies, by rule, to the rules' rows."""
    rows = {row.rule_id: row for row in tx.scalars(select(RuleRow).where(RuleRow.rule_id.in_(tallies)))}
    for rule_id, tally in tallies.items():
        row = rows.get(rule_id)
        if row is None:
            row = RuleRow(rule_id=rule_id, matches=0, silenced=0, withdrawn=0, errors=0)
            tx.add(row)
        row.matches += tally.matches
        row.silenced += tally.silenced
        row.withdrawn += tally.withdrawn
        if tally.last_match_at:
            row.last_match_at = max(row.last_match_at or 0, tally.last_match_at)
