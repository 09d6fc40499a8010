"""Events as the documents of Wazuh's alerts, with what the platform knows of their rules."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from tocsin.api.services import Services
from tocsin.core.event import Event
from tocsin.rules.alert_document import AlertDocuments


def alert_documents(services: Services) -> AlertDocuments:
    """Return what makes the documents; `manager.name` is this machine's name."""
    return AlertDocuments(socket.gethostname(), options=lambda rule: _options(services.analysis, rule))


def alert_lines(documents: AlertDocuments, batches: Iterable[Sequence[Event]]) -> Iterator[bytes]:
    """Yield each batch as lines of `alerts.json`, one event's document each."""
    for batch in batches:
        yield b"".join(
            orjson.dumps(documents.document(event), option=orjson.OPT_APPEND_NEWLINE) for event in batch
        )


def _options(analysis: Any, rule: str) -> frozenset[str]:
    """Return the options of a rule in force; none for one that is there no more."""
    if analysis is None or not rule.isdigit():
        return frozenset()
    found = analysis.edition.ruleset.tree.rules.get(int(rule))
    return frozenset() if found is None else found.options
