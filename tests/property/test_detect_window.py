"""Counting, killed anywhere, gives what counting without a kill gives, and what counting by hand gives."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.announce import Announcer
from tocsin.core.clock import MINUTE, SECOND, ManualClock
from tocsin.core.database import Database
from tocsin.core.event import Event
from tocsin.detect.engine import Detector
from tocsin.detect.kinds.settings import BASELINES
from tocsin.detect.loader import read_text
from tocsin.detect.rule import Window
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.window import advance


def by_definition(window, times):
    """ElastAlert's frequency, told once more in the plainest way."""
    held, found = [], []
    for number, at in enumerate(times):
        held.append((at, f"{number:04d}"))
        newest = max(held)[0]
        held = [entry for entry in held if newest - entry[0] < window.span]
        if len(held) >= window.count:
            found.append((number, sorted(held, key=lambda entry: entry[0])))
            held = []
    return found


@given(st.integers(1, 5), st.integers(1, 50), st.lists(st.integers(0, 120), max_size=60))
def test_windows_are_what_the_definition_says(count, span, times):
    """Also for events out of order and at equal times."""
    window, seen, found = Window(count, span), [], []
    for number, at in enumerate(times):
        matched = advance(window, seen, (at, f"{number:04d}"))
        if matched:
            found.append((number, matched))
        assert len(seen) < count
    assert found == by_definition(window, times)


RULES = {
    "any": "type: any\nquery_key: user.name\nrealert: {minutes: 5}\n",
    "blacklist": "type: blacklist\ncompare_key: user.name\nblacklist: [ann]\nrealert: {minutes: 0}\n",
    "change": "type: change\ncompare_key: event.outcome\nquery_key: user.name\nignore_null: true\n",
    "frequency": "type: frequency\nnum_events: 3\ntimeframe: {minutes: 10}\nquery_key: user.name\n",
    "gathered": "type: frequency\nnum_events: 2\ntimeframe: {minutes: 2}\naggregation: {minutes: 30}\n",
    "spike": "type: spike\nspike_height: 2\nspike_type: both\nthreshold_cur: 1\ntimeframe: {minutes: 10}\n",
    "flatline": "type: flatline\nthreshold: 1\ntimeframe: {minutes: 10}\nquery_key: user.name\n",
    "silent": "type: flatline\nthreshold: 2\ntimeframe: {minutes: 15}\nrealert: {minutes: 30}\n",
    "new_term": "type: new_term\nfields: [user.name, event.outcome]\nrealert: {minutes: 0}\n",
    "cardinality": "type: cardinality\ncardinality_field: user.name\nmax_cardinality: 2\n"
    "timeframe: {minutes: 9}\n",
    "sum": "type: metric_aggregation\nmetric_agg_key: http.response.bytes\nmetric_agg_type: sum\n"
    "max_threshold: 50\nbuffer_time: {minutes: 10}\n",
    "share": "type: percentage_match\nmax_percentage: 60\nbuffer_time: {minutes: 10}\n"
    "match_bucket_filter: [{term: {event.outcome: failure}}]\n",
    "first_seen": "type: first_seen\nquery_key: user.name\nfields: [event.outcome]\nlearn: {minutes: 20}\n"
    "rare_below: 2\n",
    "silent_source": "type: silent_source\nquery_key: user.name\nsilence: {minutes: 5}\n"
    "learn: {minutes: 9}\n",
}

BEGIN = 1_800_000_000 * SECOND


def rules(more=""):
    """One rule of every kind that remembers something; with `more` to say, of ElastAlert's only."""
    return [
        read_text(
            f"{name}.yml",
            f"name: {name}\nindex: x\nalert: debug\nfilter: [{{exists: {{field: user.name}}}}]\n{text}{more}",
        ).rule
        for name, text in RULES.items()
        if not more or name not in BASELINES
    ]


COMPAT = "tocsin: {mode: compat}\n"


def stories():
    """Events in minutes and seconds, each late or not."""
    one = st.tuples(
        st.integers(0, 120 * 60),
        st.sampled_from(["ann", "bob", "cid"]),
        st.sampled_from(["success", "failure", None]),
        st.integers(0, 40),
        st.sampled_from([False] * 9 + [True]),
    )
    return st.lists(one, min_size=5, max_size=60)


def event_of(number, entry, *, late):
    at, user, outcome, size, is_late = entry
    fields = {"user.name": user, "http.response.bytes": size}
    if outcome:
        fields["event.outcome"] = outcome
    moment = BEGIN + at * SECOND + number
    delay = 20 * MINUTE if late and is_late else 0
    return Event("s", number, moment, moment + delay + SECOND, "", fields)


def mark(number, minutes):
    """An event no rule is about, which only lets time pass."""
    moment = BEGIN + minutes * MINUTE
    return Event("clock", number, moment, moment, "", {})


class Ledger:
    """Alerts as told, less what was taken back; forgets what a failed transaction told."""

    def __init__(self):
        self.told = Counter()
        self.failing = 0

    def record(self, _tx, detection):
        if self.failing:
            self.failing -= 1
            if not self.failing:
                raise RuntimeError("killed")
        self.told[self.key(detection)] += 1
        return Outcome("a", True)

    def withdraw(self, _tx, detection):
        self.told[self.key(detection)] -= 1

    @staticmethod
    def key(detection):
        return (detection.rule_id, detection.group_key, detection.at, tuple(e.id for e in detection.events))

    def alerts(self):
        assert min(self.told.values(), default=0) >= 0
        return +self.told


@dataclass(frozen=True)
class Outcome:
    alert_id: str
    opened: bool


@dataclass(frozen=True)
class Logged:
    commit: int
    event: Event


class Log:
    def __init__(self, batches):
        self.events = [Logged(number, event) for number, batch in enumerate(batches, 1) for event in batch]

    def follow(self, after, limit=5_000):
        following = [logged for logged in self.events if logged.commit > after]
        return [logged for logged in following if logged.commit == following[0].commit][:limit]

    def last_commit(self):
        return self.events[-1].commit


def run(batches, kills, more=""):
    """Follow the batches to their end, killed and begun anew at the given steps."""
    ledger, log, ruleset = Ledger(), Log(batches), RuleSet(rules(more))
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/t.db")
        database.create_all()
        detector, step = None, 0
        while True:
            step += 1
            if detector is None:
                detector = Detector(
                    log,
                    database,
                    ledger,
                    ruleset,
                    clock=ManualClock(BEGIN),
                    announcer=Announcer(),
                    amender=ledger,
                )
            kill = kills.get(step, 0)
            before, ledger.failing = ledger.told.copy(), kill
            try:
                if not detector.step():
                    break
            except RuntimeError:
                ledger.told = before
                detector = None
            ledger.failing = 0
            if kill:
                detector = None
        database.close()
    return ledger.alerts()


@settings(max_examples=10, deadline=None)
@given(
    stories(),
    st.integers(1, 12),
    st.dictionaries(st.integers(1, 20), st.integers(1, 3), max_size=6),
    st.randoms(),
)
def test_late_events_shuffles_and_kills_change_no_alert(story, size, kills, chance):
    """One event in ten comes 20 minutes late, batches are shuffled, and the engine is killed in between."""
    inorder = sorted((event_of(n, entry, late=False) for n, entry in enumerate(story)), key=lambda e: e.at)
    arriving = sorted(
        (event_of(n, entry, late=True) for n, entry in enumerate(story)), key=lambda e: e.received_at
    )
    batches = [arriving[at : at + size] for at in range(0, len(arriving), size)]
    for batch in batches:
        chance.shuffle(batch)
    first, last = [mark(1, 0)], [mark(2, 60 * 4)]
    assert run([first, *batches, last], kills) == run([first, inorder, last], {})


@settings(max_examples=8, deadline=None)
@given(stories(), st.integers(1, 12), st.dictionaries(st.integers(1, 20), st.integers(1, 3), max_size=6))
def test_kills_change_no_alert_of_the_polls(story, size, kills):
    """In mode `compat`, alerts depend on when events were seen, and not on who was killed in between."""
    arriving = sorted(
        (event_of(n, entry, late=True) for n, entry in enumerate(story)), key=lambda e: e.received_at
    )
    batches = [arriving[at : at + size] for at in range(0, len(arriving), size)]
    whole = [[mark(1, 0)], *batches, [mark(2, 60 * 4)]]
    assert run(whole, kills, COMPAT) == run(whole, {}, COMPAT)
