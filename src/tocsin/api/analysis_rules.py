"""Routes of the rules of analysis: look at them, switch them, reload them, explain a line by them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.analysis_models import (
    MAX_LINE,
    BranchDocument,
    DeadReport,
    ExplanationDocument,
    ProblemDocument,
    Question,
    ReloadDocument,
    RuleDetailDocument,
    RuleDocument,
    RuleList,
    RuleSwitch,
    SwitchChange,
    SwitchDocument,
)
from tocsin.api.services import Services, services
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.rules.catalogue import RuleFilter
from tocsin.rules.service import AnalysisRules

router = APIRouter(prefix="/analysis", tags=["analysis"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("rules:read"))]
_Writer = Annotated[Principal, Depends(require("rules:write"))]
_Sort = Literal["hits", "alerts", "cost", "last"]


@router.get("/rules", response_model=RuleList)
def list_rules(  # noqa: PLR0917 - FastAPI reads the query from the parameters
    _caller: _Reader,
    services: _Services,
    level: Annotated[int | None, Query(ge=0, le=16)] = None,
    group: Annotated[str, Query(max_length=200)] = "",
    decoder: Annotated[str, Query(max_length=200)] = "",
    file: Annotated[str, Query(max_length=4_096)] = "",
    text: Annotated[str, Query(max_length=200)] = "",
    enabled: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 500,
    cursor: Annotated[str, Query(max_length=20)] = "0",
) -> Any:
    """List rules in the order of loading; `level` is the lowest wanted, `file` a path or a base name."""
    wanted = RuleFilter(level, group, decoder, file, text, enabled)
    found = _analysis(services).catalogue().list(wanted)
    start = _start(cursor)
    following = str(start + limit) if start + limit < len(found) else None
    return {"items": _plain(found[start : start + limit]), "next": following, "total": len(found)}


@router.get("/rules/{rule_id}", response_model=RuleDetailDocument)
def get_rule(rule_id: str, _caller: _Reader, services: _Services) -> Any:
    """Return a rule: source, conditions in force, parents, children, provenance, figures."""
    return _plain(_analysis(services).catalogue().show(rule_id))


@router.put("/rules/{rule_id}", response_model=RuleDocument)
def switch_rule(rule_id: str, body: RuleSwitch, caller: _Writer, services: _Services) -> Any:
    """Switch a rule on or off and put that in force; rules below it work on."""
    analysis = _analysis(services)
    analysis.turn("rule", rule_id, enabled=body.enabled, actor=caller.actor)
    _reload(services, caller)
    catalogue = analysis.catalogue()
    return _plain(catalogue.view(catalogue.find(rule_id)))


@router.get("/switches", response_model=list[SwitchDocument])
def list_switches(_caller: _Reader, services: _Services) -> Any:
    """List what was switched on or off, by whom and when."""
    return _plain(_analysis(services).switches())


@router.put("/switches", response_model=ReloadDocument)
def switch(body: SwitchChange, caller: _Writer, services: _Services) -> Any:
    """Switch a rule, a whole file or a group on or off and put that in force."""
    _analysis(services).turn(body.kind, body.subject, enabled=body.enabled, actor=caller.actor)
    return _reload(services, caller)


@router.get("/tree", response_model=list[BranchDocument])
def tree(
    _caller: _Reader,
    services: _Services,
    rule: Annotated[str, Query(max_length=6)] = "",
    depth: Annotated[int, Query(ge=0, le=64)] = 2,
) -> Any:
    """Return the tree in which rules refine each other, below a rule or from the top."""
    return _plain(_analysis(services).catalogue().tree(rule, depth))


@router.get("/stats", response_model=list[RuleDocument])
def stats(
    _caller: _Reader,
    services: _Services,
    sort: _Sort = "hits",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
) -> Any:
    """Return the rules with the most hits, alerts, cost (mean CPU time of a try, sampled) or latest hits."""
    keys = {
        "hits": lambda view: view.hits,
        "alerts": lambda view: view.alerts,
        "cost": lambda view: view.mean_ns,
        "last": lambda view: view.last_hit_at or 0,
    }
    known = [view for view in _analysis(services).catalogue().list() if view.hits or view.tries]
    return _plain(sorted(known, key=keys[sort], reverse=True)[:limit])


@router.get("/dead", response_model=DeadReport)
def dead(
    _caller: _Reader,
    services: _Services,
    unseen_days: Annotated[int, Query(ge=0, le=36_500)] = 0,
) -> Any:
    """Return the rules that can never be a verdict, with reasons, and those that were none for long."""
    analysis = _analysis(services)
    idle = analysis.unseen(unseen_days) if unseen_days else []
    seldom = [{"id": str(rule.id), "last_hit_at": last} for rule, last in idle]
    return {"dead": _plain(analysis.dead()), "unseen": seldom}


@router.get("/problems", response_model=list[ProblemDocument])
def problems(_caller: _Reader, services: _Services) -> Any:
    """List what was refused of decoders, rules and lists; the rest is in force."""
    return [
        {
            "path": problem.location.path,
            "line": problem.location.line,
            "column": problem.location.column,
            "subject": problem.subject,
            "reason": problem.reason,
        }
        for problem in _analysis(services).problems
    ]


@router.post("/reload", response_model=ReloadDocument)
def reload(caller: _Writer, services: _Services) -> Any:
    """Read the content again and put it in force; no event is lost, and what rules remember stays."""
    return _reload(services, caller)


@router.post("/explain", response_model=list[ExplanationDocument])
def explain(body: Question, _caller: _Reader, services: _Services) -> Any:
    """Return the way of each line: header, decoders tried, fields, candidate rules, the verdict.

    The lines share what rules remember; the platform's own memory is neither asked nor changed.
    """
    if any(len(line) > MAX_LINE for line in body.lines):
        raise InvalidError(f"a line is longer than {MAX_LINE} characters")
    found = _analysis(services).explain(body.lines, location=body.location, kind=body.kind)
    return _plain(found if body.all else [one.interesting() for one in found])


def _analysis(services: Services) -> AnalysisRules:
    analysis: AnalysisRules | None = services.analysis
    if analysis is None:
        raise NotFoundError("this platform has no rules of analysis")
    return analysis


def _reload(services: Services, caller: Principal) -> Any:
    report = _analysis(services).reload(caller.actor)
    services.announcer.tell("rules", "analysis")
    return _plain(report)


def _start(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit()):
        raise InvalidError(f"{cursor!r} is no cursor")
    return int(cursor)


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
