"""The kinds of channels."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.core.errors import InvalidError
from tocsin.core.suggestion import did_you_mean
from tocsin.notify.kinds.apprise import APPRISE
from tocsin.notify.kinds.base import Kind, Means
from tocsin.notify.kinds.chat import CHATS
from tocsin.notify.kinds.email import MAIL
from tocsin.notify.kinds.incidents import INCIDENTS
from tocsin.notify.kinds.tickets import TICKETS
from tocsin.notify.kinds.webhook import HOOKS

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (*MAIL, *CHATS, *INCIDENTS, *TICKETS, *HOOKS, *APPRISE)
}


def kind_named(name: str) -> Kind:
    """Return the kind of that name; raises `InvalidError` with the likely intended one."""
    kind = KINDS.get(name)
    if kind is None:
        known = ", ".join(KINDS)
        raise InvalidError(f"{name!r} is no kind of channel{did_you_mean(name, KINDS)}; known: {known}")
    return kind


__all__ = ["KINDS", "Kind", "Means", "kind_named"]
