"""The built console is served with headers that keep it safe."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tocsin.api.services import APISettings, Services


@pytest.fixture
def client(platform: Services, client_as: Any, tmp_path: Path) -> Any:
    """A client of a platform with a small console."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<title>Tocsin</title>")
    (dist / "assets" / "main-abc123.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    return client_as(None, api=replace(APISettings(), console_path=dist))


@pytest.mark.parametrize("path", ["/", "/alerts", "/cases/7/timeline", "/index.html"])
def test_every_page_is_the_one_that_routes_in_the_browser(client: Any, path: str) -> None:
    """A link to any page of the console works, and the page is asked for anew each time."""
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (200, "<title>Tocsin</title>")
    assert answer.headers["cache-control"] == "no-cache"


def test_assets_are_kept_for_a_year(client: Any) -> None:
    """Built files carry their content's hash in the name."""
    answer = client.get("/assets/main-abc123.js")
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/assets/gone.js").status_code == 404


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"])
def test_nothing_outside_the_folder_is_served(client: Any, path: str) -> None:
    """Dots do not climb out."""
    assert "secret" not in client.get(path).text


def test_the_browser_is_told_to_be_careful(client: Any) -> None:
    """Only our own scripts run, nobody frames the console, nothing is sniffed or referred."""
    headers = client.get("/").headers
    assert "script-src 'self';" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"


def test_answers_of_the_api_are_not_kept(client: Any) -> None:
    """What the API says is for now and for the caller only."""
    assert client.get("/api/v1/setup").headers["cache-control"] == "no-store"


def test_a_console_that_is_not_built_is_simply_absent(client_as: Any, tmp_path: Path) -> None:
    """The API works without it."""
    client = client_as(None, api=APISettings(console_path=tmp_path / "nothing"))
    assert client.get("/").status_code == 404
    assert client.get("/healthz").status_code == 200
