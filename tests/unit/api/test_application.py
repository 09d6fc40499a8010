"""The application as a whole: its description, and limits that hold on every path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tocsin.api.application import build
from tocsin.api.services import APISettings, Services


def test_the_description_is_for_callers_and_loads_nothing(client_as: Any, tmp_path: Path) -> None:
    """OpenAPI 3.1 for whoever is logged in; no viewer that fetches scripts from elsewhere."""
    document = client_as("read-only").get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/alerts/{alert_id}" in document["paths"]
    assert client_as(None).get("/api/v1/openapi.json").status_code == 401
    bare = client_as(None, api=APISettings(console_path=tmp_path / "not-built"))
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert bare.get(path).status_code == 404


def test_operations_have_names_of_their_own(platform: Services) -> None:
    """Generated clients need one name per operation, and people a summary of each."""
    operations = [
        operation for path in build(platform).openapi()["paths"].values() for operation in path.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation.get("summary") and operation.get("description") for operation in operations)


@pytest.mark.parametrize(("path", "status"), [("/api/v1/cases/1/attachments", 401), ("/api/v1/cases", 413)])
def test_uploads_may_be_larger_than_other_bodies(client_as: Any, path: str, status: int) -> None:
    """A path that takes files has its own limit; elsewhere the small one holds, login or not."""
    client = client_as(None, api=APISettings(max_body_bytes=10, max_upload_bytes=1_000))
    assert client.post(path, content=b"x" * 100).status_code == status
