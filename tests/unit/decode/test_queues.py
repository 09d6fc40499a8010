"""Queues and locations of a Wazuh manager."""

from __future__ import annotations

import pytest

from tocsin.core.errors import InvalidError
from tocsin.decode.queues import Origin, kind_of, origin_of


def test_each_queue_has_its_kind() -> None:
    """Lines, module results and Windows events are read apart."""
    found = {letter: kind_of(letter) for letter in "12389def" + "p"}
    assert ("line", "line", "hostinfo", "syscheck", "rootcheck") == tuple(found[x] for x in "12389")
    assert ("syscollector", "ciscat", "winevent", "sca") == tuple(found[x] for x in "defp")


def test_other_letters_are_refused() -> None:
    """What has no decoder is named."""
    with pytest.raises(InvalidError, match="queue 'u'"):
        kind_of("u")


@pytest.mark.parametrize(
    ("location", "origin"),
    [
        ("/var/log/auth.log", Origin("", "", "/var/log/auth.log")),
        ("[001] (web) 10.0.0.1->/l", Origin("001", "web", "(web) 10.0.0.1->/l")),
        ("[000] (manager) any->/l", Origin("", "manager", "(manager) any->/l")),
        ("[001] web 10.0.0.1->/l", Origin("", "", "[001] web 10.0.0.1->/l")),
        ("", Origin("", "", "")),
    ],
)
def test_an_agents_location_says_who_it_is(location: str, origin: Origin) -> None:
    """Identifier and name stand in the location; the manager's own events have no agent."""
    assert origin == origin_of(location)
