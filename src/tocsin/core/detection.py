"""What a rule that watches the log says when it matches: the bridge from detect to cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

RuleKind = Literal["level", "elastalert", "sigma", "indicator"]


class EventRef(msgspec.Struct, frozen=True):
    """An event by identifier, with its time so that it can be found without a search."""

    id: str
    at: int


class Clause(msgspec.Struct, frozen=True):
    """One condition of a rule that held: `field` is empty for a condition on the whole text.

    `value` is what the event had there, as text; `condition` is the condition as its author wrote it.
    """

    field: str
    condition: str
    value: str


class Detection(msgspec.Struct, frozen=True):
    """A match, ready to open an alert or to join the open one of the same rule and group."""

    rule_id: str
    rule_name: str
    rule_kind: RuleKind
    rule_version: str
    """Hash of the rule's text: says which wording of the rule matched."""
    severity: int
    group_key: str
    """Alerts group by rule and this value, such as the attacker's address; empty: one group."""
    title: str
    description: str
    at: int
    """Time of the newest event, in microseconds since 1970, UTC."""
    events: tuple[EventRef, ...]
    clauses: tuple[Clause, ...] = ()
    tags: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    """ATT&CK technique identifiers, such as `T1110.001`."""
    group_field: str = ""
    """The field `group_key` was read from."""


class Service(msgspec.Struct, frozen=True):
    """A service an ElastAlert rule tells by itself, and its options as the rule gives them, secrets too."""

    name: str
    options: Mapping[str, Any]


class RuleNotice(msgspec.Struct, frozen=True):
    """What a rule that tells services by itself says of its matches, worded as the rule wants it."""

    rule_id: str
    rule_name: str
    key: str
    """The same key, the same telling."""
    alert_id: str
    severity: int
    title: str
    body: str
    at: int
    documents: tuple[Mapping[str, Any], ...]
    """The matches, the oldest first."""
    services: tuple[Service, ...]
