"""Detections as commands read them: rules, switches and figures, beside a running platform too."""

from __future__ import annotations

from sqlalchemy import select

from tocsin.cli.kept import database_of, rules_of
from tocsin.detect.attack_matrix import CoveringRule, tactics_of
from tocsin.detect.tables import RuleRow
from tocsin.settings import Settings


def covering_detections(settings: Settings) -> list[CoveringRule]:
    """Return the detections as far as coverage asks."""
    database = database_of(settings)
    try:
        rules = rules_of(settings, database)
        with database.read() as tx:
            matches = {row.rule_id: row.matches for row in tx.scalars(select(RuleRow))}
    finally:
        database.close()
    return [
        CoveringRule(
            rule.id,
            rule.name,
            rule.kind,
            rules.is_enabled(rule),
            matches.get(rule.id, 0),
            rule.techniques,
            tactics_of(rule.tags),
        )
        for rule in rules.by_id.values()
    ]
