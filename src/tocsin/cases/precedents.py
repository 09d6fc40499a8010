"""What alerts of the same keys were closed as before."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.cases.model import CLOSED_ALERT
from tocsin.cases.tables import Alert

_AT_ONCE = 500


def last_resolutions(tx: Session, group_keys: Sequence[str]) -> dict[str, str]:
    """Return the resolution of the alert of each key that was closed last, of any rule.

    Keys of which no alert was closed are left out.
    """
    found: dict[str, str] = {}
    for start in range(0, len(group_keys), _AT_ONCE):
        query = (
            select(Alert.group_key, Alert.resolution)
            .where(
                Alert.group_key.in_(group_keys[start : start + _AT_ONCE]),
                Alert.status.in_(CLOSED_ALERT),
                Alert.resolution.is_not(None),
            )
            .order_by(Alert.closed_at, Alert.id)
        )
        found |= {key: resolution for key, resolution in tx.execute(query) if resolution is not None}
    return found
