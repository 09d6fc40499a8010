"""Notifications in a real browser: a channel, a route, and a message that could not be sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from harness.console import enter
from harness.processes import Server
from harness.waiting import until
from tocsin.accounts import Audit
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.notify.model import Message
from tocsin.notify.outbox import Outbox, Posting

pytestmark = pytest.mark.slow


def test_a_channel_and_a_route_are_made_and_a_dead_message_is_tried_again(server: Server, page: Page) -> None:
    """The dialog asks what the kind needs, a test says why it failed, the outbox shows and tries again."""
    enter(page, server, "/notifications")
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
    expect(page.get_by_text("a private address").first).to_be_visible()
    page.get_by_text("guesses").first.click()
    page.get_by_role("button", name="Try again now").click()
    until(lambda: "retry" in server.client().get("/audit", params={"kind": "message"}).text)
