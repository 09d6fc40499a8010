"""Routes of saved searches."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import ClientAs

from tocsin.api import searches
from tocsin.api.services import Services
from tocsin.searches import SavedSearches

PATH = "/api/v1/searches"
SEARCH = {"q": "user.name:root", "from": "now-7d", "columns": ["host.name"], "widths": {"host.name": 120}}


@pytest.fixture
def client(client_as: ClientAs, platform: Services) -> TestClient:
    """A client of an analyst."""
    return client_as("analyst", [searches.router], searches=SavedSearches(platform.clock, platform.audit))


def _save(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post(PATH, json={"name": "Root", "search": SEARCH, **more})
    assert 201 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_saves_and_opens_all_of_it(client: TestClient) -> None:
    """What was saved comes back as it was, with what was left out at its default."""
    saved = _save(client, tags=["logins"], description="who was root")
    found = client.get(f"{PATH}/{saved['id']}").json()
    assert {**SEARCH, "to": "now", "order": "newest", "sort": "", "interval": "", "by": ""} == found["search"]
    assert (["logins"], "who was root", True, True, 1) == (
        found["tags"],
        found["description"],
        found["own"],
        found["may_change"],
        found["version"],
    )
    assert [saved["id"]] == [one["id"] for one in client.get(PATH).json()["items"]]


def test_changes_deletes_and_restores(client: TestClient) -> None:
    """The way of a search through its life; a change on an old version is refused."""
    path = f"{PATH}/{_save(client)['id']}"
    change = {"version": 1, "name": "Superuser", "search": {"q": "user.id:0"}}
    changed = client.patch(path, json=change).json()
    assert ("Superuser", "user.id:0", 2) == (changed["name"], changed["search"]["q"], changed["version"])
    assert 409 == client.patch(path, json=change).status_code
    assert 204 == client.delete(path).status_code
    assert 404 == client.get(path).status_code
    assert "Superuser" == client.post(f"{path}/restore").json()["name"]
    assert 200 == client.get(path).status_code


def test_a_wrong_query_says_where(client: TestClient) -> None:
    """The same error as a search's, with the place."""
    answer = client.post(PATH, json={"name": "x", "search": {"q": "a AND"}})
    assert (400, "query", 5) == (
        answer.status_code,
        answer.json()["code"],
        answer.json()["position"]["offset"],
    )


def test_roles(client: TestClient, client_as: ClientAs, platform: Services) -> None:
    """Whoever reads events keeps searches; sharing takes more; agents see none."""
    service = SavedSearches(platform.clock, platform.audit)
    reader = client_as("read-only", [searches.router], searches=service)
    shared = _save(client, shared=True)
    assert [False] == [one["may_change"] for one in reader.get(PATH).json()["items"]]
    assert 403 == reader.patch(f"{PATH}/{shared['id']}", json={"version": 1, "name": "x"}).status_code
    assert 403 == reader.delete(f"{PATH}/{shared['id']}").status_code
    own = {"name": "Mine", "search": {}}
    assert 201 == reader.post(PATH, json=own).status_code
    assert 403 == reader.post(PATH, json={**own, "name": "Ours", "shared": True}).status_code
    assert ["Root"] == [one["name"] for one in client.get(PATH).json()["items"]]
    agent = client_as("agent", [searches.router], searches=service)
    assert 403 == agent.get(PATH).status_code
