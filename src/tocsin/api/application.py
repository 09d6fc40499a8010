"""The HTTP application: routers, guards, errors, headers and the console, put together."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

import tocsin
from tocsin.api import (
    accounts,
    agents,
    alerts,
    analysis_rules,
    backtests,
    case_items,
    cases,
    coverage,
    dashboard_reports,
    dashboard_schedules,
    dashboards,
    elastic,
    enrich,
    events,
    exceptions,
    health,
    intel,
    notify,
    overview,
    playbooks,
    proposals,
    rule_editing,
    rule_health,
    rule_switches,
    rules,
    searches,
    sources,
    store,
    stream,
)
from tocsin.api.access import Guard, require
from tocsin.api.console import ConsoleFiles
from tocsin.api.export_gate import MOST_EXPORTS
from tocsin.api.middleware import BodyLimit, SecurityHeaders
from tocsin.api.problems import install as install_problems
from tocsin.api.problems import problem
from tocsin.api.services import APISettings, Services

API_PREFIX = "/api/v1"

ROUTERS: Sequence[APIRouter] = (
    accounts.router,
    agents.router,
    alerts.router,
    analysis_rules.router,
    backtests.router,
    cases.router,
    case_items.router,
    coverage.router,
    dashboards.router,
    dashboard_reports.router,
    dashboard_schedules.router,
    enrich.router,
    events.router,
    exceptions.router,
    intel.router,
    notify.router,
    overview.router,
    playbooks.router,
    proposals.router,
    rule_editing.router,
    rule_health.router,
    rule_switches.router,
    rules.router,
    searches.router,
    sources.router,
    store.router,
    stream.router,
)
"""Mounted under `/api/v1`."""

ROOT_ROUTERS: Sequence[APIRouter] = (health.router, agents.protocol, elastic.router)
"""Mounted at the root: what other systems' clients and agents expect at a path of their own."""

_UPLOADS = ("/attachments", "/intel/import", "/_bulk", "/agent/v1/batch", "/analyzers/run-file")


class UnguardedRouteError(RuntimeError):
    """A route that nobody decides about: the application does not start with it."""


def build(
    services: Services,
    routers: Iterable[APIRouter] = ROUTERS,
    root_routers: Iterable[APIRouter] = ROOT_ROUTERS,
) -> FastAPI:
    """Return the application; raises `UnguardedRouteError` naming every route without a guard."""
    app = FastAPI(
        title="Tocsin",
        version=tocsin.__version__,
        openapi_url=None,  # served by a guarded route of our own
        docs_url=None,  # the viewers load scripts from elsewhere
        redoc_url=None,
    )
    app.state.services = services
    app.state.closing = threading.Event()
    app.state.exports = threading.BoundedSemaphore(MOST_EXPORTS)
    for router in routers:
        app.include_router(router, prefix=API_PREFIX)
    for router in root_routers:
        # The faces of other systems are described by those systems.
        app.include_router(router, include_in_schema=not router.prefix.startswith("/compat"))
    _serve_openapi(app)
    refuse_unguarded(app)
    install_problems(app)
    # Asked when no route fits: a mount would swallow the 405 of a route's wrong method.
    app.router.default = ConsoleFiles(services.api.console_path or built_console())
    app.add_middleware(
        BodyLimit, limit_of=lambda path: _body_limit(services.api, path), refusal_of=_too_large
    )
    app.add_middleware(SecurityHeaders)
    return app


def close_streams(app: FastAPI) -> None:
    """End every live stream; call it first when the server stops, since streams never end by themselves."""
    closing: threading.Event = app.state.closing
    closing.set()


def built_console() -> Path:
    """Return the folder the package's console is built into; it may not exist."""
    return Path(str(files("tocsin"))) / "console" / "dist"


def refuse_unguarded(app: FastAPI) -> None:
    """Raise `UnguardedRouteError` when a route of the application has no guard."""
    bare = [f"{route.methods} {route.path}" for route in api_routes(app) if not guards_of(route)]
    if bare:
        raise UnguardedRouteError(f"no guard on: {', '.join(bare)}")


def api_routes(app: FastAPI) -> Iterator[RouteContext]:
    """Yield every route of the API; a kind of route that cannot carry a guard is refused."""
    for route in iter_route_contexts(app.routes):
        original = route.original_route
        if isinstance(original, APIRoute):
            yield route
        else:
            raise UnguardedRouteError(f"{original!r} is of a kind that cannot be guarded")


def guards_of(route: RouteContext) -> list[Guard]:
    """Return the guards a request of the route passes."""
    return [call for call in _calls(route.dependant) if isinstance(call, Guard)]


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _body_limit(settings: APISettings, path: str) -> int:
    return settings.max_upload_bytes if path.endswith(_UPLOADS) else settings.max_body_bytes


def _too_large(path: str, reason: str) -> Response:
    return elastic.too_large(reason) if elastic.speaks(path) else problem(413, "too-large", reason)


def _serve_openapi(app: FastAPI) -> None:
    @app.get(f"{API_PREFIX}/openapi.json", include_in_schema=False, dependencies=[Depends(require())])
    def openapi() -> dict[str, Any]:
        return app.openapi()
