"""Routes of the first run, sessions, users, keys and the audit trail."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tocsin.api.services import Services
from tocsin.core.actor import SYSTEM
from tocsin.core.clock import HOUR, MINUTE, ManualClock

PASSWORD = "correct horse battery"
CSRF = {"X-Requested-With": "tocsin"}


@pytest.fixture
def browser(platform: Services, client_as: Any) -> TestClient:
    """A browser in front of a platform that has one administrator, `ada`."""
    with platform.db.write() as tx:
        platform.accounts.users.add(
            tx, "ada", name="Ada", role="administrator", password=PASSWORD, actor=SYSTEM
        )
    client: TestClient = client_as(None)
    return client


def log_in(client: TestClient, login: str = "ada", password: str = PASSWORD) -> Any:
    return client.post("/api/v1/session", json={"login": login, "password": password})


def test_the_setup_token_makes_the_first_administrator_once(platform: Services, client_as: Any) -> None:
    """The printed token makes one administrator, who is logged in by it; a second use is refused."""
    client = client_as(None)
    with platform.db.write() as tx:
        token = platform.accounts.setup_token(tx)
    body = {"token": token, "login": "ada", "password": PASSWORD}
    assert {"needed": True} == client.get("/api/v1/setup").json()
    wrong = client.post("/api/v1/setup", json={**body, "token": "guess"})
    assert (401, "unauthenticated") == (wrong.status_code, wrong.json()["code"])
    assert "administrator" == client.post("/api/v1/setup", json=body).json()["user"]["role"]
    assert "ada" == client.get("/api/v1/session").json()["user"]["login"]
    assert {"needed": False} == client.get("/api/v1/setup").json()
    assert 409 == client.post("/api/v1/setup", json={**body, "login": "eve"}).status_code


def test_a_login_sets_a_cookie_scripts_and_other_sites_cannot_use(browser: TestClient) -> None:
    """The cookie is HttpOnly and SameSite=Strict, and Secure exactly when the page came over https."""
    cookie = log_in(browser).headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert "Secure" not in cookie
    browser.base_url = "https://testserver"
    assert "Secure" in log_in(browser).headers["set-cookie"]


def test_a_wrong_password_and_an_unknown_login_look_the_same(browser: TestClient) -> None:
    """Nobody learns from the answer which logins exist."""
    wrong, unknown = log_in(browser, password="not the password"), log_in(browser, "nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


def test_a_change_by_cookie_needs_the_header(browser: TestClient) -> None:
    """Another site can make a browser send the cookie but not the header."""
    log_in(browser)
    body = {"login": "bob", "name": "Bob", "role": "analyst", "password": PASSWORD}
    assert 403 == browser.post("/api/v1/users", json=body).status_code
    assert 201 == browser.post("/api/v1/users", json=body, headers=CSRF).status_code


def test_logging_out_ends_the_session_on_the_server(browser: TestClient) -> None:
    """A copied cookie is worth nothing after logout."""
    token = log_in(browser).cookies["tocsin_session"]
    assert 204 == browser.delete("/api/v1/session", headers=CSRF).status_code
    browser.cookies.set("tocsin_session", token)
    assert 401 == browser.get("/api/v1/session").status_code


def test_a_login_replaces_the_session_the_browser_had(browser: TestClient) -> None:
    """Logging in again leaves no older session behind."""
    first = log_in(browser).cookies["tocsin_session"]
    second = log_in(browser).cookies["tocsin_session"]
    assert first != second
    browser.cookies.set("tocsin_session", first, domain="testserver.local", path="/")
    assert 401 == browser.get("/api/v1/session").status_code


def test_changing_the_password_ends_other_sessions(browser: TestClient, client_as: Any) -> None:
    """The browser that changes the password stays logged in; every other one does not."""
    other = client_as(None)
    log_in(other)
    log_in(browser)
    body = {"current": PASSWORD, "password": "another good one"}
    assert 204 == browser.post("/api/v1/session/password", json=body, headers=CSRF).status_code
    assert 200 == browser.get("/api/v1/session").status_code
    assert 401 == other.get("/api/v1/session").status_code
    assert 401 == log_in(other).status_code


@pytest.mark.parametrize("wait", [8 * HOUR, 24 * HOUR])
def test_a_session_ends_by_idleness_and_by_age(browser: TestClient, clock: ManualClock, wait: int) -> None:
    """Eight hours unused, or twenty-four in use, end a session."""
    log_in(browser)
    steps = 1 if wait == 8 * HOUR else 6
    for _ in range(steps):
        assert 200 == browser.get("/api/v1/session").status_code
        clock.advance(wait // steps)
    assert 401 == browser.get("/api/v1/session").status_code


def test_a_locked_user_is_out_at_once(browser: TestClient, client_as: Any) -> None:
    """Locking ends the user's sessions and refuses new ones."""
    log_in(browser)
    body = {"login": "bob", "name": "Bob", "role": "analyst", "password": PASSWORD}
    browser.post("/api/v1/users", json=body, headers=CSRF)
    bob = client_as(None)
    log_in(bob, "bob")
    browser.patch("/api/v1/users/bob", json={"locked": True}, headers=CSRF)
    assert 401 == bob.get("/api/v1/session").status_code
    assert 401 == log_in(bob, "bob").status_code


def test_the_last_administrator_stays(browser: TestClient) -> None:
    """Nobody can lock everybody out."""
    log_in(browser)
    for change in ({"locked": True}, {"role": "analyst"}):
        assert 409 == browser.patch("/api/v1/users/ada", json=change, headers=CSRF).status_code


def test_refused_logins_shut_the_door_for_a_while(browser: TestClient, clock: ManualClock) -> None:
    """After ten refusals even the right password waits, and the answer says how long."""
    for _ in range(10):
        assert 401 == log_in(browser, password="wrong password").status_code
    shut = log_in(browser)
    assert (429, "301") == (shut.status_code, shut.headers["retry-after"])
    clock.advance(5 * MINUTE)
    assert 200 == log_in(browser).status_code


def test_an_api_key_calls_until_it_is_revoked(browser: TestClient, client_as: Any) -> None:
    """The secret is shown once, works without the CSRF header, and not after revocation."""
    log_in(browser)
    made = browser.post("/api/v1/api-keys", json={"name": "robot", "role": "read-only"}, headers=CSRF).json()
    robot = client_as(None)
    robot.headers["Authorization"] = f"Bearer {made['key']}"
    assert "key:robot" == robot.get("/api/v1/session").json()["user"]["login"]
    assert 403 == robot.get("/api/v1/users").status_code
    listed = browser.get("/api/v1/api-keys").json()["items"]
    assert ["robot"] == [each["name"] for each in listed]
    assert made["key"] not in str(listed)
    assert 204 == browser.delete(f"/api/v1/api-keys/{made['id']}", headers=CSRF).status_code
    assert 401 == robot.get("/api/v1/session").status_code


def test_an_api_key_expires(browser: TestClient, client_as: Any, clock: ManualClock) -> None:
    """A key with an end works until then."""
    log_in(browser)
    made = browser.post(
        "/api/v1/api-keys",
        json={"name": "short", "role": "read-only", "expires_at": "2026-11-24T13:00:00Z"},
        headers=CSRF,
    ).json()
    robot = client_as(None)
    robot.headers["Authorization"] = f"Bearer {made['key']}"
    assert 200 == robot.get("/api/v1/session").status_code
    clock.advance(HOUR)
    assert 401 == robot.get("/api/v1/session").status_code


def test_the_audit_trail_tells_who_did_what_without_secrets(browser: TestClient) -> None:
    """Logins, refusals and changes are listed newest first, page by page, and no password among them."""
    log_in(browser, password="wrong password")
    log_in(browser)
    body = {"login": "bob", "name": "Bob", "role": "analyst", "password": PASSWORD}
    browser.post("/api/v1/users", json=body, headers=CSRF)
    page = browser.get("/api/v1/audit", params={"limit": 2}).json()
    assert [("ada", "create"), ("ada", "login")] == [(e["actor"], e["action"]) for e in page["items"]]
    rest = browser.get("/api/v1/audit", params={"limit": 2, "cursor": page["next"]}).json()
    assert "login-refused" == rest["items"][0]["action"]
    assert PASSWORD not in str(page) + str(rest)
    only = browser.get("/api/v1/audit", params={"kind": "user", "subject": "bob"}).json()
    assert ["create"] == [e["action"] for e in only["items"]]
