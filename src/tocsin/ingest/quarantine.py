"""Keep a batch going when one of its records breaks what reads it: find it, keep it, say why."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.core.event import Classified, Event, Value
from tocsin.core.record import Record

Classify = Callable[[list[Record]], list[Classified]]


def quarantined(record: Record, reason: str) -> Event:
    """Return the record as an event that says why it was not understood; nothing of it is lost."""
    message = record.raw.decode("utf-8", "replace")
    fields: dict[str, Value] = {"error.message": reason, "event.kind": "pipeline_error"}
    optional = {"log.file.path": record.location, "host.name": record.host, "agent.id": record.agent}
    fields.update({name: value for name, value in optional.items() if value})
    return Event(
        source=record.source,
        seq=record.seq,
        at=record.collected_at,
        received_at=record.collected_at,
        message=message,
        fields=fields,
        raw=None if message.encode() == record.raw else record.raw,
    )


def classify_surviving(classify: Classify, records: list[Record]) -> list[Classified]:
    """Classify the records; those that make `classify` fail come back quarantined.

    The batch is halved until the record at fault stands alone, so n of them cost n log2(batch) calls.
    """
    if not records:
        return []
    try:
        return _checked(classify(records), records)
    except Exception as error:  # noqa: BLE001 - supervised edge: whatever fails, the record is kept
        if len(records) == 1:
            reason = f"classification failed: {type(error).__name__}: {error}"[:500]
            return [Classified(quarantined(records[0], reason))]
    half = len(records) // 2
    return classify_surviving(classify, records[:half]) + classify_surviving(classify, records[half:])


def _checked(classified: list[Classified], records: list[Record]) -> list[Classified]:
    if [item.event.seq for item in classified] != [record.seq for record in records]:
        raise ValueError("the classifier did not return one event per record, in order")
    return classified
