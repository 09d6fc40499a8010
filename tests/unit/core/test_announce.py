"""Announcements reach every listener and never hold up the teller."""

from __future__ import annotations

from tocsin.core.announce import Announcement, Announcer


def test_every_listener_hears() -> None:
    """Two listeners each get the announcement."""
    announcer = Announcer()
    with announcer.listen() as one, announcer.listen() as two:
        announcer.tell("alert", "al_1")

        assert one.get_nowait() == two.get_nowait() == Announcement("alert", "al_1")


def test_a_slow_listener_loses_the_oldest() -> None:
    """It keeps the newest thousand."""
    announcer = Announcer()
    with announcer.listen() as slow:
        for number in range(1500):
            announcer.tell("commit", str(number))

        assert "500" == slow.get_nowait().subject


def test_nobody_listens_after_leaving() -> None:
    """What is told later does not reach a queue that was given back."""
    announcer = Announcer()
    with announcer.listen() as left:
        pass
    announcer.tell("case", "ca_1")

    assert left.empty()
