"""Fixtures of the end-to-end tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from harness.console import PATIENCE_MS, watched_page
from harness.processes import Server

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CONSOLE = Path(__file__).parents[2] / "src/tocsin/console/dist/index.html"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that drive a browser."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Start a server on an empty folder."""
    running = Server(tmp_path)
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server on an empty folder for all tests of a module, with an administrator."""
    running = Server(tmp_path_factory.mktemp("server"))
    try:
        running.start()
        running.client()
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")  # not longer: while it runs, tests cannot run an event loop of their own
def browser() -> Iterator[Browser]:
    """Start the system's chromium; tests skip without it or a built console, except in CI, which has both."""
    for path, missing in ((CHROMIUM, "no chromium on this machine"), (CONSOLE, "no console: make console")):
        if not Path(path).exists():
            (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page; its module may go on from there by a fixture of the same name."""
    with watched_page(browser) as page:
        yield page
