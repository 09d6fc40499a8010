"""What people want of mail to themselves: an address, and about which events."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import InvalidError
from tocsin.notify.channels import Preference
from tocsin.notify.tables import PreferenceRow

PERSONAL_EVENTS = ("alert.assigned", "case.assigned")
_ADDRESS = re.compile(r"[^\s@<>,;\x00-\x1f]+@[^\s@<>,;\x00-\x1f]+")


class Personal:
    """Keeps the preferences. Every method takes the caller's transaction."""

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def get(self, tx: Session, login: str) -> Preference:
        """Return what somebody wants; nothing, until they say otherwise."""
        row = tx.get(PreferenceRow, login)
        return Preference(login, row.address, tuple(row.events)) if row else Preference(login, "", ())

    def put(self, tx: Session, login: str, address: str, events: Sequence[str], actor: Actor) -> Preference:
        """Keep what somebody wants; raises `InvalidError`. An empty address ends it."""
        unknown = [event for event in events if event not in PERSONAL_EVENTS]
        if unknown:
            raise InvalidError(
                f"{unknown[0]!r} is no event to be told of; known: {', '.join(PERSONAL_EVENTS)}"
            )
        if address and (len(address) > 254 or not _ADDRESS.fullmatch(address)):
            raise InvalidError(f"{address[:80]!r} is no mail address")
        row = tx.get(PreferenceRow, login)
        if row is None:
            row = PreferenceRow(login=login, address="", events=[])
            tx.add(row)
        before = [row.address, list(row.events)]
        row.address = address
        row.events = list(dict.fromkeys(events)) if address else []
        row.updated_at = self._clock.now()
        tx.flush()
        details = {"mail": [before, [row.address, list(row.events)]]}
        self._audit.record(tx, actor, "update", kind="preference", subject=login, details=details)
        return Preference(login, row.address, tuple(row.events))
