"""Everything a route may ask for: the services of a running platform, handed over as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import Request

from tocsin.accounts import Accounts, Audit
from tocsin.core.announce import Announcer
from tocsin.core.clock import Clock
from tocsin.core.database import Database


@dataclass(frozen=True, slots=True)
class APISettings:
    """Settings of the HTTP face."""

    max_body_bytes: int = 4 << 20
    """Of an ordinary request; uploads and batches have their own limit."""
    max_upload_bytes: int = 128 << 20
    console_path: Path | None = None
    """Folder of the built console; None serves the one in the package, when it was built."""
    stream_clients: int = 200
    """Live event streams open at a time."""
    login_attempts: int = 10
    """Refused logins of one login, or five times as many of one address, before the door stays shut."""
    login_window_us: int = 300_000_000
    document_indices: tuple[str, ...] = ("elastalert*",)
    """Names, at `/compat/elastic`, of indices that keep documents of other tools instead of events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services of a running platform.

    An area's service is stated as Any where its class sits in an area that routes only pass through:
    the routes of that area know it.
    """

    db: Database
    clock: Clock
    announcer: Announcer
    audit: Audit
    accounts: Accounts
    alerts: Any = None
    cases: Any = None
    store: Any = None
    holds: Any = None
    """Legal holds on the log."""
    searches: Any = None
    documents: Any = None
    identities: Any = None
    pipeline: Any = None
    agents: Any = None
    ledger: Any = None
    indicators: Any = None
    warninglists: Any = None
    enrichment: Any = None
    detection: Any = None
    exceptions: Any = None
    rehearsals: Any = None
    gatekeeper: Any = None
    """Decides whether a rule may be switched on."""
    editor: Any = None
    """Saves the texts of rules."""
    bulk: Any = None
    """Switches many rules at once."""
    census: Any = None
    """Holds the fields of the log against what rules need."""
    ward: Any = None
    """Says how rules do."""
    retest: Any = None
    """Runs the cases of all rules."""
    analysis: Any = None
    playbooks: Any = None
    dashboards: Any = None
    """A `Dashboards` of `tocsin.api.dashboards`."""
    notifications: Any = None
    metrics: Any = None
    """A `prometheus_client.CollectorRegistry`."""
    settings: Any = None
    """The platform's settings as loaded."""
    api: APISettings = field(default_factory=APISettings)


def services(request: Request) -> Services:
    """Return the platform's services; a dependency of routes."""
    found: Services = request.app.state.services
    return found
