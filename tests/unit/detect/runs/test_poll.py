"""Mode `compat`: ElastAlert's polls, their silences and what waits."""

from __future__ import annotations

import pytest

from tocsin.core.clock import HOUR, MINUTE, SECOND
from tocsin.detect.kinds import Hit, KindSettings, PollSettings
from tocsin.detect.kinds.document import timestamp
from tocsin.detect.runs.log import HeldLog
from tocsin.detect.runs.poll import Polled, Poller

START = 1_700_000_000 // 3600 * 3600 * SECOND


class Rig:
    """A poller over a log, and what it delivered with the minute."""

    def __init__(self, kind, **poll):
        self.log = HeldLog(1_000)
        self.told = []
        self.failing = False
        settings = PollSettings(**{"realert": 0, **poll})
        self.poller = Poller(Polled("R", kind, settings), self.log, self.deliver)
        self.poller.begin(START)
        self.minute = 0

    def event(self, minute, *, seen=None, **fields):
        at = START + round(minute * MINUTE)
        name = f"e{minute}"
        hit = Hit(at, name, {"@timestamp": timestamp(at), "_id": name, **fields})
        self.log.add(hit, at if seen is None else START + round(seen * MINUTE))

    def deliver(self, matches):
        if self.failing:
            return False
        self.told.append((self.minute, [match.fields["_id"] for match in matches]))
        return True

    def run(self, until):
        while self.minute < until:
            self.minute += 1
            self.log.now = START + self.minute * MINUTE
            self.poller.tick(self.log.now)
        return self.told


ANY = KindSettings("any")


def test_an_event_is_told_once_though_spans_overlap():
    """And late ones as long as a span reaches back to them."""
    rig = Rig(ANY, buffer_time=5 * MINUTE)
    rig.event(0.5)
    rig.event(1.5, seen=4)
    rig.event(2.5, seen=20)
    assert [(1, ["e0.5"]), (4, ["e1.5"])] == rig.run(30)


def test_exponential_realert_doubles_up_to_its_cap():
    """Alerts at minute 1, 11, 31, 71, 131 and every hour from then on."""
    rig = Rig(ANY, realert=10 * MINUTE, exponential_realert=HOUR, buffer_time=2 * MINUTE)
    for minute in range(320):
        rig.event(minute + 0.5)
    assert [1, 11, 31, 71, 131, 191, 251, 311] == [minute for minute, _ in rig.run(320)]


def test_what_failed_is_told_again_and_once():
    """When the alerter works again."""
    rig = Rig(ANY)
    rig.event(0.5)
    rig.failing = True
    rig.run(3)
    rig.failing = False
    assert [(4, ["e0.5"])] == rig.run(10)


def test_matches_are_gathered_until_a_time_or_a_schedule():
    """Each key for itself."""
    rig = Rig(ANY, aggregation=3 * MINUTE, aggregation_fields=("u",))
    for minute, user in ((0.5, "a"), (1.5, "b"), (2.5, "a")):
        rig.event(minute, u=user)
    assert [(5, ["e0.5", "e2.5"]), (6, ["e1.5"])] == rig.run(10)
    cron = Rig(ANY, aggregation_schedule="*/5 * * * *")
    cron.event(0.5)
    cron.event(3.5)
    assert [(6, ["e0.5", "e3.5"])] == cron.run(12)


def test_a_schedule_pauses_a_rule():
    """What happens meanwhile is looked at afterwards, unless that is not wanted."""
    paused = Rig(ANY, limit_execution="10-59 * * * *", buffer_time=15 * MINUTE)
    skipped = Rig(ANY, limit_execution="10-59 * * * *", limit_coverage=True, buffer_time=15 * MINUTE)
    for rig in (paused, skipped):
        rig.event(5.5)
        rig.event(11.5)
    assert [(10, ["e5.5"]), (12, ["e11.5"])] == paused.run(15)
    assert [(12, ["e11.5"])] == skipped.run(15)


def test_an_operator_silences_a_rule_or_a_key():
    """For the time given."""
    rig = Rig(KindSettings("any", query_key="u"))
    rig.poller.silence(START + 3 * MINUTE)
    rig.poller.silence(START + 8 * MINUTE, "a")
    for minute in range(10):
        rig.event(minute + 0.5, u="a" if minute % 2 else "b")
    assert ["e2.5", "e4.5", "e6.5", "e7.5", "e8.5", "e9.5"] == [ids[0] for _, ids in rig.run(12)]


@pytest.mark.parametrize("stop", range(1, 9))
def test_a_poller_goes_on_from_what_it_kept(stop):
    """Unlike ElastAlert, whose restart forgets what it counted."""
    kind = KindSettings("frequency", num_events=4, timeframe=10 * MINUTE)
    rig = Rig(kind, buffer_time=2 * MINUTE)
    for minute in range(8):
        rig.event(minute + 0.5)
    rig.run(stop)
    state = rig.poller.dump()
    rig.poller = Poller(
        Polled("R", kind, PollSettings(realert=0, buffer_time=2 * MINUTE)), rig.log, rig.deliver
    )
    rig.poller.restore(state)
    assert [(4, ["e3.5"]), (8, ["e7.5"])] == rig.run(12)
