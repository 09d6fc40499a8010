"""Times that senders claim."""

from __future__ import annotations

import pytest

from tocsin.core.clock import DAY, MINUTE, to_iso
from tocsin.core.event import Event
from tocsin.ingest.clocks import Clocks, correct

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
        ("agent:agt_1", NOW - 3_653 * DAY, NOW - 3_653 * DAY),
        ("agent:agt_1", NOW - 3_654 * DAY, NOW),
        ("agent:agt_1", NOW + DAY + 1, NOW),
        ("import:abc", NOW + DAY + 1, NOW),
    ],
)
def test_whose_clock_is_believed_how_far(source: str, claimed: int, believed: int) -> None:
    """Files and enrolled agents may bring old events; who sends over the network unasked may not."""
    event = Event(source, 1, claimed, NOW, "", {})
    correct(event)
    assert event.at == believed
    assert ("event.time_refused" in event.fields) == (claimed != believed)


def test_the_operator_sets_the_bounds() -> None:
    """Narrower bounds hold for agents; what was claimed stays in the event."""
    event = Event("agent:a", 1, NOW - 2 * DAY, NOW, "", {})
    correct(event, Clocks(behind=DAY, ahead=0))
    assert (NOW, to_iso(NOW - 2 * DAY)) == (event.at, event.fields["event.time_refused"])
