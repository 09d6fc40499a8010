"""The route that proposes an exception from an alert closed as false positive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.services import Services, services
from tocsin.cases import Alert, AlertFilter
from tocsin.core.clock import DAY, to_iso
from tocsin.core.errors import ConflictError
from tocsin.detect.proposal import PastAlert, effect_of, propose

router = APIRouter(prefix="/alerts", tags=["alerts"])

MAX_EVENTS = 200
"""Of the alert, that must agree."""
LOOKED_BACK = 30 * DAY
MAX_ALERTS = 200
MAX_EVENTS_EACH = 20
LASTS = 90 * DAY

_Reader = Annotated[Principal, Depends(require("alerts:read", "events:read", "rules:read"))]
_Services = Annotated[Services, Depends(services)]


@router.post("/{alert_id}/exception-proposal")
def propose_exception(alert_id: str, caller: _Reader, services: _Services) -> dict[str, Any]:
    """Propose an exception from an alert closed as false positive; nothing is changed.

    `exception` can be sent to `/exceptions` as it is, or edited. `effect` says what it would have held back
    of the rule's alerts of the last 30 days (the latest 200, up to 20 events each).
    """
    with services.db.read() as tx:
        alert: Alert = services.alerts.get(tx, alert_id)
        if alert.resolution != "false_positive":
            raise ConflictError(f"alert {alert.number} is not closed as false positive")
        services.exceptions.check_rule(alert.rule_id)
        own = _ids(tx, services, alert, MAX_EVENTS)
        past = _past(tx, services, alert.rule_id)
    condition = propose(services.store.get(own), alert.group_field, alert.group_key)
    found = effect_of(condition, _with_events(services, past))
    reason = alert.reason.strip() or f"alert {alert.number} was a false positive"
    return {
        "exception": {
            "rule_id": alert.rule_id,
            "condition": condition,
            "reason": reason[:1024],
            "owner": caller.login,
            "expires_at": to_iso(services.clock.now() + LASTS),
        },
        "effect": {
            "alerts": found.alerts,
            "held_back": found.held_back,
            "thinned": found.thinned,
            "resolutions": dict(found.resolutions),
        },
    }


def _past(tx: Session, services: Services, rule_id: str) -> list[tuple[str, list[str]]]:
    wanted = AlertFilter(rule_id=rule_id, from_at=services.clock.now() - LOOKED_BACK)
    page = services.alerts.page(tx, wanted, sort="-last_at", limit=MAX_ALERTS)
    return [(row.resolution or "open", _ids(tx, services, row, MAX_EVENTS_EACH)) for row in page.items]


def _ids(tx: Session, services: Services, alert: Alert, most: int) -> list[str]:
    return [each.event_id for each in services.alerts.events(tx, alert.id, limit=most).items]


def _with_events(services: Services, past: Sequence[tuple[str, list[str]]]) -> list[PastAlert]:
    """Read the events of all alerts at once; those that were deleted are left out."""
    ids = list(dict.fromkeys(each for _, named in past for each in named))
    events = {event.id: event for event in services.store.get(ids)}
    return [
        PastAlert(resolution, [events[each] for each in named if each in events])
        for resolution, named in past
    ]
