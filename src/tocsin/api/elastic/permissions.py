"""What writing needs: to append events, `ingest`; to keep documents of other tools, `alerts:write`."""

from __future__ import annotations

from tocsin.accounts import Principal
from tocsin.core.errors import DeniedError


def require_sender(caller: Principal) -> None:
    """Raise `DeniedError` when the caller may not append events."""
    if "ingest" not in caller.permissions:
        raise DeniedError(f"needs ingest, which the role {caller.role} lacks")


def require_writer(caller: Principal) -> None:
    """Raise `DeniedError` when the caller may not keep documents."""
    if "alerts:write" not in caller.permissions:
        raise DeniedError(f"needs alerts:write, which the role {caller.role} lacks")
