"""Bodies of requests: bounded, perhaps compressed, JSON or lines of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from tocsin.api.elastic.form import ElasticError
from tocsin.api.receiving import read_body
from tocsin.ingest.errors import BadBatchError
from tocsin.ingest.inflate import MAX_INFLATED_BYTES, inflate_gzip

MAX_QUERY_BYTES = 4 << 20


async def raw_body(request: Request, limit: int = MAX_INFLATED_BYTES) -> bytes:
    """Return the body, inflated; raises `TooLargeError` and `BadBatchError`."""
    body = await read_body(request, limit)
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding == "gzip":
        return await run_in_threadpool(inflate_gzip, body)
    if encoding != "identity":
        raise BadBatchError(f"the encoding {encoding[:40]!r} is not understood: gzip is")
    return body


async def json_body(request: Request) -> dict[str, Any]:
    """Return the body as a mapping; an empty body is an empty one."""
    return read_object(await raw_body(request, MAX_QUERY_BYTES))


def read_object(raw: bytes) -> dict[str, Any]:
    """Return a JSON object; raises `ElasticError` of the type clients know for it."""
    if not raw.strip():
        return {}
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ElasticError(f"the body is no JSON: {error}", kind="parsing_exception") from error
    if not isinstance(found, dict):
        raise ElasticError("the body is no JSON object", kind="parsing_exception")
    return found


def flag(params: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Return a switch of the address: there without a value means yes."""
    value = params.get(name)
    return default if value is None else value.lower() not in {"false", "0", "no"}
