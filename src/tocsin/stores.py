"""Which event log a platform keeps: the embedded one, or one on OpenSearch; the settings say."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

from tocsin.core.clock import Clock
from tocsin.core.errors import TocsinError
from tocsin.settings import SettingsError
from tocsin.settings_sections import StoreSettings
from tocsin.store.base import EventStore
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.holds import Holds
from tocsin.store.journal import Journal
from tocsin.store.keeping import Keeping
from tocsin.store.opensearch.client import Access, Client
from tocsin.store.opensearch.mapping import Layout
from tocsin.store.opensearch.store import OpenSearchStore
from tocsin.store.retention import EventClass, Policy
from tocsin.store.sealing import INDEX_FROM

_OWNER = "cluster-writer"
"""File with what the folder is known by where it writes to a cluster."""
_KNOWN = "cluster-log"
"""File with the identity of the log on a cluster that the folder belongs to."""


def open_store(settings: StoreSettings, folder: Path, clock: Clock) -> EventStore:
    """Open the log the settings name; the embedded one stands in `folder`.

    It is opened to be written to. Raises `SettingsError` when a cluster is asked for that lacks the history
    this folder is about.
    """
    if settings.kind == "duckdb":
        return open_embedded(settings, folder, clock)
    store = open_opensearch(settings, owner_of(folder))
    try:
        _recognise(store, settings, folder)
        store.begin_writing()
    except TocsinError:
        store.close()
        raise
    return store


def _recognise(store: OpenSearchStore, settings: StoreSettings, folder: Path) -> None:
    """Refuse a log that is not the one this folder's alerts and offsets are about."""
    hosts, identity = ", ".join(settings.hosts), store.identity()
    known = folder / _KNOWN
    if not known.exists():
        if not store.last_commit() and any((folder / "days").glob("*.duckdb")):
            raise SettingsError(
                f"store.kind: the log on {hosts} is empty and the one in {folder} is not:"
                " move the history first with `tocsin store migrate --to opensearch`"
            )
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        known.write_text(identity)
    elif known.read_text() != identity:
        raise SettingsError(
            f"store.url: the log `{settings.prefix}` on {hosts} is not the one this data folder belongs to:"
            " restore its indices there, or start with a new data folder"
        )


def open_embedded(settings: StoreSettings, folder: Path, clock: Clock) -> DuckDBStore:
    """Open the embedded log of a folder."""
    return DuckDBStore(
        folder,
        clock,
        memory_limit=settings.memory_limit,
        search_timeout_s=settings.search_timeout_s,
        most_open=settings.open_days,
        index_from=INDEX_FROM if settings.word_index else None,
        remembered_bytes=settings.remembered_bytes,
    )


def keeping_of(store: EventStore, settings: StoreSettings) -> Keeping | None:
    """Return what applies the settings' retention to an embedded log; None for a log of another kind.

    Raises `SettingsError` when the query of a class cannot be read, or a log of another kind is to obey it.
    """
    if not isinstance(store, DuckDBStore):
        if settings.classes or settings.max_bytes:
            raise SettingsError("store.classes, store.max_bytes: only the embedded log knows them")
        return None
    classes = [EventClass(one.query, one.days) for one in settings.classes]
    for number, one in enumerate(classes, 1):
        try:
            _ = one.node
        except TocsinError as error:
            raise SettingsError(f"store.classes, the query of number {number}: {error}") from error
    policy = Policy(settings.retention_days, tuple(classes), settings.max_bytes)
    return store.keeping(policy, settings.seal_after_minutes * 60.0)


def holds_of(store: EventStore, folder: Path) -> Holds:
    """Return the legal holds on a log; those on one on a cluster stand in the journal of this folder too."""
    if isinstance(store, DuckDBStore):
        return store.holds
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Holds(Journal(folder))


def owner_of(folder: Path) -> str:
    """Return what a locked data folder's `events` is known by to a cluster, the same at each opening."""
    path = folder / _OWNER
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(secrets.token_hex(8))
    return f"{path.read_text()}@{socket.gethostname()}"


def open_opensearch(settings: StoreSettings, owner: str = "") -> OpenSearchStore:
    """Open the log on OpenSearch or Elasticsearch; raises `SettingsError` when the address is missing.

    `owner` is who has the right to write, once it is written to; see `owner_of`.
    """
    layout = Layout(settings.prefix, settings.shards, settings.replicas)
    return OpenSearchStore(_access(settings), layout, owner=owner)


def greet_opensearch(settings: StoreSettings) -> str:
    """Return the name and version of the server, changing nothing; raises what opening the log raises."""
    client = Client(_access(settings))
    try:
        version = client.get("")["version"]
    finally:
        client.close()
    return f"{version.get('distribution', 'elasticsearch')} {version['number']}"


def _access(settings: StoreSettings) -> Access:
    if not settings.hosts:
        raise SettingsError("store.url: the address of OpenSearch is missing, such as https://search:9200")
    return Access(
        settings.hosts,
        user=settings.user,
        password=settings.password.get_secret_value(),
        api_key=settings.api_key.get_secret_value(),
        ca=settings.ca,
        timeout_s=settings.timeout_s,
    )
