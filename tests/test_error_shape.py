"""Every error has one shape: a problem document with a stable code, and nothing from inside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from pydantic import BaseModel

from tocsin.accounts import Accounts, Audit, UnauthenticatedError
from tocsin.api.access import public
from tocsin.api.application import build
from tocsin.api.problems import TooLargeError, TooManyRequestsError
from tocsin.api.services import APISettings, Services
from tocsin.core.announce import Announcer
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import (
    ConflictError,
    ContentError,
    DeniedError,
    InvalidError,
    Location,
    NotFoundError,
)
from tocsin.store.base import StoreError, StoreFullError

ERRORS = {
    "not-found": (404, NotFoundError("there is no alert 7")),
    "conflict": (409, ConflictError("it is closed")),
    "invalid": (400, InvalidError("'x' is no number")),
    "denied": (403, DeniedError("not yours")),
    "content-refused": (400, ContentError("no such field", location=Location("a.yml", 3, 1))),
    "unauthenticated": (401, UnauthenticatedError("log in first")),
    "too-many-requests": (429, TooManyRequestsError("wait", 7)),
    "too-large": (413, TooLargeError("too large")),
    "store": (503, StoreError("the log cannot be read")),
    "store-full": (507, StoreFullError("the disk is full")),
}


class Body(BaseModel):
    """A body with one number."""

    number: int


router = APIRouter(dependencies=[Depends(public("test"))])


@router.get("/raise/{code}")
def raise_error(code: str) -> None:
    """Raise the error of that code."""
    raise ERRORS[code][1]


@router.post("/number")
def number(body: Body) -> int:
    """Return the number."""
    return body.number


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A client of an application that raises on demand and takes bodies of 1,000 bytes."""
    clock = SystemClock()
    audit = Audit(clock)
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    services = Services(
        db=db,
        clock=clock,
        announcer=Announcer(),
        audit=audit,
        accounts=Accounts(clock, audit, hasher=hasher),
        api=APISettings(max_body_bytes=1000, console_path=tmp_path / "dist"),
    )
    yield TestClient(build(services, [router]), raise_server_exceptions=False)
    db.close()


def check(answer: Any, status: int, code: str) -> Any:
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:tocsin:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    return problem


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_of_ours_keeps_its_code_and_message(client: TestClient, code: str) -> None:
    """The class decides the status; code and message come through."""
    status, error = ERRORS[code]
    assert check(client.get(f"/api/v1/raise/{code}"), status, code)["detail"] == error.message


def test_headers_say_what_to_do_next(client: TestClient) -> None:
    """A caller that asks too often learns when to come back, an unknown one how to say who it is."""
    assert client.get("/api/v1/raise/too-many-requests").headers["retry-after"] == "7"
    assert client.get("/api/v1/raise/unauthenticated").headers["www-authenticate"] == "Bearer"


def test_refused_content_says_where(client: TestClient) -> None:
    """File, line and column are in the document."""
    problem = check(client.get("/api/v1/raise/content-refused"), 400, "content-refused")
    assert problem["location"] == "a.yml:3:1"


@pytest.mark.parametrize("body", [b'{"number": "secret-input"}', b"{not json", b"", b"[" * 900])
def test_a_malformed_request_names_the_place_and_not_the_input(client: TestClient, body: bytes) -> None:
    """Each fault has a place and a reason; what was sent is not sent back."""
    answer = client.post("/api/v1/number", content=body, headers={"content-type": "application/json"})
    problem = check(answer, 400, "invalid")
    assert all(set(each) == {"loc", "msg"} for each in problem["errors"])
    assert "secret-input" not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing", "/compat/nothing", "/nothing.js"])
def test_an_unknown_path_is_not_found(client: TestClient, path: str) -> None:
    """Unknown paths answer in the same shape."""
    check(client.get(path), 404, "not-found")


def test_a_wrong_method_is_refused(client: TestClient) -> None:
    """A known path with another method says so."""
    check(client.put("/api/v1/number"), 405, "method-not-allowed")


def test_an_unexpected_error_tells_nothing(client: TestClient) -> None:
    """What went wrong inside stays in the log."""
    answer = client.get("/api/v1/raise/no-such-code")
    check(answer, 500, "internal")
    assert "no-such-code" not in answer.text


@pytest.mark.parametrize("declared", [True, False])
def test_a_large_body_is_refused(client: TestClient, declared: bool) -> None:
    """With a length or without one, a body over the limit ends in 413."""
    body = b'{"number": ' + b"1" * 2000 + b"}"
    content = body if declared else iter([body[:500], body[500:]])
    answer = client.post("/api/v1/number", content=content, headers={"content-type": "application/json"})
    check(answer, 413, "too-large")
