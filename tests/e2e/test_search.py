"""The search page in a real browser: ask, narrow, arrange, look, keep the question, follow."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from harness.processes import LOGIN, PASSWORD, Server, until

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
CONSOLE = Path(__file__).parents[2] / "src/tocsin/console/dist/index.html"
SECONDS = 20_000

pytestmark = pytest.mark.timeout(300)  # the first test also waits for the server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the system's chromium; the test skips where there is none."""
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def logs(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a server with forty events of two hosts in the last hour."""
    if not CONSOLE.is_file():
        pytest.skip("the console is not built: make console")
    server = Server(tmp_path_factory.mktemp("server"))
    try:
        server.start()
        server.client()
        send(server, 40, datetime.now(UTC) - timedelta(minutes=50))
        until(lambda: server.client().get("/events/count").json()["count"] == 40)
        yield server
    finally:
        server.close()


def send(server: Server, number: int, start: datetime, message: str = "=Failed password") -> None:
    """Put events into the log, a minute apart, by turns of two hosts."""
    lines = "".join(
        f'{{"index": {{}}}}\n{{"@timestamp": "{(start + timedelta(minutes=n)).isoformat()}", '
        f'"message": "{message} {n}", "host": {{"name": "{("web-01", "db-01")[n % 2]}"}}, '
        f'"user": {{"name": "root"}}}}\n'
        for n in range(number)
    )
    answer = httpx.post(
        f"{server.url}/compat/elastic/logs-test/_bulk",
        content=lines,
        headers={"Content-Type": "application/x-ndjson"},
        auth=(LOGIN, PASSWORD),
    )
    assert answer.is_success, answer.text


@pytest.fixture
def page(browser: Browser, logs: Server) -> Iterator[Page]:
    """Open the search, logged in; fails the test when the page breaks."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    expect.set_options(timeout=SECONDS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    page.goto(f"{logs.url}/login?next=/search")
    page.get_by_role("textbox", name="Login").fill(LOGIN)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Search", level=1)).to_be_visible()
    expect(rows(page).nth(1)).to_contain_text("Failed password")
    yield page
    context.close()
    assert [] == errors


def rows(page: Page) -> Locator:
    """Return the rows of the table, its head first."""
    return page.get_by_role("grid", name="Events").get_by_role("row")


def test_a_query_is_typed_with_help_and_narrowed(page: Page) -> None:
    """Fields, values and operators are suggested; the chart zooms by keys; tabs keep what they show."""
    query = page.get_by_role("combobox", name="Query")
    page.keyboard.press("/")
    page.keyboard.type("host.na")
    expect(page.get_by_role("option", name="host.name")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("option", name=re.compile("db-01"))).to_be_visible()
    page.keyboard.type("db")
    expect(page.get_by_role("option", name=re.compile("web-01"))).to_be_hidden()
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
    address = page.url
    assert re.search(r"col=host.name&col=user.name&col=rule.id.*w=user.name.*sort=-host.name", address)
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
