"""Times that senders claim."""

from __future__ import annotations

import pytest

from tocsin.core.clock import DAY, MINUTE
from tocsin.core.event import Event
from tocsin.ingest.clocks import correct

NOW = 1_700_000_000_000_000


@pytest.mark.parametrize(
    ("source", "claimed", "believed"),
    [
        ("syslog:udp:192.0.2.7", NOW - DAY, NOW - DAY),
        ("syslog:udp:192.0.2.7", NOW - DAY - 1, NOW),
        ("syslog:tcp:192.0.2.7", NOW + 5 * MINUTE, NOW + 5 * MINUTE),
        ("syslog:tcp:192.0.2.7", NOW + 5 * MINUTE + 1, NOW),
        ("import:abc", 1, 1),
        ("agent:agt_1", NOW - 400 * DAY, NOW - 400 * DAY),
    ],
)
def test_strangers_are_believed_within_a_day(source: str, claimed: int, believed: int) -> None:
    """Files and enrolled agents may bring old events; who sends over the network unasked may not."""
    event = Event(source, 1, claimed, NOW, "", {})
    correct(event)
    assert event.at == believed
