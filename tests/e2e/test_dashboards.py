"""Dashboards in a real browser: look, narrow, drill down; make one, edit it, save where others saved."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from harness.console import drag, enter, press_in_turn, steady_box
from harness.processes import Server
from harness.sending import store
from harness.waiting import until


@pytest.fixture(scope="module")
def logs(shared_server: Server) -> Server:
    """Store thirty failed logins on two hosts, with values that would do harm if they were read as HTML."""
    start = datetime.now(UTC) - timedelta(minutes=30)
    store(
        shared_server,
        [
            {
                "@timestamp": (start + timedelta(seconds=40 * n)).isoformat(),
                "message": "Failed password for <b>root</b>",
                "host": {"name": host},
                "user": {"name": "<img src=x>"},
            }
            for n in range(20)
            for host in ("web-01", "db-01")[: 1 + n % 2]
        ],
    )
    until(lambda: shared_server.client().get("/events/count").json()["count"] == 30)
    return shared_server


@pytest.fixture
def page(page: Page, logs: Server) -> Page:
    """Go to the overview, logged in."""
    enter(page, logs, "/")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    return page


def panel(page: Page, name: str) -> Locator:
    """Return a panel by its title."""
    return page.get_by_role("region", name=name, exact=True)


def test_a_dashboard_of_ours_is_looked_at_and_narrowed(page: Page) -> None:
    """A figure, a filter, the address that keeps it, a panel on the whole page, and the way to Search."""
    press_in_turn(page, "gd")
    page.get_by_role("link", name="Endpoints").click()
    expect(panel(page, "Hosts")).to_contain_text("2")
    expect(page.get_by_role("button", name="Duplicate to edit")).to_be_visible()
    query = page.get_by_role("textbox", name="Query")
    query.fill("host.name:db-01")
    query.press("Enter")
    expect(panel(page, "Hosts")).to_contain_text("1")
    expect(page).to_have_url(re.compile("filter=host.name%3Adb-01"))
    page.reload()
    expect(panel(page, "Hosts")).to_contain_text("1")
    panel(page, "Events by host").focus()
    page.keyboard.press("f")
    expect(panel(page, "Hosts")).to_be_hidden()
    expect(panel(page, "Events by host").get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")
    panel(page, "Hosts").get_by_title("show the rows").click()
    expect(page.get_by_role("combobox", name="Query")).to_have_value("host.name:* AND host.name:db-01")
    expect(page.get_by_text("10 events")).to_be_visible()


def test_one_is_made_edited_and_saved(page: Page, logs: Server) -> None:
    """Add by form, move by keys and mouse, delete and undo, save; another's change is not lost."""
    page.goto(f"{logs.url}/dashboards")
    page.get_by_role("button", name="New dashboard", exact=True).click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    add_top(page, "Users", "user.name")
    expect(panel(page, "Users")).to_contain_text("<img src=x>")
    page.get_by_role("button", name="Close the form").click()
    add_top(page, "Where", "host.name")
    page.get_by_role("button", name="Close the form").click()
    expect(panel(page, "Where")).to_contain_text("web-01")

    # By mouse to the left, where the other one is: that one makes room.
    where = panel(page, "Where")
    expect(page.get_by_role("complementary", name="Panel")).to_be_hidden()
    until(lambda: steady_box(where)["x"] > 500)  # beside the other one again, now that the form is gone
    drag(page, where.get_by_role("heading"), -500)
    until(lambda: steady_box(where)["x"] < 300)
    before = steady_box(where)["width"]
    where.focus()
    page.keyboard.press("Shift+ArrowRight")
    until(lambda: steady_box(where)["width"] > before)
    page.keyboard.press("Delete")
    expect(panel(page, "Where")).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(panel(page, "Where")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("button", name="Done")).to_be_visible()

    # Somebody else saves meanwhile.
    dashboard_id = re.search(r"dashboards/(\w+)", page.url)[1]  # type: ignore[index]
    path = f"/dashboards/{dashboard_id}"
    kept = logs.client().get(path).json()
    assert ["panel", "panel-2"] == [one["id"] for one in kept["document"]["panels"]]
    assert kept["document"]["panels"][1]["place"]["x"] < 6 < kept["document"]["panels"][1]["place"]["w"]
    body = {"document": {**kept["document"], "title": "Theirs"}, "version": kept["version"]}
    assert logs.client().patch(path, json=body).is_success
    panel(page, "Users").focus()
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("saved version 3 meanwhile")
    dialog.get_by_role("button", name="Save mine as a copy").click()
    expect(page.get_by_role("heading", name="New dashboard (copy)", level=1)).to_be_visible()
    expect(panel(page, "Users")).to_be_hidden()
    assert "Theirs" == logs.client().get(path).json()["title"]


def test_a_click_on_a_value_narrows_to_it(page: Page, logs: Server) -> None:
    """Hostile values are text, in bars and in filters; with Ctrl the rows open instead."""
    document = {
        "version": 1,
        "title": "T",
        "panels": [
            {"id": "a", "kind": "top", "title": "Users", "field": "user.name"},
            {
                "id": "b",
                "kind": "markdown",
                "title": "Note",
                "text": "# Hi\n<img src=x onerror=alert(1)> [x](javascript:alert(1))",
            },
            {"id": "c", "kind": "table", "title": "Rows", "columns": ["host.name", "message"]},
        ],
    }
    made = logs.client().post("/dashboards", json={"document": document}).json()
    page.goto(f"{logs.url}/dashboards/{made['id']}")
    expect(panel(page, "Note").get_by_role("heading", name="Hi")).to_be_visible()
    expect(panel(page, "Note").locator("img, a")).to_have_count(0)
    panel(page, "Users").get_by_title("30 of 30").click()
    expect(page.get_by_title('user.name:"<img src=x>"', exact=True)).to_be_visible()
    panel(page, "Rows").get_by_role("button", name="db-01").first.click()
    expect(panel(page, "Users")).to_contain_text("10")
    panel(page, "Users").get_by_title("10 of 10").click(modifiers=["Control"])
    expect(page.get_by_text("10 events")).to_be_visible()


def add_top(page: Page, title: str, field: str) -> None:
    """Add a panel of top values by the form."""
    page.get_by_role("button", name="Add panel").click()
    form = page.get_by_role("complementary", name="Panel")
    form.get_by_role("combobox", name="Shows").click()
    page.get_by_role("option", name="Top values, as bars").click()
    form.get_by_role("textbox", name="Title").fill(title)
    form.get_by_label("Field", exact=True).fill(field)
    page.keyboard.press("Escape")


def test_a_report_is_scheduled_run_and_taken(page: Page, logs: Server) -> None:
    """By keys: what is empty says what would be there; run now shows how far it is; removed can be undone."""
    page.goto(f"{logs.url}/dashboards/endpoint")
    expect(panel(page, "Hosts")).to_be_visible()
    page.keyboard.press("R")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("No report of this dashboard is made by itself yet")
    expect(dialog.get_by_role("button", name="Add a schedule")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_label("Name").fill("Hosts of the week")
    expect(dialog).to_contain_text(re.compile(r"Next 20\d\d-"))
    dialog.get_by_text("Picture (PNG)").click()
    dialog.get_by_text("Cron", exact=True).click()
    cron = dialog.get_by_label("Minute, hour, day, month, weekday")
    cron.fill("* * * * *")
    expect(dialog).to_contain_text("less than 10 minutes apart")
    cron.fill("30 6 * * 1-5")
    expect(dialog).to_contain_text(re.compile(r"Next 20\d\d-"))
    dialog.get_by_role("button", name="Add schedule").click()
    dialog.get_by_role("button", name="Run Hosts of the week now").click()
    expect(dialog).to_contain_text("made in")
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download Hosts of the week").click()
    assert "hosts-of-the-week.png" == download.value.suggested_filename
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    dialog.get_by_role("button", name="Delete Hosts of the week").click()
    dialog.get_by_role("button", name="Delete for good").click()
    expect(dialog).to_contain_text("Nothing was made yet")
    dialog.get_by_role("button", name="Remove Hosts of the week").click()
    expect(dialog).to_contain_text("No report of this dashboard is made by itself yet")
    page.get_by_role("button", name="Undo").click()
    switch = dialog.get_by_role("switch", name="Make Hosts of the week by itself")
    expect(switch).to_be_checked()
    switch.press("Space")  # what can be clicked is drawn beside the input
    expect(switch).not_to_be_checked()
