"""The console in a real browser: from a login to a closed alert and a closed case, and a search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from harness.console import log_in, press_in_turn
from harness.processes import PASSWORD, AgentProcess, Server
from harness.waiting import until

ATTACKERS = ("203.0.113.7", "198.51.100.23")


@pytest.fixture
def live_server(server: Server, tmp_path: Path) -> Iterator[Server]:
    """Return a server on which two attackers have guessed passwords, so that there are alerts."""
    log = tmp_path / "auth.log"
    log.write_text("".join(guesses(datetime.now(UTC) - timedelta(minutes=5))))
    agent = AgentProcess(server, tmp_path / "agent", f'logs = [{{ path = "{log}", from_start = true }}]\n')
    agent.start()
    try:
        # The triage playbook closes both; this is about what people do, so they are opened again.
        until(lambda: set(ATTACKERS) <= decided(server))
        closed = [alert["id"] for alert in alerts_of(server) if alert["status"] == "closed"]
        if closed:
            body = {"ids": closed, "action": "reopen", "arguments": {}, "dry_run": False}
            assert server.client().post("/alerts/bulk", json=body).is_success
        yield server
    finally:
        agent.close()


def guesses(start: datetime) -> Iterator[str]:
    """Write failed logins of each attacker, close together in time."""
    for number in range(24):
        for attacker in ATTACKERS:
            at = (start + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.000000+00:00")
            yield (
                f"{at} web-01 sshd[{4000 + number}]: Failed password for invalid user admin{number} "
                f"from {attacker} port {40000 + number} ssh2\n"
            )


def alerts_of(server: Server) -> list[dict[str, str]]:
    """Return the alerts about the attackers."""
    items = server.client().get("/alerts", params={"limit": 200}).json()["items"]
    return [item for item in items if item["group_key"] in ATTACKERS]


def decided(server: Server) -> set[str]:
    """Return the attackers about whose alerts a playbook has decided."""
    client = server.client()
    return {
        alert["group_key"]
        for alert in alerts_of(server)
        if client.get(f"/alerts/{alert['id']}/decisions").json()["items"]
    }


def open_alert(page: Page, attacker: str) -> None:
    """Go to the alerts by key, list one attacker's, and open the first by keys alone."""
    press_in_turn(page, "ga")
    expect(page.get_by_role("heading", name="Alerts", level=1)).to_be_visible()
    page.get_by_role("combobox", name="Group by").click()
    page.get_by_role("option", name="No grouping").click()
    query = page.get_by_role("textbox", name="Query")
    query.fill(f"group_key:{attacker}")
    query.press("Enter")
    expect(page.get_by_role("grid", name="Alerts").get_by_role("row").nth(1)).to_contain_text(attacker)
    query.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Alert")).to_contain_text("Why it fired")


def close_alert(page: Page, attacker: str) -> None:
    """Read why it fired, then close it with a reason, by key."""
    flyout = page.get_by_role("complementary", name="Alert")
    expect(flyout.locator("mark").filter(has_text=attacker).first).to_be_visible()
    expect(flyout.locator(".field.matched").filter(has_text="source.ip")).to_be_visible()
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Reason").fill("The monthly password audit, announced yesterday.")
    dialog.get_by_role("button", name="Close alert").click()
    expect(dialog).to_be_hidden()
    expect(flyout).to_contain_text("Closed · false positive")
    expect(flyout).to_contain_text("The monthly password audit")


def escalate(page: Page) -> None:
    """Make a case of the open alert, by key, and go there."""
    page.keyboard.press("e")
    page.get_by_role("button", name=re.compile("Opened case #")).click()
    expect(page.get_by_role("tab", name="Description")).to_be_visible()


def work_case(page: Page) -> None:
    """Add a task and complete it, then close the case."""
    page.keyboard.press("2")
    page.get_by_role("textbox", name="New task").fill("Ask the owner of web-01")
    page.get_by_role("button", name="Add task").click()
    done = page.get_by_role("checkbox", name="Complete Ask the owner of web-01")
    done.click()
    expect(done).to_be_checked()
    page.get_by_role("button", name="Close case…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Resolution").click()
    page.get_by_role("option", name="True positive").click()
    dialog.get_by_role("textbox", name="Summary").fill("Guessing from outside; no login succeeded.")
    dialog.get_by_role("button", name="Close case").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("header.section")).to_contain_text("Closed · true positive")


def search(page: Page, attacker: str) -> None:
    """Search, open an event, narrow the search by one of its values, and see it all in the address."""
    press_in_turn(page, "gs")
    expect(page.get_by_role("heading", name="Search", level=1)).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Query")).to_be_focused()
    page.keyboard.type(f"source.ip:{attacker}")
    page.keyboard.press("Control+Enter")
    rows = page.get_by_role("grid", name="Events").get_by_role("row")
    expect(rows.nth(1)).to_contain_text(attacker)
    rows.nth(1).click()
    flyout = page.get_by_role("complementary", name="Event")
    flyout.get_by_role("button", name="Filter for user.name").click()
    expect(page).to_have_url(re.compile(r"q=source\.ip.*AND.*user\.name"))
    expect(rows.nth(1)).to_contain_text(attacker)
    page.reload()
    expect(page.get_by_role("combobox", name="Query")).to_have_value(re.compile("AND user.name:"))
    page.get_by_role("combobox", name="Query").fill("source.ip:((")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("^ position")


@pytest.mark.slow
def test_an_analyst_closes_an_alert_and_a_case_and_searches(live_server: Server, page: Page) -> None:
    """The way through the console that every analyst takes every day, mostly by keys."""
    live_server.client()  # makes the administrator
    log_in(page, live_server.url)
    open_alert(page, ATTACKERS[0])
    close_alert(page, ATTACKERS[0])
    page.keyboard.press("Escape")
    open_alert(page, ATTACKERS[1])
    escalate(page)
    work_case(page)
    search(page, ATTACKERS[0])


@pytest.mark.slow
def test_the_first_run_is_set_up_in_the_browser(server: Server, page: Page) -> None:
    """The address printed by `tocsin up` leads to the form that makes the administrator."""
    address = until(lambda: re.search(r"http\S+/setup\?token=[\w-]+", server.output.read_text()))[0]
    page.goto(address)
    for name in ("Password", "Password again"):
        page.get_by_role("textbox", name=re.compile(f"^{name}( \\*)?$")).fill(PASSWORD)
    page.get_by_role("button", name="Create and log in").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Close as a false positive")
