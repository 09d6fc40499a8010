"""The console as a person has it before them: a page that may break, and must not."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, FloatRect, Locator, Page, Request, expect

from harness.processes import LOGIN, PASSWORD, Server
from harness.waiting import PATIENCE_S

PATIENCE_MS = 1000 * PATIENCE_S
VIEWPORT = {"width": 1400, "height": 900}

# Ten frames in which nothing moved: what measures itself, asks for a frame and draws again, has come to rest.
STEADY = """element => new Promise(resolve => {
  let last = null, same = 0;
  const look = () => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const box = { x, y, width, height };
    same = JSON.stringify(box) === JSON.stringify(last) ? same + 1 : 0;
    last = box;
    if (same < 10) requestAnimationFrame(look);
    else resolve(box);
  };
  look();
})"""


@contextmanager
def watched_page(browser: Browser) -> Iterator[Page]:
    """Open a page; fail at its end when it threw, broke its policy, or asked another host for anything."""
    context = browser.new_context(viewport=VIEWPORT, accept_downloads=True)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors: list[str] = []
    hosts: set[str] = set()

    def read(said: ConsoleMessage) -> None:
        if "Content Security" in said.text:
            errors.append(said.text)

    def note(request: Request) -> None:
        if address := re.match(r"https?://[^/]+", request.url):
            hosts.add(address[0])

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", read)
    page.on("request", note)
    try:
        yield page
    finally:
        context.close()
    assert [] == errors
    assert 1 == len(hosts), hosts


def log_in(page: Page, url: str) -> None:
    """Log in by the form."""
    page.goto(url)
    page.get_by_role("textbox", name="Login").fill(LOGIN)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


def enter(page: Page, server: Server, path: str) -> None:
    """Go to a page of the console with the session of the server's client, which spares the form."""
    cookies = server.client().cookies.jar
    page.context.add_cookies(
        [{"name": cookie.name, "value": cookie.value or "", "url": server.url} for cookie in cookies]
    )
    page.goto(f"{server.url}{path}")


def press_in_turn(page: Page, keys: str) -> None:
    """Press keys as close together as a person does, however long the machine takes to hand them over."""
    keyboard, now = page.context.new_cdp_session(page), time.time()
    for key in keys:
        keyboard.send(
            "Input.dispatchKeyEvent", {"type": "keyDown", "key": key, "text": key, "timestamp": now}
        )
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "timestamp": now})
    keyboard.detach()


def steady_box(element: Locator) -> FloatRect:
    """Return where an element is, in pixels, once it has stopped moving and growing."""
    box: FloatRect = element.evaluate(STEADY)
    return box


def drag(page: Page, handle: Locator, x: float, y: float = 0) -> None:
    """Take hold of an element that has come to rest, and drop it so many pixels to the right and below."""
    box = steady_box(handle)
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + 4 + x, box["y"] + 4 + y, steps=8)
    page.mouse.up()
