"""`tocsin store backup|restore`: a copy of the embedded log, made while it is used."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.store_opening import (
    ConfigOption,
    DataOption,
    JSONOption,
    events_folder,
    progress,
    settings_of,
)
from tocsin.core.errors import InvalidError, TocsinError

if TYPE_CHECKING:
    from tocsin.store.backup import BackedUp

_LOOK_EVERY_S = 0.5
_PATIENCE_S = 60.0

FolderArgument = Annotated[Path, typer.Argument(help="Folder of the backup.")]


class BackupError(TocsinError):
    """The platform could not make the backup, or does not answer."""

    code = "backup"


def backup(
    folder: FolderArgument, data: DataOption = None, config: ConfigOption = None, json_: JSONOption = False
) -> None:
    """Bring a backup of the event log up to date, whether the platform runs or not.

    Sealed days that are in the folder already are left alone; on the same file system they are linked, so put
    the folder on another one. A platform that runs writes it itself and must be allowed to write there.

    Example: tocsin store backup /mnt/backup/tocsin-events
    """
    from tocsin.folder import running_on

    target = folder.expanduser().resolve()
    root = events_folder(data, config)
    if target.is_relative_to(root) or root.is_relative_to(target):
        raise InvalidError("the backup must not stand in the log's own folder, nor around it")
    running = running_on(settings_of(data, config).data) is not None
    done = _ordered(root, target, quiet=json_) if running else _made(target, data, config, quiet=json_)
    if json_:
        print_json(done)
        return
    size = f"{done.size_bytes / 1e6:,.1f} MB"
    console().print(
        f"{done.events:,} events up to commit {done.last_commit} ({size}) in {target}:"
        f" {done.written} files written, {done.kept} there already"
    )


def restore(
    folder: FolderArgument,
    force: Annotated[bool, typer.Option("--force", help="Replace the log that is there.")] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Put a backup of the event log in place, comparing every checksum. The platform must be stopped.

    A log that is there is replaced only with --force, and only once the backup is copied whole; one with
    holds in force has to be moved away by hand.

    Example: tocsin store restore /mnt/backup/tocsin-events --force
    """
    from tocsin.folder import DataFolder
    from tocsin.store.backup import restore as put_back

    root = events_folder(data, config)
    held = DataFolder(root.parent)
    try:
        with progress("restoring", 0, quiet=json_) as bar:
            manifest = put_back(
                folder.expanduser().resolve(), root, force=force, heard=lambda done, _: bar(done)
            )
    finally:
        held.release()
    if json_:
        print_json(manifest)
        return
    taken = moment(manifest.taken_at)
    console().print(
        f"{manifest.events:,} events up to commit {manifest.last_commit}, as of {taken}, are in place"
    )


def _made(target: Path, data: Path | None, config: Path | None, *, quiet: bool) -> BackedUp:
    from tocsin.core.clock import SystemClock
    from tocsin.folder import DataFolder
    from tocsin.stores import open_embedded

    settings = settings_of(data, config)
    held = DataFolder(settings.data)
    try:
        store = open_embedded(settings.store, held.part("events"), SystemClock())
        try:
            with progress("backing up", 0, quiet=quiet) as bar:
                return store.back_up(target, lambda done, _: bar(done))
        finally:
            store.close()
    finally:
        held.release()


def _ordered(root: Path, target: Path, *, quiet: bool) -> BackedUp:
    """Have the platform that runs make the backup, and wait for it."""
    from tocsin.core.clock import SystemClock
    from tocsin.store.backup import BackedUp
    from tocsin.store.orders import Orders
    from tocsin.store.states import journal_of

    orders = Orders(journal_of(root))
    number = orders.ask("backup", str(target), SystemClock().now())
    patience = time.monotonic() + _PATIENCE_S
    with progress("backing up", 0, quiet=quiet) as bar:
        while (order := orders.look(number)).state in {"asked", "running"}:
            if order.state == "asked" and time.monotonic() > patience:
                raise BackupError(f"the platform has not begun within {_PATIENCE_S:.0f} s: see its log")
            bar(order.done)
            time.sleep(_LOOK_EVERY_S)
    if order.state == "failed":
        raise BackupError(order.answer)
    return msgspec.json.decode(order.answer, type=BackedUp)
