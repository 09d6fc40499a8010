"""A rule in mode `exact` tells of events in whatever order they come what it tells of them in order."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.clock import MINUTE, SECOND
from tocsin.detect.kinds import Hit, KindSettings, PollSettings
from tocsin.detect.kinds.document import timestamp
from tocsin.detect.runs.exact import ExactRun

BEGIN = 1_800_000_000 * SECOND
STEP = 30 * SECOND
"""Times are coarse, so that many events share theirs."""

KINDS = {
    "frequency": KindSettings(kind="frequency", num_events=3, timeframe=10 * MINUTE, query_key="user"),
    "cardinality": KindSettings(kind="cardinality", cardinality_field="user", most=2, timeframe=9 * MINUTE),
    "spike": KindSettings(
        kind="spike", spike_height=2, spike_type="both", threshold_cur=1, timeframe=10 * MINUTE
    ),
    "new_term": KindSettings(kind="new_term", fields=("user",)),
    "flatline": KindSettings(kind="flatline", threshold=2, timeframe=15 * MINUTE),
}


def stories():
    """Steps of time, users, and by how many steps each event is late."""
    one = st.tuples(
        st.integers(0, 6 * 120), st.sampled_from("abcd"), st.sampled_from([0, 0, 0, 0, 1, 40, 110])
    )
    return st.lists(one, min_size=5, max_size=120)


def hit_of(number, entry):
    at = BEGIN + entry[0] * STEP
    name = f"{number:04d}"
    return Hit(at, name, {"@timestamp": timestamp(at), "_id": name, "user": entry[1]})


def tell(kind, batches, most, restarts=()):
    """Return what is told in the end: hit identifiers by moment. Each batch ends at a time of its own."""
    told = Counter()
    run = ExactRun(kind, PollSettings(), BEGIN, most=most)
    held = []
    watermark = BEGIN
    for number, (hits, until) in enumerate(batches):
        for hit in hits:
            run.add(hit, hit.at)
        watermark = max(watermark, until)
        changes = run.advance(watermark, watermark)
        for sign, tellings in ((-1, changes.withdrawn), (1, changes.told)):
            for telling in tellings:
                for match in telling.matches:
                    told[match.at, tuple(match.events)] += sign
        held += run.take_fresh()
        gone = run.take_gone()
        held = [each for each in held if gone is None or each[0].at > gone]
        if number in restarts:
            state = run.dump()
            run = ExactRun(kind, PollSettings(), BEGIN, most=most)
            run.restore(state, held, watermark)
    return +told


def batches_of(hits, size):
    """Return the hits in batches, each with the newest time that had come by its end."""
    return [
        (hits[at : at + size], max(each.at for each in hits[: at + size])) for at in range(0, len(hits), size)
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@settings(max_examples=25, deadline=None)
@given(stories(), st.integers(1, 15), st.sampled_from([16, 10_000]), st.sets(st.integers(0, 30), max_size=4))
def test_order_restarts_and_room_for_snapshots_change_nothing(kind, story, size, share, restarts):
    """Late by less than an hour, at equal times, restarted, settled at snapshots or between them."""
    hits = [hit_of(number, entry) for number, entry in enumerate(story)]
    late = {hit.id: (entry[0] + entry[2], hit.id) for entry, hit in zip(story, hits, strict=True)}
    arriving = sorted(hits, key=lambda hit: late[hit.id])
    inorder = sorted(hits, key=lambda hit: (hit.at, hit.id))
    end = [([], BEGIN + 12 * 60 * MINUTE)]
    plain = tell(kind, [*batches_of(inorder, len(hits)), *end], 10_000)
    assert tell(kind, [*batches_of(arriving, size), *end], 10_000, restarts) == plain
    # So little room that events are let go early is only for those that come in order.
    assert tell(kind, [*batches_of(inorder, size), *end], share, restarts) == plain
