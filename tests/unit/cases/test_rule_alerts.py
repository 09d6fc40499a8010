"""The alerts of each rule by day and by what they were closed as."""

from __future__ import annotations

from tocsin.cases.rule_alerts import alerts_by_rule
from tocsin.cases.tables import Alert
from tocsin.core.clock import DAY
from tocsin.core.database import Database


def alert(number, rule_id, at, resolution=None):
    return Alert(
        id=f"alert_{number}",
        number=number,
        title="t",
        description="",
        severity=2,
        status="closed" if resolution else "new",
        resolution=resolution,
        rule_id=rule_id,
        rule_name="r",
        rule_kind="sigma",
        rule_version="v",
        group_field="",
        group_key="",
        first_at=at,
        last_at=at,
        created_at=at,
        updated_at=at,
    )


def test_alerts_are_counted_by_rule_day_and_resolution(tmp_path):
    """Those opened before the span are left out; open ones have no resolution."""
    db = Database(f"sqlite:///{tmp_path}/t.db")
    db.create_all()
    with db.write() as tx:
        tx.add_all(
            [
                alert(1, "a", DAY),
                alert(2, "a", 3 * DAY, "false_positive"),
                alert(3, "a", 3 * DAY + 5),
                alert(4, "a", 4 * DAY, "true_positive"),
                alert(5, "b", 4 * DAY),
            ]
        )
    with db.read() as tx:
        found = alerts_by_rule(tx, 2 * DAY)
        only = alerts_by_rule(tx, 2 * DAY, "b")
    db.close()
    assert (3, {"1970-01-04": 2, "1970-01-05": 1}) == (found["a"].alerts, dict(found["a"].by_day))
    assert {"false_positive": 1, "true_positive": 1} == dict(found["a"].closed_as)
    assert ["b"] == list(only)
