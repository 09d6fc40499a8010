"""Errors as the API states them: `application/problem+json` (RFC 9457) with a stable `code`."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tocsin.api.headers import SECURITY_HEADERS
from tocsin.core.errors import (
    ConflictError,
    ContentError,
    DeniedError,
    InvalidError,
    NotFoundError,
    TocsinError,
)

MEDIA_TYPE = "application/problem+json"

_STATUS_BY_CODE = {
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too-many-requests": HTTPStatus.TOO_MANY_REQUESTS,
    "store": HTTPStatus.SERVICE_UNAVAILABLE,
    "store-full": HTTPStatus.INSUFFICIENT_STORAGE,
}
_STATUS_BY_CLASS: tuple[tuple[type[TocsinError], HTTPStatus], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (DeniedError, HTTPStatus.FORBIDDEN),
    (InvalidError, HTTPStatus.BAD_REQUEST),
    (ContentError, HTTPStatus.BAD_REQUEST),
)
_CODE_BY_STATUS = {
    400: "invalid",
    401: "unauthenticated",
    403: "denied",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    429: "too-many-requests",
}
_log = structlog.get_logger(__name__)


class TooManyRequestsError(TocsinError):
    """The caller asks too often; `retry_after_s` says when to come back."""

    code = "too-many-requests"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooLargeError(TocsinError):
    """What was sent exceeds what the route takes."""

    code = "too-large"


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> JSONResponse:
    """Return an error response; `members` are further fields of the document."""
    document = {
        "type": f"urn:tocsin:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        **members,
    }
    return JSONResponse(document, status, dict(headers or {}), media_type=MEDIA_TYPE)


def status_of(error: TocsinError) -> HTTPStatus:
    """Return the status an error is answered with: by code, then by class, else 400."""
    if error.code in _STATUS_BY_CODE:
        return _STATUS_BY_CODE[error.code]
    for kind, status in _STATUS_BY_CLASS:
        if isinstance(error, kind):
            return status
    return HTTPStatus.BAD_REQUEST


def problem_of(error: TocsinError) -> JSONResponse:
    """Return the response for an error of ours; its place in a text becomes `position` or `location`."""
    members: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if error.location is not None:
        members["location"] = str(error.location)
    offset = getattr(error, "offset", None)
    if isinstance(offset, int):  # errors of the query readers say where in the text they stand
        members["position"] = {
            "offset": offset,
            "line": getattr(error, "line", 1),
            "column": getattr(error, "column", offset + 1),
        }
    if isinstance(error, TooManyRequestsError):
        headers["Retry-After"] = str(error.retry_after_s)
    if error.code == "unauthenticated":
        headers["WWW-Authenticate"] = "Bearer"
    return problem(status_of(error), error.code, error.message, headers=headers, **members)


def install(app: FastAPI) -> None:
    """Answer every error of the application as a problem document."""
    app.add_exception_handler(TocsinError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _ours(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TocsinError)  # noqa: S101  Starlette's signature is wider than its promise
    return problem_of(error)


def _malformed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  as above
    # The offending input stays out: it may be a password, and it may be large.
    errors = [{"loc": list(each["loc"]), "msg": each["msg"]} for each in error.errors()]
    return problem(HTTPStatus.BAD_REQUEST, "invalid", "the request is malformed", errors=errors)


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  as above
    code = _CODE_BY_STATUS.get(error.status_code, "http")
    return problem(error.status_code, code, str(error.detail), headers=error.headers)


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # The trace as text: a logger that shows local variables would write passwords down.
    trace = "".join(traceback.format_exception(error))
    _log.error("request failed", path=request.url.path, method=request.method, trace=trace)
    # This response is made outside of the middleware that adds the headers to all others.
    detail = "an error of the platform; see its log"
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail, headers=SECURITY_HEADERS)
