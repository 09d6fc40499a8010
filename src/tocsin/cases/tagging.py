"""Tags of alerts and cases: on the row for reading, in a table of their own for finding."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.orm import Session

from tocsin.cases.model import short
from tocsin.cases.tables import Alert, Case, Tag
from tocsin.core.errors import InvalidError

_MOST = 100


def cleaned(tags: Iterable[str]) -> list[str]:
    """Return the tags, each once and none blank; raises `InvalidError` when too many or too long."""
    kept = list(dict.fromkeys(text for tag in tags if (text := short("a tag", tag, 128))))
    if len(kept) > _MOST:
        raise InvalidError(f"at most {_MOST} tags, not {len(kept)}")
    return kept


def set_tags(tx: Session, subject: Alert | Case, tags: Iterable[str]) -> None:
    """Give the subject these tags and no others."""
    kept = cleaned(tags)
    subject.tags = kept
    tx.flush()
    tx.execute(delete(Tag).where(Tag.subject_id == subject.id))
    tx.add_all(Tag(subject_id=subject.id, tag=tag) for tag in kept)
    tx.flush()


def add_tags(tx: Session, subject: Alert | Case, tags: Iterable[str]) -> bool:
    """Give the subject these tags too; says whether one of them was new."""
    wanted = cleaned([*subject.tags, *tags])
    if wanted == subject.tags:
        return False
    set_tags(tx, subject, wanted)
    return True
