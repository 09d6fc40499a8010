"""What alerts of a key were closed as."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tocsin.cases.precedents import last_resolutions
from tocsin.core.actor import Actor

ADA = Actor("user", "ada")


def test_the_last_closed_alert_of_a_key_speaks_for_it(desk: Any, tx: Session, detect: Any) -> None:
    """Of any rule; open alerts and other keys say nothing."""
    for rule_id, resolution in (("1", "true_positive"), ("2", "false_positive")):
        alert_id = desk.alerts.record(tx, detect(rule_id=rule_id)).alert_id
        desk.alerts.close(tx, alert_id, resolution, "", ADA)
        desk.clock.advance(1_000_000)
    desk.alerts.record(tx, detect(group_key="198.51.100.7"))
    keys = ["203.0.113.9", "198.51.100.7", *(f"10.0.0.{last}" for last in range(600))]
    assert {"203.0.113.9": "false_positive"} == last_resolutions(tx, keys)
