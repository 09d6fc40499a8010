"""The kinds that learn what is usual."""

from __future__ import annotations

import pytest

from tocsin.core.clock import DAY, HOUR, MINUTE, SECOND
from tocsin.core.errors import ContentError
from tocsin.detect.kinds import Hit, KindSettings, PollSettings, kind_of
from tocsin.detect.kinds import first_seen as first_seen_module
from tocsin.detect.kinds import usual_count as usual_count_module
from tocsin.detect.kinds.document import timestamp
from tocsin.detect.kinds.settings import Baseline
from tocsin.detect.loader import read_text
from tocsin.detect.runs.exact import ExactRun
from tocsin.detect.wording.sentences import sentence

MONDAY = 1_794_787_200 * SECOND
"""Midnight of Monday, 2026-11-16, in UTC."""
HEAD = "name: n\nindex: x\nfilter: []\nalert: debug\n"


def hit(at, number=0, **fields):
    document = {"@timestamp": timestamp(at), "_id": f"e{at}.{number}", **fields}
    return Hit(at, document["_id"], document)


def settings(name, *, query_key="u", fields=(), **baseline):
    return KindSettings(
        name, query_key=query_key, fields=fields, baseline=Baseline(**{"learn": 0, **baseline})
    )


def told(matches):
    return [(match.fields["baseline"]["key"], match.fields["baseline"]["value"]) for match in matches]


def again(kind, made):
    """Return a kind that goes on from another's state."""
    new = kind_of(made)
    new.restore(kind.dump())
    return new


def test_what_an_entity_never_had_is_new_once():
    """Each entity for itself; lists give each element; a combination is one value; no value is none."""
    made = settings("first_seen", fields=("c", ("c", "d")))
    kind = kind_of(made)
    found = kind.data([hit(1, u="ann", c="SE", d=1), hit(2, u="bob", c=["SE", "DE"])])
    found += again(kind, made).data([hit(3, u="ann", c="SE", d=1), hit(4, u="ann", c="DE"), hit(5, c="FR")])
    ann, bob = [[value for key, value in told(found) if key == who] for who in ("ann", "bob")]
    assert (["SE", "SE, 1", "DE"], ["SE", "DE"]) == (ann, bob)
    assert ["c", ("c", "d")] == [match.fields["new_field"] for match in found[:2]]


def test_nothing_is_told_of_an_entity_that_is_hardly_known():
    """From the end of the learning on, values are new; figures say how well it is known."""
    kind = kind_of(settings("first_seen", fields=("c",), learn=2 * DAY))
    found = kind.data([hit(0, u="ann", c="SE"), hit(DAY, u="ann", c="DE"), hit(3 * DAY, u="ann", c="FR")])
    assert [("ann", "FR")] == told(found)
    figures = found[0].fields["baseline"]
    assert (2, 3.0, 0, 0) == tuple(
        figures[name] for name in ("known_values", "known_days", "others_with_value", "others")
    )


def test_only_what_few_others_have():
    """With rare_below, a value that so many others have is nothing to tell."""
    made = settings("first_seen", fields=("c",), rare_below=2)
    kind = kind_of(made)
    kind.learn([hit(0, u=user, c="SE").fields for user in ("ann", "bob")])
    kind = again(kind, made)
    assert [] == kind.data([hit(1, u="cid", c="SE")])
    assert ["rare"] == [value for _, value in told(kind.data([hit(2, u="cid", c="rare")]))]


def test_what_was_not_seen_for_the_whole_window_is_new_again():
    """And is no longer held."""
    kind = kind_of(settings("first_seen", fields=("c",), window=10 * DAY))
    found = kind.data([hit(at * DAY, u="ann", c=value) for at, value in ((0, "a"), (5, "b"), (12, "a"))])
    assert ["a", "b", "a"] == [value for _, value in told(found)]
    assert 1 == found[2].fields["baseline"]["known_values"]


def test_made_up_names_cost_bounded_memory(monkeypatch):
    """The entities and values first seen are forgotten first, and counted no more."""
    monkeypatch.setattr(first_seen_module, "MAX_ENTITIES", 2)
    monkeypatch.setattr(first_seen_module, "MAX_VALUES", 2)
    kind = kind_of(settings("first_seen", fields=("c",), rare_below=9))
    kind.data(
        [hit(0, n, u=f"u{n}", c="x") for n in range(5)] + [hit(1, n, u="u4", c=f"v{n}") for n in range(3)]
    )
    (match,) = kind.data([hit(2, u="u4", c="x")])
    assert (1, 1) == (match.fields["baseline"]["others_with_value"], match.fields["baseline"]["others"])


def _hour(week, number, hour=10):
    """Events of one hour of a Monday."""
    start = MONDAY + week * 7 * DAY + hour * HOUR
    return [hit(start + each * SECOND, week, u="ann") for each in range(number)]


def usual(direction="both", **more):
    return settings("usual_count", window=28 * DAY, direction=direction, **more)


def test_an_hour_with_too_many_events_is_told_at_once():
    """Once, at the event that is too many by the median of the same hour of past weeks."""
    kind = kind_of(usual())
    kind.learn([hit(MONDAY - DAY, u="ann").fields, *(h.fields for w in range(4) for h in _hour(w, 20 + w))])
    found = kind.data(_hour(4, 200))
    assert 1 == len(found)
    figures = found[0].fields["baseline"]
    # Median 21.5; one deviation is the root of that, 4.64, as past hours differ less than chance makes them.
    assert ([23, 22, 21, 20], 21.5, 45) == (figures["past"], figures["median"], figures["count"])
    assert pytest.approx(4.64, abs=0.01) == figures["deviation"]
    assert [(found[0].at, found[0].fields["_id"])] == found[0].events


def test_nothing_is_usual_before_three_hours_to_compare_with():
    """A rule that begins stays silent rather than guess."""
    kind = kind_of(usual())
    kind.learn([hit(MONDAY - DAY, u="ann").fields, *(h.fields for w in range(2) for h in _hour(w, 20))])
    assert [] == kind.data(_hour(2, 500))
    assert [] == kind.collect(MONDAY + 30 * DAY)


def test_an_hour_with_too_few_events_is_told_at_its_end():
    """Also one with none; not when only the other direction is asked for."""
    for direction, expected in (("both", [3]), ("down", [3]), ("up", [])):
        made = usual(direction)
        kind = kind_of(made)
        kind.learn([hit(MONDAY - DAY, u="ann").fields, *(h.fields for w in range(4) for h in _hour(w, 90))])
        kind.collect(MONDAY + 28 * DAY + 10 * HOUR)
        kind.data(_hour(4, 3))
        kind = again(kind, made)
        assert [] == kind.collect(MONDAY + 28 * DAY + 10 * HOUR + 59 * MINUTE)
        found = kind.collect(MONDAY + 28 * DAY + 11 * HOUR)
        assert expected == [match.fields["baseline"]["count"] for match in found]
        assert [] == kind.collect(MONDAY + 28 * DAY + 11 * HOUR + MINUTE)


def test_hours_of_made_up_keys_cost_bounded_memory(monkeypatch):
    """Keys first seen are forgotten first."""
    monkeypatch.setattr(usual_count_module, "MAX_HOURS", 3)
    kind = kind_of(usual())
    kind.data([hit(MONDAY + n, u=f"u{n}") for n in range(10)])
    kind.data([hit(MONDAY + DAY, u="late")])
    assert b"u6" not in kind.dump()
    assert b"u9" in kind.dump()


def heard(kind, *minutes, u="web"):
    return kind.data([hit(minute * MINUTE, u=u) for minute in minutes])


def test_silence_longer_than_ever_is_told_once():
    """Its figures say since when and how long it was ever quiet; once back, it can fall silent again."""
    made = settings("silent_source", silence=5 * MINUTE, factor=2.0, window=DAY)
    kind = kind_of(made)
    heard(kind, 0, 1, 5, 6)
    assert [] == kind.collect(14 * MINUTE)
    (match,) = again(kind, made).collect(15 * MINUTE)
    assert {"key": "web", "silent_seconds": 540, "longest_gap_seconds": 240} == {
        name: match.fields["baseline"][name] for name in ("key", "silent_seconds", "longest_gap_seconds")
    }
    kind.collect(15 * MINUTE)
    assert [] == kind.collect(16 * MINUTE)
    heard(kind, 60)
    assert [] == kind.collect(65 * MINUTE)
    assert [240] == [match.fields["baseline"]["longest_gap_seconds"] for match in kind.collect(70 * MINUTE)]


def test_a_silence_that_was_not_told_becomes_usual():
    """For as long as it is remembered."""
    kind = kind_of(settings("silent_source", silence=5 * MINUTE, window=2 * DAY))
    heard(kind, 0, 5, 15)
    assert [] == kind.collect(35 * MINUTE)
    assert 1 == len(kind.collect(36 * MINUTE))


def test_a_source_gone_for_good_is_forgotten():
    """After the whole window of silence."""
    kind = kind_of(settings("silent_source", silence=5 * MINUTE, window=DAY))
    heard(kind, 0, 1)
    kind.collect(10 * MINUTE)
    kind.collect(2 * DAY)
    assert b"web" not in kind.dump()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("type: first_seen\nfields: [c]\n", "first_seen needs a query_key"),
        ("type: first_seen\nquery_key: u\n", "needs fields"),
        ("type: first_seen\nquery_key: u\nfields: c\nlearn: {days: 40}\n", "learn must be shorter"),
        ("type: usual_count\nwindow: {days: 14}\n", "window must hold 3 hours to compare with: 21 days"),
        ("type: usual_count\ncompare: month\n", "compare is one of week, day"),
        ("type: usual_count\ndeviation: 0\n", "deviation needs a number from 1"),
        ("type: silent_source\nfactor: 0.5\n", "factor needs a number from 1"),
        ("type: silent_source\nsilence: {days: 14}\n", "shorter than window"),
        ("type: silent_source\nuse_count_query: true\n", "needs the events themselves"),
        ("type: usual_count\ntocsin: {mode: compat}\n", "ElastAlert has no type usual_count"),
    ],
)
def test_what_makes_no_sense_is_refused(text, reason):
    """With the reason."""
    with pytest.raises(ContentError, match=reason):
        read_text("n.yml", HEAD + text)


def test_what_a_rule_leaves_out_has_a_usual_value():
    """Options are read as written."""
    kind = read_text("n.yml", HEAD + "type: usual_count\ncompare: day\ndeviation: 4\n").rule.watch.kind
    assert Baseline(window=28 * DAY, compare=DAY, deviation=4) == kind.baseline
    kind = read_text("n.yml", HEAD + "type: silent_source\nquery_key: host.name\n").rule.watch.kind
    assert (Baseline(window=14 * DAY), 14 * DAY) == (kind.baseline, kind.terms_window)


def test_each_kind_explains_its_numbers():
    """In a sentence with what is usual and what was found."""
    first = settings("first_seen", fields=("c",), window=30 * DAY)
    (match,) = kind_of(first).data([hit(0, u="ann", c="SE")])
    assert sentence(first, match).startswith("SE is new as c of ann, who is known for 0.0 days with 0 other")
    count = kind_of(usual())
    count.learn([hit(MONDAY - DAY, u="ann").fields, *(h.fields for w in range(4) for h in _hour(w, 20))])
    (match,) = count.data(_hour(4, 60))
    assert "43 events of ann in the hour from 2026-12-14T10:00:00Z: 5.1 robust" in sentence(usual(), match)
    assert "had 20, 20, 20, 20 (median 20, one deviation 4.5)" in sentence(usual(), match)
    silent = settings("silent_source", silence=5 * MINUTE)
    kind = kind_of(silent)
    heard(kind, 0, 1)
    (match,) = kind.collect(7 * MINUTE)
    assert sentence(silent, match) == (
        "web has not been heard of since 1970-01-01T00:01:00Z, for 0:06:00.\n"
        "Its longest gap in 0.0 days was 0:01:00.\n\n"
    )


def test_the_order_of_arrival_changes_no_count():
    """Events that come late take their place: what is told is what would have been told in order."""
    past = [each.fields for week in range(4) for each in _hour(week, 20)]
    hits = _hour(4, 60)
    outcomes = []
    for arriving in (hits, [*hits[1::2], *hits[::2]]):
        run = ExactRun(usual(), PollSettings(), MONDAY + 28 * DAY)
        run.learn([hit(MONDAY - DAY, u="ann").fields, *past])
        alerts = []
        for each in arriving:
            run.add(each, each.at)
            changes = run.advance(each.at, MONDAY + 28 * DAY + 9 * HOUR)
            gone = [match.events for one in changes.withdrawn for match in one.matches]
            alerts = [events for events in alerts if events not in gone]
            alerts += [match.events for one in changes.told for match in one.matches]
        outcomes.append(alerts)
    assert outcomes[0] == outcomes[1] == [[(hits[42].at, hits[42].id)]]
