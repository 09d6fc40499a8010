"""Routes of indicators, feeds and warninglists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tocsin.api.intel import router
from tocsin.api.services import Services
from tocsin.intel import Intel, IntelSettings

CONTENT = Path(__file__).resolve().parents[3] / "content" / "warninglists"

ClientAs = Callable[..., TestClient]


@pytest.fixture
def intel(platform: Services, tmp_path: Path) -> Intel:
    made = Intel(
        platform.db,
        platform.clock,
        platform.audit,
        IntelSettings(folder=tmp_path / "intel", warninglists=[CONTENT]),
    )
    assert made.open() == []
    return made


def upload(client: TestClient, content: bytes, **form: Any) -> Any:
    return client.post(
        "/api/v1/intel/import", files={"file": ("feed.txt", content)}, data={"feed": "F", **form}
    )


def test_import_lookup_and_list(client_as: ClientAs, intel: Intel) -> None:
    """A file becomes a feed; its values are found at once, also by what covers them."""
    client = client_as("analyst", [router], indicators=intel)
    answer = upload(client, b"8.8.0.0/16\nnoise\nevil.com\n", confidence=80, expires_in_days=10)
    assert answer.status_code == 200
    assert (answer.json()["added"], answer.json()["refused"][0]["line"]) == (2, 2)
    found = client.get("/api/v1/intel/lookup", params={"value": "8.8.1[.]1"}).json()
    assert (found["value"], found["kind"], found["verdict"]) == ("8.8.1.1", "ip", "malicious")
    assert found["indicators"][0]["valid_until"] == "2026-12-04T12:00:00.000000Z"
    assert found["events"] == {"count": 0, "first_at": None, "last_at": None}
    (feed,) = client.get("/api/v1/intel/feeds").json()["items"]
    assert (feed["name"], feed["indicators"], feed["refused"]) == ("F", 2, 1)
    listed = client.get("/api/v1/intel/indicators", params={"limit": 1, "kind": "domain"}).json()
    assert (listed["total"], listed["items"][0]["value"], listed["next"]) == (1, "evil.com", None)


def test_single_indicators_are_added_and_removed(client_as: ClientAs, intel: Intel) -> None:
    """An added indicator is found, a removed one is not."""
    client = client_as("analyst", [router], indicators=intel)
    items = [{"value": "EVIL.com", "tags": ["c2"], "valid_until": "2027-01-01T00:00:00Z"}]
    assert client.post("/api/v1/intel/indicators", json={"items": items}).json()["added"] == 1
    (one,) = client.get("/api/v1/intel/lookup", params={"value": "a.evil.com"}).json()["indicators"]
    assert (one["feed"], one["tags"]) == ("manual", ["c2"])
    assert client.delete(f"/api/v1/intel/indicators/{one['id']}").status_code == 204
    assert client.get("/api/v1/intel/lookup", params={"value": "evil.com"}).json()["indicators"] == []
    assert client.delete(f"/api/v1/intel/indicators/{one['id']}").status_code == 404


def test_warninglist_is_switched(client_as: ClientAs, intel: Intel) -> None:
    """A list out of use is not asked any more."""
    client = client_as("analyst", [router], indicators=intel)
    names = [each["name"] for each in client.get("/api/v1/intel/warninglists").json()["items"]]
    assert "Private networks" in names
    look = {"value": "10.0.0.1"}
    assert client.get("/api/v1/intel/lookup", params=look).json()["warninglists"] != []
    answer = client.patch("/api/v1/intel/warninglists/Private networks", json={"enabled": False})
    assert answer.json() == {"name": "Private networks", "enabled": False}
    assert client.get("/api/v1/intel/lookup", params=look).json()["warninglists"] == []


@pytest.mark.parametrize(
    "item", [{"value": "noise"}, {"value": "x", "kind": "ip"}, {"value": "a.com", "tlp": 9}]
)
def test_bad_indicator_is_refused(client_as: ClientAs, intel: Intel, item: dict[str, Any]) -> None:
    """What is no value, or off a scale, is a 4xx that says why."""
    client = client_as("analyst", [router], indicators=intel)
    answer = client.post("/api/v1/intel/indicators", json={"items": [item]})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


def test_broken_file_is_refused_with_its_line(client_as: ClientAs, intel: Intel) -> None:
    """A file that cannot be read at all is a 400 naming it, and the feed keeps the reason."""
    client = client_as("analyst", [router], indicators=intel)
    answer = upload(client, b'{\n"Event":', format="misp")
    assert (answer.status_code, answer.json()["code"]) == (400, "content-refused")
    assert "feed.txt" in client.get("/api/v1/intel/feeds").json()["items"][0]["last_error"]


def test_reader_reads_and_changes_nothing(client_as: ClientAs, intel: Intel) -> None:
    """Looking up needs intel:read, changing intel:write."""
    client = client_as("read-only", [router], indicators=intel)
    assert client.get("/api/v1/intel/lookup", params={"value": "8.8.1.1"}).status_code == 200
    assert upload(client, b"8.8.1.1").status_code == 403
    assert client.post("/api/v1/intel/indicators", json={"items": [{"value": "a.com"}]}).status_code == 403
    assert client.delete("/api/v1/intel/indicators/ind_1").status_code == 403
    assert client.patch("/api/v1/intel/warninglists/x", json={"enabled": False}).status_code == 403
    assert client_as(None, [router], indicators=intel).get("/api/v1/intel/feeds").status_code == 401
