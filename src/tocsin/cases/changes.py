"""Setting fields of alerts and cases: each value checked, each change noted as before and after."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from tocsin.cases.model import short, within
from tocsin.cases.tables import Alert, Case
from tocsin.cases.tagging import cleaned, set_tags
from tocsin.core.errors import InvalidError

_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_MOST_FIELDS = 50
_NOTED = 200


def apply(tx: Session, subject: Alert | Case, changes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set the values on the subject; returns what really changed, as `{field: [before, after]}`."""
    details: dict[str, list[Any]] = {}
    for name, value in changes.items():
        wanted, before = _checked(name, value), getattr(subject, name)
        if wanted == before:
            continue
        details[name] = [_noted(before), _noted(wanted)]
        if name == "tags":
            set_tags(tx, subject, wanted)
        else:
            setattr(subject, name, wanted)
    tx.flush()
    return details


def _checked(name: str, value: Any) -> Any:
    match name:
        case "title":
            return short("a title", value, 512, required=True)
        case "description" | "summary":
            return short(f"a {name}", value, 1 << 20)
        case "severity":
            return within("severity", value, 1, 4)
        case "tlp":
            return within("TLP", value, 0, 4)
        case "pap":
            return within("PAP", value, 0, 3)
        case "assignee":
            return short("an assignee", value, 160) or None if value else None
        case "tags":
            return cleaned(value)
        case "flag":
            return bool(value)
        case "start_at":
            return value
        case "custom_fields":
            return _custom_fields(value)
    raise InvalidError(f"{name!r} cannot be changed")


def _custom_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    if len(fields) > _MOST_FIELDS:
        raise InvalidError(f"at most {_MOST_FIELDS} custom fields, not {len(fields)}")
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        if not _FIELD_NAME.fullmatch(name):
            raise InvalidError(f"{name[:80]!r} is no name of a custom field")
        if not isinstance(value, str | int | float | bool | None):
            raise InvalidError(f"the custom field {name!r} takes text, a number or a truth value")
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidError(f"the custom field {name!r} takes finite numbers")
        if value is not None:
            label = f"the custom field {name!r}"
            kept[name] = short(label, value, 4096) if isinstance(value, str) else value
    return kept


def _noted(value: Any) -> Any:
    """Return the value as the audit trail keeps it: long texts only by their beginning."""
    return value[:_NOTED] + "…" if isinstance(value, str) and len(value) > _NOTED else value
