"""The route of a dashboard's report: its answers of this moment as one page, as PDF, or as a picture."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.dashboards import NEEDED, Dashboards, found_dashboard
from tocsin.api.export_gate import export_place
from tocsin.api.services import Services, services
from tocsin.dashboards import read_dashboard
from tocsin.dashboards.answering import MOST_FILTERS
from tocsin.dashboards.model import Span
from tocsin.dashboards.reporter import Order, Reporter
from tocsin.dashboards.reporting.printing import MEDIA, Form, printed

router = APIRouter(prefix="/dashboards", tags=["dashboards"])

_Reader = Annotated[Principal, Depends(require("dashboards:read"))]
_Services = Annotated[Services, Depends(services)]
_Filter = Annotated[str, Query(max_length=16_384)]


@router.get("/{dashboard_id}/report")
def report(
    *,
    dashboard_id: str,
    request: Request,
    caller: _Reader,
    services: _Services,
    form: Annotated[Form, Query(alias="format")] = "html",
    from_: Annotated[str, Query(alias="from", max_length=64)] = "",
    to: Annotated[str, Query(max_length=64)] = "",
    filters: Annotated[tuple[_Filter, ...], Query(alias="filter", max_length=MOST_FILTERS)] = (),
    zone: Annotated[str, Query(max_length=64)] = "UTC",
) -> Response:
    """Return the report of a dashboard; what the caller's role may not read is left out and said so.

    Without `from` and `to`, the span is the dashboard's own. A picture is one, however many pages PDF has.
    Reports count among the exports of which only a few run at a time; further ones are answered 429.
    """
    ours: Dashboards = services.dashboards
    dashboard = read_dashboard(found_dashboard(services, dashboard_id, caller)["document"])
    span = Span(from_ or dashboard.time.start, to or dashboard.time.end)
    denied = {source for source, needed in NEEDED.items() if needed not in caller.permissions}
    order = Order(dashboard, span, filters, zone, frozenset(denied))
    with export_place(request.app.state.exports):
        with services.db.read() as tx:
            html = Reporter(ours.answering).html(tx, order, now=services.clock.now())
        made = printed(html, form, _chromium(services.settings))
    name = re.sub(r"[^a-z0-9]+", "-", dashboard.title.lower()).strip("-") or "dashboard"
    disposition = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(made, media_type=MEDIA[form], headers=disposition)


def _chromium(settings: Any) -> Any:
    return settings.dashboards.chromium if settings is not None else None
