"""Notifications in a real browser: a channel, a route, and a message that could not be sent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from harness.processes import LOGIN, PASSWORD, Server
from tocsin.accounts import Audit
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.notify.model import Message
from tocsin.notify.outbox import Outbox, Posting

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CONSOLE = Path(__file__).parents[2] / "src/tocsin/console/dist/index.html"

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    """Open the page, logged in; the test skips without a browser or a built console."""
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine")
    if not CONSOLE.is_file():
        pytest.skip("the console is not built: make console")
    server.client()  # the first call makes the administrator
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(20_000)
        page.goto(f"{server.url}/notifications")
        page.get_by_role("textbox", name="Login").fill(LOGIN)
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        yield page
        browser.close()


def test_a_channel_and_a_route_are_made_and_a_dead_message_is_tried_again(server: Server, page: Page) -> None:
    """The dialog asks what the kind needs, a test says why it failed, the outbox shows and tries again."""
    page.get_by_role("tab", name="Channels").click()
    expect(page.get_by_text("There are no channels")).to_be_visible()
    page.get_by_role("button", name="Add a channel").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("hook")
    dialog.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="Webhook").click()
    dialog.get_by_label("url").fill("http://127.0.0.1:9/very-secret")
    dialog.get_by_role("button", name="Add channel").click()
    page.get_by_role("button", name="Test hook").click()
    expect(page.get_by_text("127.0.0.1 is at 127.0.0.1, a private address")).to_be_visible()
    assert "very-secret" not in page.content()

    page.get_by_role("tab", name="Routes").click()
    page.get_by_role("button", name="Add a route").click()
    dialog.get_by_label("Name").fill("all")
    dialog.get_by_role("combobox", name="Channels").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option", name="hook").click()
    dialog.get_by_role("button", name="Add route").click()
    expect(page.get_by_role("button", name="Remove all")).to_be_visible()

    clock = SystemClock()
    database = Database(f"sqlite:///{server.folder / 'data' / 'tocsin.db'}")
    with database.write() as tx:
        message = Message(key="k", event="alert.opened", title="guesses", body="x", subject_id="alert_1")
        Outbox(clock, Audit(clock)).put(tx, message, Posting("hook", clock.now()))
    database.close()
    page.get_by_role("tab", name="Outbox").click()
    expect(page.get_by_text("a private address").first).to_be_visible(timeout=60_000)
    page.get_by_text("guesses").first.click()
    page.get_by_role("button", name="Try again now").click()
    expect(page.get_by_text("Tried again")).to_be_visible()
