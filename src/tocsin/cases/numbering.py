"""Numbers people call alerts and cases by."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.cases.tables import Counter


def next_number(tx: Session, name: str) -> int:
    """Return the next number of the kind; gaps appear only where a transaction was taken back."""
    counter = tx.scalar(select(Counter).where(Counter.name == name).with_for_update())
    if counter is None:
        counter = Counter(name=name, value=0)
        tx.add(counter)
    counter.value += 1
    tx.flush()
    return counter.value
