"""Detection engineering in a real browser: edit, override, put back, switch many, except, cover."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from harness.console import enter, press_in_turn
from harness.processes import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def page(page: Page, shared_server: Server) -> Page:
    """Go to the rules that come with Tocsin, logged in; there are no events."""
    enter(page, shared_server, "/rules")
    expect(page.get_by_role("heading", name="Rules", level=1)).to_be_visible()
    return page


def test_a_rule_is_edited_against_its_cases_and_put_back(page: Page) -> None:
    """The form changes the code, its cases fail at once, a save needs a reason, the history puts it back."""
    press_in_turn(page, "gr")
    page.get_by_role("grid", name="Rules").get_by_text("Web scan").click()
    page.get_by_role("link", name="Open, edit and test").click()
    expect(page.get_by_text("Reads as a frequency rule")).to_be_visible()
    page.get_by_role("textbox", name="Events", exact=True).fill("30")
    code = page.get_by_role("textbox", name="Text of the rule")
    expect(code).to_contain_text("num_events: 30")
    expect(page.get_by_label("failed")).to_be_visible()
    page.get_by_role("textbox", name="What was changed, and why").fill("only loud scans")
    page.keyboard.press("Control+s")
    refused = page.get_by_role("alert").filter(has_text="Not saved")
    expect(refused).to_contain_text("cases fail: twenty misses within a minute")
    refused.get_by_role("textbox").fill("the cases follow")
    refused.get_by_role("button", name="Override and save").click()
    expect(refused).to_be_hidden()
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_text("only loud scans")).to_be_visible()
    changes = page.get_by_label("Changes of version 2")
    expect(changes).to_contain_text("-num_events: 20")
    expect(changes).to_contain_text("+num_events: 30")
    page.get_by_role("button", name="Put back").click()
    expect(page.get_by_text("back to version 1")).to_be_visible()
    page.get_by_role("tab", name="Text and tests").click()
    expect(code).to_contain_text("num_events: 20")


def test_an_event_says_why_a_rule_would_not_fire(page: Page, shared_server: Server) -> None:
    """Every condition is told, with what the event has in place of what is wanted; bad text is marked."""
    page.goto(f"{shared_server.url}/rules/web-scan")
    event = page.get_by_role("textbox", name="Event as JSON")
    event.fill('{"rule.groups": ["accesslog"], "http": {"response": {"status_code": 200}}}')
    page.keyboard.press("Control+Enter")
    answer = page.get_by_role("status").filter(has_text="It would not")
    expect(answer).to_contain_text("the event has 200")
    event.fill('{"rule.groups": ["accesslog"], "http.response.status_code": 404}')
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("status").filter(has_text="It would:")).to_be_visible()
    page.get_by_role("button", name="Backtest").click()
    expect(page.get_by_role("status").filter(has_text="0 alerts")).to_be_visible()
    page.get_by_role("textbox", name="Text of the rule").press("Control+Home")
    page.keyboard.type("nonsense\n")
    expect(page.locator(".cm-lint-marker-error")).to_be_visible()
    page.get_by_role("button", name="Revert").click()
    expect(page.locator(".cm-lint-marker-error")).to_be_hidden()


def test_a_rule_says_where_its_modes_would_differ(page: Page, shared_server: Server) -> None:
    """Under its health, with how to choose the other one."""
    page.goto(f"{shared_server.url}/rules/web-scan?tab=health")
    expect(page.get_by_role("heading", name="How it watches")).to_be_visible()
    expect(page.get_by_text("exact: event by event")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="compat tells up to")).to_be_visible()


def test_rules_are_switched_together_and_back(page: Page, shared_server: Server) -> None:
    """What is shown is what is meant; the notice undoes it."""
    page.goto(f"{shared_server.url}/rules?kind=frequency")
    grid = page.get_by_role("grid", name="Rules")
    all_off = page.get_by_role("button", name=re.compile(r"Switch \d+ off"))
    before = int(re.sub(r"\D", "", all_off.inner_text()))
    expect(grid.get_by_role("switch", checked=True)).to_have_count(before)
    all_off.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Why").fill("a quiet hour")
    dialog.get_by_role("button", name=f"Switch {before} off").click()
    expect(grid.get_by_role("switch", checked=True)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(grid.get_by_role("switch", checked=True)).to_have_count(before)


def test_an_exception_is_tried_added_and_removed(page: Page, shared_server: Server) -> None:
    """From the rule's page; a removal is undone by its notice."""
    page.goto(f"{shared_server.url}/rules/web-scan")
    page.get_by_role("link", name="Add exception").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Condition").fill("source.ip: 192.0.2.7")
    dialog.get_by_role("button", name="Try it on the last seven days").click()
    expect(dialog.get_by_role("status")).to_contain_text("It would have removed 0 of 0 alerts")
    dialog.get_by_role("textbox", name="Reason").fill("our scanner")
    dialog.get_by_role("button", name="Put in force").click()
    row = page.get_by_role("grid", name="Exceptions").get_by_role("row").filter(has_text="our scanner")
    expect(row).to_contain_text("source.ip: 192.0.2.7")
    row.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No exceptions")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()


def test_coverage_leads_from_a_technique_to_its_rules(page: Page) -> None:
    """By key to the page; the layer of the Navigator is a file."""
    press_in_turn(page, "gv")
    page.get_by_role("button", name=re.compile("^Brute Force")).first.click()
    rules = page.get_by_role("complementary", name="Rules of the technique")
    expect(rules.get_by_role("link", name="SSH brute force")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Navigator layer").click()
    assert "tocsin-coverage-rules.json" == download.value.suggested_filename
    page.get_by_role("tab", name="Gaps in the data").click()
    expect(page.get_by_role("grid", name="Rules that cannot match")).to_be_visible()


def test_all_rules_are_tested_on_demand(page: Page, shared_server: Server) -> None:
    """As the night does, with the cases of every kind of rule."""
    page.goto(f"{shared_server.url}/rules?tab=retests")
    page.get_by_role("button", name="Test now").click()
    expect(page.get_by_text(re.compile(r"^\d+ of \d+ cases passed")).first).to_be_visible()
