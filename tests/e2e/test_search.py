"""The search page in a real browser: ask, narrow, arrange, look, keep the question, follow."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from harness.console import enter
from harness.processes import Server
from harness.sending import store
from harness.waiting import until


@pytest.fixture(scope="module")
def logs(shared_server: Server) -> Server:
    """Store forty events of two hosts in the last hour."""
    send(shared_server, 40, datetime.now(UTC) - timedelta(minutes=50))
    until(lambda: shared_server.client().get("/events/count").json()["count"] == 40)
    return shared_server


def send(server: Server, number: int, start: datetime, message: str = "=Failed password") -> None:
    """Put events into the log, a minute apart, by turns of two hosts."""
    store(
        server,
        [
            {
                "@timestamp": (start + timedelta(minutes=n)).isoformat(),
                "message": f"{message} {n}",
                "host": {"name": ("web-01", "db-01")[n % 2]},
                "user": {"name": "root"},
            }
            for n in range(number)
        ],
    )


@pytest.fixture
def page(page: Page, logs: Server) -> Page:
    """Go to the search, logged in."""
    enter(page, logs, "/search")
    expect(page.get_by_role("heading", name="Search", level=1)).to_be_visible()
    expect(rows(page).nth(1)).to_contain_text("Failed password")
    return page


def rows(page: Page) -> Locator:
    """Return the rows of the table, its head first."""
    return page.get_by_role("grid", name="Events").get_by_role("row")


def test_a_query_is_typed_with_help_and_narrowed(page: Page) -> None:
    """Fields, values and operators are suggested; the chart zooms by keys; tabs keep what they show."""
    query = page.get_by_role("combobox", name="Query")
    page.keyboard.press("/")
    expect(query).to_be_focused()
    page.keyboard.type("host.na")
    expect(page.get_by_role("option", name="host.name")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("option", name=re.compile("db-01"))).to_be_visible()
    page.keyboard.type("db")
    expect(page.get_by_role("option")).to_have_text([re.compile("db-01")])
    page.keyboard.press("Tab")
    expect(query).to_have_value("host.name:db-01 ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("20 events", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".bars").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+PageUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("from=20.*to=20"))
    page.locator(".bars").blur()
    page.keyboard.press("t")
    expect(query).to_have_value("")
    expect(page.get_by_text("40 events", exact=True)).to_be_visible()
    page.keyboard.press("[")
    expect(query).to_have_value("host.name:db-01")
    page.reload()
    expect(page.get_by_role("tab", name="host.name:db-01")).to_have_attribute("aria-selected", "true")
    query.fill("source.ip:((")
    query.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("^ position")


def test_columns_are_arranged_and_kept_with_the_search(page: Page) -> None:
    """Add, move, resize, sort; save, change, delete, undo, open: all of it comes back."""
    page.get_by_role("button", name="user.name", exact=True).click()
    page.get_by_role("button", name="Add column user.name").click()
    page.get_by_role("button", name="Column user.name", exact=True).click()
    page.get_by_role("menuitem", name="Move left").click()
    page.get_by_role("separator", name="Width of user.name").press("ArrowRight")
    page.get_by_role("grid", name="Events").get_by_role("button", name="host.name", exact=True).click()
    expect(rows(page).nth(1)).to_contain_text("web-01")
    expect(page).to_have_url(
        re.compile(r"col=host.name&col=user.name&col=rule.id.*w=user.name.*sort=-host.name")
    )
    page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("By host")
    dialog.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile("saved=search_"))
    page.get_by_role("button", name="Remove column user.name").click()
    expect(page.get_by_text("changed", exact=True)).to_be_visible()
    page.keyboard.press("o")
    dialog.get_by_role("button", name="Delete By host").click()
    expect(dialog).to_contain_text("No search is saved yet")
    page.get_by_role("button", name="Undo").click()
    dialog.get_by_role("button", name=re.compile("^By host")).click()
    expect(page).to_have_url(re.compile("col=user.name"))
    expect(page.get_by_text("changed", exact=True)).to_be_hidden()


def test_an_event_is_looked_at_exported_and_followed(page: Page, logs: Server) -> None:
    """Its tabs by digits, the next by key; a file of all of them; what arrives is shown as it comes."""
    rows(page).nth(1).click()
    flyout = page.get_by_role("complementary", name="Event")
    expect(flyout).to_contain_text("user.name")
    page.keyboard.press("4")
    expect(flyout).to_contain_text("No alert stands on this event")
    page.keyboard.press("5")
    expect(flyout.get_by_role("grid", name="Surrounding events")).to_contain_text("Failed password")
    before = page.url
    page.keyboard.press("j")
    expect(page).not_to_have_url(before)
    page.keyboard.press("Escape")
    expect(flyout).to_be_hidden()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Export").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert ["timestamp,host.name,rule.id,message", 41] == [lines[0], len(lines)]
    expect(page.get_by_role("dialog")).to_contain_text("40 events saved")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    with page.expect_response(re.compile("/events/tail")):
        page.keyboard.press("l")
    expect(page.get_by_text("waiting for events")).to_be_visible()
    # Old ones, which the time range of the other tests leaves out: a tail shows whatever arrives.
    send(logs, 2, datetime.now(UTC) - timedelta(days=3), "arrived just now")
    expect(rows(page).nth(2)).to_contain_text("arrived just now")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused")).to_be_visible()
