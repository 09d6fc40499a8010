"""Routes of coverage: which ATT&CK techniques are watched for, what rules need and the data lacks."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.classifying import classifying_rules
from tocsin.api.paging import listing
from tocsin.api.run_views import instant
from tocsin.api.services import Services, services
from tocsin.core.attack import known_techniques
from tocsin.core.errors import NotFoundError
from tocsin.detect.attack_matrix import (
    TACTICS,
    CoveringRule,
    Matrix,
    TechniqueCoverage,
    matrix_of,
    tactics_of,
)
from tocsin.detect.coverage import Coverage
from tocsin.detect.gaps import Gaps
from tocsin.detect.navigator import Score, navigator_layer
from tocsin.detect.service import RuleService

router = APIRouter(tags=["coverage"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("rules:read"))]


@router.get("/coverage/attack")
def attack(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return every known technique with the number of rules that are on, off, and ever matched."""
    matrix = _matrix(services)
    return {
        "tactics": [name for name in TACTICS if any(name in each.tactics for each in matrix.techniques)],
        "covered": matrix.covered,
        "untagged_rules": matrix.untagged,
        "techniques": [_technique(each) for each in matrix.techniques],
    }


@router.get("/coverage/attack/navigator")
def navigator(_caller: _Reader, services: _Services, response: Response, score: Score = "rules") -> Any:
    """Return a layer for the ATT&CK Navigator, scored by rules that are on or by those that ever matched."""
    response.headers["content-disposition"] = f'attachment; filename="tocsin-coverage-{score}.json"'
    return navigator_layer(_matrix(services), score)


@router.get("/coverage/attack/{technique}")
def technique(technique: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return a technique with its rules."""
    found = _matrix(services).find(technique)
    if found is None:
        raise NotFoundError(f"neither we nor any rule know a technique {technique!r}")
    rules = [*found.enabled, *found.disabled]
    return _technique(found) | {"rules": [_rule(each) for each in rules]}


@router.get("/coverage/gaps")
def gaps(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return the rules that no event kept can fulfil, and the fields that are missing most."""
    found: Gaps = services.census.gaps()
    return {
        "at": instant(found.at),
        "rules": found.rules,
        "fields": [{"name": each.name, "rules": each.rules} for each in found.fields[:200]],
        "dead": [
            {
                "rule_id": gap.rule.id,
                "name": gap.rule.name,
                "enabled": gap.enabled,
                "logsource": gap.rule.logsource or None,
                "missing": list(gap.missing),
            }
            for gap in found.dead
        ],
    }


@router.get("/rules/{rule_id}/coverage")
def rule_coverage(rule_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return which fields of which logs a rule needs, and whether the data has or never had them."""
    detection: RuleService = services.detection
    with services.db.read() as tx:
        rule = detection.get(tx, rule_id).rule
    return coverage_view(services.census.coverage(rule))


@router.get("/coverage/rules")
def covering(_caller: _Reader, services: _Services, technique: str = "") -> dict[str, Any]:
    """List the rules that name a technique or its sub-techniques; without one, those that name none."""
    wanted = technique.upper()
    found = [rule for rule in covering_rules(services) if _names(rule, wanted)]
    return listing((_rule(each) for each in found), total=len(found))


def coverage_view(coverage: Coverage) -> dict[str, Any]:
    """Return what a rule needs as plain values."""
    return {
        "logsource": coverage.logsource or None,
        "logs_seen": coverage.logs_seen,
        "can_match": coverage.can_match,
        "fields": [
            {
                "name": field.name,
                "names": list(field.names),
                "seen": list(field.seen),
                "excludes": field.excludes,
            }
            for field in coverage.fields
        ],
        "sentences": coverage.sentences(),
    }


def covering_rules(services: Services) -> list[CoveringRule]:
    """Return the detections, and the rules that classify events, as far as coverage asks."""
    detection: RuleService = services.detection
    with services.db.read() as tx:
        states = detection.list(tx)
    found = [
        CoveringRule(
            state.rule.id,
            state.rule.name,
            state.rule.kind,
            state.enabled,
            state.matches,
            state.rule.techniques,
            tactics_of(state.rule.tags),
        )
        for state in states
    ]
    return [*found, *(classifying_rules(services.analysis.catalogue()) if services.analysis else ())]


def _matrix(services: Services) -> Matrix:
    return matrix_of(covering_rules(services), known_techniques())


def _names(rule: CoveringRule, wanted: str) -> bool:
    if not wanted:
        return not rule.techniques
    return any(each.upper() == wanted or each.upper().startswith(f"{wanted}.") for each in rule.techniques)


def _technique(found: TechniqueCoverage) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "tactics": list(found.tactics),
        "enabled": len(found.enabled),
        "disabled": len(found.disabled),
        "fired": len(found.fired),
        "matches": found.matches,
    }


def _rule(rule: CoveringRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "kind": rule.kind,
        "enabled": rule.enabled,
        "matches": rule.matches,
        "techniques": list(rule.techniques),
    }
