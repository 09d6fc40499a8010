"""`tocsin sources`: the ledger of the platform of this machine, running or not."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tocsin.cli.kept import database_of
from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, settings_of
from tocsin.core.clock import MILLISECOND, SystemClock, to_iso
from tocsin.core.errors import NotFoundError
from tocsin.ingest.ledger import Account, Ledger

_COUNTS = ("received", "stored", "duplicates", "refused", "under_way", "lost")
_NOTHING = """nothing has sent yet: enrol an agent, set a port under [syslog] or [beats], send to _bulk,
or run `tocsin import FILE`; docs/guide/sources.md shows each"""


def run(
    source: Annotated[
        str | None, typer.Argument(help="Only this source, or those whose name begins so; with its refusals.")
    ] = None,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """List what each source sent and what became of it: received = stored + duplicates + refused + under way.

    A running platform writes its counts every few seconds. Example: tocsin sources beats: --json
    """
    database = database_of(settings_of(data, config))
    try:
        ledger = Ledger(database, SystemClock())
        ledger.read()
        accounts = [one for one in ledger.accounts() if one.source.startswith(source or "")]
    finally:
        database.close()
    if source and not accounts:
        raise NotFoundError(f"no source begins with {source!r}")
    if json_:
        print_json([_plain(account) for account in accounts])
        return
    for account in accounts:
        _print(account, whole=source is not None)
    if not accounts:
        console().print(_NOTHING)


def _plain(account: Account) -> dict[str, Any]:
    refusals = sorted(account.refusals.values(), key=lambda refusal: -refusal.count)
    return {
        "id": account.source,
        **{name: max(0, getattr(account, name)) for name in _COUNTS},
        "lag_ms": account.lag_us // MILLISECOND,
        "last_at": to_iso(account.last_at) if account.last_at else None,
        "refusals": [
            {"reason": one.reason, "kind": one.kind, "count": one.count, "last_at": to_iso(one.last_at)}
            for one in refusals
        ],
    }


def _print(account: Account, *, whole: bool) -> None:
    counts = ", ".join(
        f"{max(0, value):,} {name.replace('_', ' ')}"
        for name in _COUNTS
        if (value := getattr(account, name)) or name in ("received", "stored")
    )
    lag = f", {account.lag_us // MILLISECOND} ms behind" if account.lag_us else ""
    console().print(f"{account.source}: {counts}{lag}, last {moment(account.last_at or None)}")
    if not whole:
        return
    for refusal in sorted(account.refusals.values(), key=lambda one: -one.count):
        console().print(
            f"  {refusal.count:,} {refusal.kind}: {refusal.reason}, last {moment(refusal.last_at)}"
        )
        for sample in refusal.samples:
            console().print(f"    {sample.text[:160]!r}")
