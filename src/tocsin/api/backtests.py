"""Routes of backtests: what a rule would have said, before it says anything."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.run_views import instant
from tocsin.api.services import Services, services
from tocsin.core.clock import DAY, from_datetime, to_iso
from tocsin.core.errors import TocsinError
from tocsin.detect.rehearsal import Steps
from tocsin.detect.report import Bounds, Progress, Report

router = APIRouter(tags=["rules"])

LINES = "application/x-ndjson"

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("rules:read", "events:read"))]


class BacktestIn(BaseModel, extra="forbid"):
    """A stored rule or a rule's text, and how far to go; the last seven days unless said otherwise."""

    rule_id: str | None = Field(default=None, max_length=200)
    text: str | None = Field(default=None, max_length=512 * 1024)
    from_at: AwareDatetime | None = None
    to_at: AwareDatetime | None = None
    max_events: int | None = Field(default=None, ge=1)
    """Below what the settings allow."""
    max_seconds: float | None = Field(default=None, gt=0)
    """Below what the settings allow."""
    samples: int = Field(default=10, ge=0, le=100)

    @model_validator(mode="after")
    def _names_one(self) -> BacktestIn:
        if (self.rule_id is None) == (self.text is None):
            raise ValueError("give either rule_id or text")
        return self


@router.post("/rules/backtest", response_model=None)
def backtest(body: BacktestIn, request: Request, _caller: _Reader, services: _Services) -> Response:
    """Try a rule on the events that are kept; nothing is stored and nobody is told.

    Answers with the report, or, asked for `application/x-ndjson`, with lines of `{"progress": ...}` and at
    last `{"report": ...}`; a caller who hangs up ends it. One backtest runs at a time (429).
    """
    rehearsals = services.rehearsals
    subject = rehearsals.written(body.text) if body.text is not None else rehearsals.stored(body.rule_id)
    steps: Steps = rehearsals.run(subject, _bounds(body, services))
    first = next(steps)  # what is refused is refused before the answer begins
    if LINES in request.headers.get("accept", ""):
        return StreamingResponse(_lines(first, steps), media_type=LINES)
    *_, report = steps
    return JSONResponse(_line(report)["report"])


async def _lines(first: Progress | Report, steps: Steps) -> AsyncIterator[bytes]:
    step: Progress | Report | None = first
    try:
        while step is not None:
            yield _encoded(_line(step))
            try:
                step = await run_in_threadpool(next, steps, None)
            except TocsinError as error:
                yield _encoded({"error": {"code": error.code, "detail": str(error)}})
                return
    finally:
        steps.close()


def _encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _bounds(body: BacktestIn, services: Services) -> Bounds:
    allowed, now = services.settings.detect, services.clock.now()
    to_at = from_datetime(body.to_at) if body.to_at is not None else now
    from_at = from_datetime(body.from_at) if body.from_at is not None else to_at - 7 * DAY
    return Bounds(
        from_at,
        to_at,
        min(body.max_events or allowed.backtest_events, allowed.backtest_events),
        min(body.max_seconds or allowed.backtest_seconds, allowed.backtest_seconds),
        body.samples,
    )


def _line(step: Progress | Report) -> dict[str, Any]:
    if isinstance(step, Progress):
        return {
            "progress": {"events": step.events, "alerts": step.alerts, "reached_at": to_iso(step.reached_at)}
        }
    return {"report": report_view(step)}


def report_view(report: Report) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "rule": {"id": report.rule_id, "name": report.rule_name, "version": report.rule_version},
        "from_at": to_iso(report.from_at),
        "to_at": to_iso(report.to_at),
        "reached_at": to_iso(report.reached_at),
        "complete": report.complete,
        "stopped_by": report.stopped_by or None,
        "events": report.events,
        "matched": report.matched,
        "held_back": report.held_back,
        "alerts": report.alerts,
        "busiest_day_alerts": report.busiest,
        "days": [{"day": each.day, "alerts": each.alerts} for each in report.days],
        "top_keys": [
            {
                "rule_id": each.rule_id,
                "group_field": each.group_field,
                "group_key": each.group_key,
                "alerts": each.alerts,
                "events": each.events,
            }
            for each in report.top_keys
        ],
        "samples": [
            {
                "at": instant(each.at),
                "title": each.title,
                "severity": each.severity,
                "group_key": each.group_key,
                "event_ids": list(each.event_ids),
            }
            for each in report.samples
        ],
        "closed_as": dict(report.closed_as),
        "cpu_s": round(report.cpu_s, 3),
        "cpu_s_per_million_events": round(report.cpu_s_per_million, 2),
        "notes": list(report.notes),
    }
