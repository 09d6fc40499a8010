"""The form of Elasticsearch's answers and errors: its clients read no other."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from tocsin.api.receiving import refusal
from tocsin.core.errors import TocsinError

PRODUCT = {"X-Elastic-Product": "Elasticsearch"}
"""The header by which Elastic's clients know with whom they speak."""

_MEDIA = "application/vnd.elasticsearch+json"
_KINDS = {
    401: "security_exception",
    403: "security_exception",
    404: "resource_not_found_exception",
    405: "illegal_argument_exception",
    413: "content_too_long_exception",
    429: "es_rejected_execution_exception",
    503: "unavailable_shards_exception",
}


class ElasticError(TocsinError):
    """An error with the type and status Elasticsearch would give it."""

    code = "invalid"

    def __init__(self, message: str, *, kind: str = "illegal_argument_exception", status: int = 400) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


def no_such_index(name: str) -> ElasticError:
    """Return the error that there is no index of that name."""
    return ElasticError(f"no such index [{name[:200]}]", kind="index_not_found_exception", status=404)


def append_only(what: str) -> ElasticError:
    """Return the error that events are never changed or deleted one by one."""
    return ElasticError(
        f"{what} is refused: events are appended and never changed or deleted one by one",
        kind="cluster_block_exception",
        status=403,
    )


class ElasticRoute(APIRoute):
    """A route whose errors, those of its guard too, have Elasticsearch's form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with errors turned into answers and the media type the client asked for."""
        handle = super().get_route_handler()

        async def handle_in_form(request: Request) -> Response:
            try:
                response = await handle(request)
            except TocsinError as error:
                response = refused(error)
            except RequestValidationError as error:
                reasons = "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors())
                response = refused(ElasticError(f"the request is malformed: {reasons[:500]}"))
            except HTTPException as error:
                response = document(
                    {"error": error_of(_kind(error.status_code), str(error.detail))}, error.status_code
                )
            return _as_asked(request, response)

        return handle_in_form


def _as_asked(request: Request, response: Response) -> Response:
    """Return the answer with the product's header, in Elastic's media type where the client wants that."""
    response.headers.update(PRODUCT)
    is_json = response.headers.get("content-type", "").startswith("application/json")
    if is_json and _MEDIA in request.headers.get("accept", ""):
        response.headers["content-type"] = f"{_MEDIA};compatible-with=8"
    return response


def _kind(status: int) -> str:
    return _KINDS.get(status, "illegal_argument_exception")


def refused(error: TocsinError) -> Response:
    """Return the answer to a request that was refused."""
    kind, status = kind_and_status(error)
    ours = refusal(error)
    headers = {name: ours.headers[name] for name in ("Retry-After",) if name in ours.headers}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="tocsin", ApiKey, Bearer'
    return document({"error": error_of(kind, error.message)}, status, headers)


def too_large(reason: str) -> Response:
    """Return the answer to a body that says of itself that it is too large."""
    return document({"error": error_of(_kind(413), reason)}, 413)


def kind_and_status(error: TocsinError) -> tuple[str, int]:
    """Return the type and the status of an error."""
    if isinstance(error, ElasticError):
        return error.kind, error.status
    if error.code == "query":
        return "parsing_exception", 400
    status = refusal(error).status_code
    return _kind(status), status


def error_of(kind: str, reason: str, **more: Any) -> dict[str, Any]:
    """Return the body of an error."""
    return {"root_cause": [{"type": kind, "reason": reason, **more}], "type": kind, "reason": reason, **more}


def document(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer; that of an error repeats its status."""
    if status >= 400 and isinstance(content, dict):
        content["status"] = status
    return JSONResponse(content, status, PRODUCT | (headers or {}))
