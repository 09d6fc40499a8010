"""The HTTP interface: the OpenAPI document, and a table of the routes with who may call them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby

from fastapi import FastAPI

from tocsin.accounts import ROLES, Accounts, Audit
from tocsin.api.access import Guard, Public, Require
from tocsin.api.application import api_routes, build, guards_of
from tocsin.api.services import Services
from tocsin.cli.reference.docstrings import summary
from tocsin.cli.reference.markdown import code, page, table
from tocsin.core.announce import Announcer
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database

_INTRODUCTION = """\
A caller is known by a session cookie (with `X-Requested-With: tocsin` on every change) or by an API key in
`Authorization: Bearer`. Errors are `application/problem+json` (RFC 9457). The whole contract is
[openapi.json](openapi.json), which a running platform serves at `/api/v1/openapi.json`."""


def openapi_document() -> str:
    """Return the OpenAPI document with its keys in a fixed order."""
    return json.dumps(_application().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def route_page() -> str:
    """Return the table of routes."""
    parts = [_INTRODUCTION, "## Roles", _roles()]
    for tag, rows in groupby(_routes(_application()), key=lambda row: row[0]):
        parts += [f"## {tag.capitalize()}", table(("route", "needs", "what it does"), [r[1:] for r in rows])]
    return page("HTTP routes", *parts)


def _application() -> FastAPI:
    """Return the application over services nobody calls: routes are described, not run."""
    clock = SystemClock()
    audit = Audit(clock)
    return build(
        Services(
            db=Database("sqlite://"),
            clock=clock,
            announcer=Announcer(),
            audit=audit,
            accounts=Accounts(clock, audit),
        )
    )


def _roles() -> str:
    rows = [(role, ", ".join(map(code, sorted(permissions)))) for role, permissions in ROLES.items()]
    return table(("role", "permissions"), rows)


def _routes(app: FastAPI) -> list[tuple[str, ...]]:
    rows = []
    for route in api_routes(app):
        methods = " ".join(sorted((route.methods or set()) - {"HEAD"}))
        tags = getattr(route, "tags", None) or ["contract"]
        rows.append(
            (
                str(tags[0]),
                code(f"{methods} {route.path}"),
                needs(guards_of(route)),
                summary(getattr(route, "endpoint", None)) + ".",
            )
        )
    return sorted(rows, key=lambda row: row[0])


def needs(guards: Iterable[Guard]) -> str:
    """Return in words what a caller must have to pass the guards."""
    texts = list(dict.fromkeys(_needed(guard) for guard in guards))
    said = [text for text in texts if text != "a login"] or texts
    return " and ".join(said)


def _needed(guard: Guard) -> str:
    if isinstance(guard, Public):
        return f"nothing: {guard.reason}"
    if not isinstance(guard, Require) or not guard.permissions:
        return "a login"
    several = len(guard.permissions) > 1
    any_of = several and guard.lets_in(frozenset(guard.permissions[:1]))
    return (" or " if any_of else " and ").join(map(code, guard.permissions))
