"""Routes that switch many rules at once, and show what an edit would change."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import listing
from tocsin.api.run_views import instant
from tocsin.api.services import Services, services
from tocsin.core.clock import DAY, from_datetime, to_iso
from tocsin.core.errors import InvalidError
from tocsin.detect.bulk import BulkSwitch, Plan
from tocsin.detect.choosing import RuleQuery
from tocsin.detect.comparison import Change, Comparison, Side
from tocsin.detect.editing import Draft, Editor
from tocsin.detect.report import Bounds
from tocsin.detect.rule import WatchRule, level_of
from tocsin.detect.rule_source import MAX_BYTES
from tocsin.detect.tables import SwitchChangeRow

router = APIRouter(tags=["rules"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("rules:read"))]
_EventReader = Annotated[Principal, Depends(require("rules:read", "events:read"))]
_Writer = Annotated[Principal, Depends(require("rules:write"))]

_Names = Annotated[list[str], Field(max_length=5_000)]


class Where(BaseModel, extra="forbid"):
    """Which rules are meant: those that fulfil all that is given."""

    ids: _Names = Field(default_factory=list)
    kinds: _Names = Field(default_factory=list)
    types: _Names = Field(default_factory=list)
    levels: _Names = Field(default_factory=list)
    """informational, low, medium, high, critical."""
    tags: _Names = Field(default_factory=list)
    """One of these tags or techniques, with its sub-techniques."""
    logsource: str = Field(default="", max_length=400)
    """`product/category/service`; parts may be left out at the end or be `*`."""
    path: str = Field(default="", max_length=1024)
    text: str = Field(default="", max_length=400)

    def query(self) -> RuleQuery:
        """Return it as detection understands it; raises `InvalidError`."""
        return RuleQuery(
            tuple(self.ids),
            tuple(self.kinds),
            tuple(self.types),
            tuple(self.levels),
            tuple(self.tags),
            self.logsource,
            self.path,
            self.text,
        )


class SwitchIn(BaseModel, extra="forbid"):
    """Many rules to switch on or off."""

    enabled: bool
    where: Where
    dry_run: bool = True
    """Only say what would be switched."""
    override: str = Field(default="", max_length=1024)
    """Why rules are switched on although they go over the budget or their cases fail."""
    reason: str = Field(default="", max_length=1024)


class CompareIn(BaseModel, extra="forbid"):
    """An edit to compare with the rule as it is in force; over the last seven days unless said otherwise."""

    rule_id: str = Field(max_length=200)
    text: str | None = Field(default=None, max_length=MAX_BYTES)
    before: int | None = Field(default=None, ge=1)
    """A version to compare with in place of the rule in force."""
    after: int | None = Field(default=None, ge=1)
    """A version to compare, in place of a text."""
    from_at: AwareDatetime | None = None
    to_at: AwareDatetime | None = None


@router.post("/rules/switches")
def switch_rules(body: SwitchIn, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Switch rules on or off by tag, log source, level and more; with `dry_run`, only say which.

    Rules that are to be on have their cases run and are tried together on the last days; what goes over the
    budget stays off and is named, unless `override` gives a reason.
    """
    bulk: BulkSwitch = services.bulk
    wanted = body.where.query()
    if wanted.is_empty:
        raise InvalidError("say which rules are meant: by ids, kinds, levels, tags, logsource, path or text")
    with services.db.read() as tx:
        plan = bulk.plan(tx, wanted, body.enabled, body.override)
    if body.dry_run or not plan.change:
        return _plan(plan) | {"change": None}
    with services.db.write() as tx:
        row = bulk.apply(tx, plan, caller.actor, body.override or body.reason)
        change = _change(row)
    services.detection.reload()
    services.announcer.tell("rules", "switches")
    return _plan(plan) | {"change": change}


@router.get("/rules/switches")
def list_switches(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the last switches of many rules, the newest first."""
    with services.db.read() as tx:
        return listing(_change(row) for row in services.bulk.changes(tx))


@router.post("/rules/switches/{change_id}/undo")
def undo_switch(change_id: str, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Put every switch back to what it was; rules that were switched once more since are left alone."""
    with services.db.write() as tx:
        change = _change(services.bulk.undo(tx, change_id, caller.actor))
    services.detection.reload()
    services.announcer.tell("rules", "switches")
    return change


@router.post("/rules/diff")
def compare_rule(body: CompareIn, _caller: _EventReader, services: _Services) -> dict[str, Any]:
    """Run a rule and an edit of it over the same events: which alerts would be new, which would vanish.

    One backtest runs at a time (429).
    """
    editor: Editor = services.editor
    if (body.text is None) == (body.after is None):
        raise InvalidError("give either text or after")
    with services.db.read() as tx:
        draft = (
            Draft(body.text, rule_id=body.rule_id)
            if body.text is not None
            else editor.old(tx, body.rule_id, body.after or 0)
        )
        after = editor.check(tx, draft, with_cases=False).subject
        before = services.rehearsals.stored(body.rule_id)
        if body.before is not None:
            before = editor.check(tx, editor.old(tx, body.rule_id, body.before), with_cases=False).subject
    return comparison_view(services.rehearsals.compare(before, after, _bounds(body, services)))


def _bounds(body: CompareIn, services: Services) -> Bounds:
    allowed, now = services.settings.detect, services.clock.now()
    to_at = from_datetime(body.to_at) if body.to_at is not None else now
    from_at = from_datetime(body.from_at) if body.from_at is not None else to_at - 7 * DAY
    return Bounds(from_at, to_at, allowed.backtest_events, allowed.backtest_seconds)


def comparison_view(found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain values."""
    return {
        "rule_id": found.rule_id,
        "from_at": to_iso(found.from_at),
        "to_at": to_iso(found.to_at),
        "events": found.events,
        "complete": found.complete,
        "stopped_by": found.stopped_by or None,
        "before": _side(found.before),
        "after": _side(found.after),
        "new_alerts": found.new_alerts,
        "gone_alerts": found.gone_alerts,
        "same_alerts": found.same_alerts,
        "new_events": found.new_events,
        "gone_events": found.gone_events,
        "new": [_alert(each) for each in found.new],
        "gone": [_alert(each) for each in found.gone],
        "days": [
            {"day": day, "before": before, "after": after} for day, (before, after) in found.days.items()
        ],
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "version": side.version,
        "alerts": side.alerts,
        "events": side.events,
        "cpu_s": round(side.cpu_s, 3),
    }


def _alert(change: Change) -> dict[str, Any]:
    return {
        "group_key": change.group_key,
        "day": change.day,
        "title": change.title,
        "severity": change.severity,
        "at": instant(change.at),
        "event_ids": list(change.event_ids),
    }


def _plan(plan: Plan) -> dict[str, Any]:
    found = plan.survey
    return {
        "enabled": plan.enabled,
        "count": len(plan.change),
        "unchanged": plan.unchanged,
        "rules": [_rule(rule) | _expected(plan, rule) for rule in plan.change],
        "refused": [
            _rule(each.rule) | {"reason": each.reason} | _expected(plan, each.rule) for each in plan.refused
        ],
        "budget": plan.budget or None,
        "backtest": None
        if found is None
        else {"events": found.events, "stopped_by": found.stopped_by or None, "busiest_day": found.busiest},
    }


def _rule(rule: WatchRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "kind": rule.kind,
        "level": level_of(rule),
        "logsource": rule.logsource or None,
    }


def _expected(plan: Plan, rule: WatchRule) -> dict[str, Any]:
    found = plan.surveyed.get(rule.id)
    return {} if found is None else {"alerts": found.alerts, "busiest_day_alerts": found.busiest}


def _change(row: SwitchChangeRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "enabled": row.enabled,
        "where": row.wanted,
        "rules": len(row.before),
        "changed_by": row.changed_by,
        "changed_at": instant(row.changed_at),
        "undone_by": row.undone_by,
        "undone_at": instant(row.undone_at),
    }
