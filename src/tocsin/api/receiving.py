"""What the routes share that take records in: bounded bodies, waiting for durability, answers to senders."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import JSONResponse

from tocsin.api.problems import problem, problem_of
from tocsin.core.errors import TocsinError
from tocsin.ingest.errors import (
    BusyError,
    GapError,
    NotStoredError,
    StoppedError,
    TooLargeError,
    UnknownKeyError,
)

DURABLE_WITHIN_S = 25.0
"""A sender is told to come again when its records are not durable by then; senders wait 30 s or more."""

_RETRY_AFTER_S = "2"


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body; raises `TooLargeError` as soon as it is larger than `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLargeError(f"the body is larger than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


async def durable(future: Future[int], within_s: float = DURABLE_WITHIN_S) -> int:
    """Wait until the records are durable and return the mark.

    Raises what the pipeline says, and `BusyError` when it takes too long: the records may still become
    durable, which is no harm to who sends them again.
    """
    waiting = asyncio.wrap_future(future)
    waiting.add_done_callback(_look_at)
    try:
        return await asyncio.wait_for(asyncio.shield(waiting), within_s)
    except TimeoutError:
        raise BusyError("the records are not durable yet", retry_after=2.0) from None


def _look_at(done: asyncio.Future[int]) -> None:
    """Keep asyncio from complaining about an outcome that nobody waits for any more."""
    if not done.cancelled():
        done.exception()


def refusal(error: TocsinError) -> JSONResponse:
    """Return the answer to a sender: what is wrong and, by the status, whether to send it again."""
    if isinstance(error, BusyError):
        headers = {"Retry-After": str(max(1, round(error.retry_after)))}
        return problem(HTTPStatus.TOO_MANY_REQUESTS, error.code, error.message, headers=headers)
    if isinstance(error, GapError):
        return problem(HTTPStatus.CONFLICT, error.code, error.message, mark=error.mark)
    if isinstance(error, UnknownKeyError):
        return problem(HTTPStatus.UNAUTHORIZED, error.code, error.message)
    if isinstance(error, NotStoredError | StoppedError):
        headers = {"Retry-After": _RETRY_AFTER_S}
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, error.code, error.message, headers=headers)
    return problem_of(error)
