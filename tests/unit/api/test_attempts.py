"""Refused logins are counted by login and address, in bounded memory."""

from __future__ import annotations

import pytest

from tocsin.api.attempts import LoginAttempts
from tocsin.api.problems import TooManyRequestsError
from tocsin.core.clock import SECOND, ManualClock


@pytest.fixture
def attempts(clock: ManualClock) -> LoginAttempts:
    """Two attempts a minute."""
    return LoginAttempts(clock, attempts=2, window_us=60 * SECOND)


def test_a_login_waits_whatever_the_address_and_the_letter_case(attempts: LoginAttempts) -> None:
    """Guessing one login's password from many addresses is no way around."""
    attempts.refused("ada", "192.0.2.1")
    attempts.refused("ADA", "192.0.2.2")
    with pytest.raises(TooManyRequestsError):
        attempts.check("ada", "192.0.2.3")
    attempts.check("bob", "192.0.2.1")


def test_an_address_waits_whatever_the_login(attempts: LoginAttempts) -> None:
    """Trying one password on many logins is no way around either."""
    for number in range(10):
        attempts.refused(f"user{number}", "192.0.2.1")
    with pytest.raises(TooManyRequestsError):
        attempts.check("fresh", "192.0.2.1")
    attempts.check("fresh", "192.0.2.2")


def test_the_wait_ends(attempts: LoginAttempts, clock: ManualClock) -> None:
    """The error says when, and then the door is open again."""
    for _ in range(2):
        attempts.refused("ada", "192.0.2.1")
    clock.advance(20 * SECOND)
    with pytest.raises(TooManyRequestsError) as caught:
        attempts.check("ada", "192.0.2.1")
    assert caught.value.retry_after_s == 41
    clock.advance(40 * SECOND)
    attempts.check("ada", "192.0.2.1")


def test_a_right_password_forgives_the_login(attempts: LoginAttempts) -> None:
    """Whoever mistyped once starts afresh."""
    attempts.refused("ada", "192.0.2.1")
    attempts.accepted("ada")
    attempts.refused("ada", "192.0.2.1")
    attempts.check("ada", "192.0.2.1")


def test_invented_logins_cost_no_memory(attempts: LoginAttempts) -> None:
    """The oldest names are forgotten; the address that invents them is not."""
    for number in range(12_000):
        attempts.refused(f"user{number}", "192.0.2.1")
    assert len(attempts._refused) == 10_000
    with pytest.raises(TooManyRequestsError):
        attempts.check("fresh", "192.0.2.1")
