"""Memory that outlives the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.clock import SECOND, from_iso
from tocsin.core.errors import InvalidError
from tocsin.core.record import Record
from tocsin.rules import Correlation, Ruleset
from tocsin.rules.keeping import KeptCorrelation

START = from_iso("2026-11-24T12:00:00Z")
RULES = (
    '<rule id="10" level="3"><match>kv</match><description>base</description></rule>'
    '<rule id="20" level="10" frequency="4" timeframe="60"><if_matched_sid>10</if_matched_sid>'
    "<same_source_ip/><description>many</description></rule>"
    '<rule id="30" level="3"><match>plain</match><description>plain</description></rule>'
)
KV = "kv 192.0.2.7 bob open red"


def _records(*lines: str, first: int = 1) -> list[Record]:
    return [
        Record("s", seq, f"Nov 24 10:00:00 h app: {line}".encode(), START + seq * SECOND)
        for seq, line in enumerate(lines, start=first)
    ]


def _settled(memory: Any, ruleset: Ruleset, records: list[Record]) -> list[tuple[Any, Any]]:
    events = memory.settle(ruleset.classify(records))
    return [(event.fields.get("rule.id"), event.fields.get("rule.firedtimes")) for event in events]


@pytest.fixture
def kept_in(tmp_path: Path) -> Iterator[Callable[..., KeptCorrelation]]:
    """Make memories in one folder; those that are not closed end as by a kill."""
    made: list[KeptCorrelation] = []

    def make(ruleset: Ruleset, **options: Any) -> KeptCorrelation:
        made.append(KeptCorrelation(Correlation(ruleset), tmp_path / "memory", **options))
        return made[-1]

    yield make
    for kept in made:
        if kept._journal is not None:
            kept._journal.close()  # writes nothing: the journal has no buffer


def test_a_kill_forgets_nothing_that_was_settled(
    make_rules: Callable[..., Any], kept_in: Callable[..., Any], tmp_path: Path
) -> None:
    """Without a stop the journal brings everything back: windows, counts, verdicts of what comes again."""
    ruleset = make_rules(RULES)
    killed = kept_in(ruleset)
    assert [("10", 1), ("30", 1), ("10", 2)] == _settled(killed, ruleset, _records(KV, "plain", KV))
    kept = kept_in(ruleset)
    assert [("10", 1), ("30", 1), ("10", 2)] == _settled(kept, ruleset, _records(KV, "plain", KV))
    assert [("10", 3), ("30", 2), ("20", 1)] == _settled(kept, ruleset, _records(KV, "plain", KV, first=4))


def test_another_event_under_a_number_that_was_never_stored_is_a_new_one(
    make_rules: Callable[..., Any], kept_in: Callable[..., Any], tmp_path: Path
) -> None:
    """A source that cannot send again goes on from its mark with other events; they count."""
    ruleset = make_rules(RULES)
    killed = kept_in(ruleset)
    _settled(killed, ruleset, _records(KV, KV))
    kept = kept_in(ruleset)
    other = KV.replace("red", "blue")
    assert [("10", 3), ("20", 1)] == _settled(kept, ruleset, _records(other, other))


def test_a_stop_keeps_everything_in_one_snapshot(
    make_rules: Callable[..., Any], kept_in: Callable[..., Any], tmp_path: Path
) -> None:
    """After a stop and a start the fourth event completes the three before; old files are gone."""
    ruleset = make_rules(RULES)
    stopped = kept_in(ruleset)
    _settled(stopped, ruleset, _records(KV, KV, KV))
    stopped.close()
    kept = kept_in(ruleset)
    assert [("20", 1)] == _settled(kept, ruleset, _records(KV, first=4))
    assert 2 == len(list((tmp_path / "memory").iterdir()))


def test_a_full_journal_becomes_a_snapshot(
    make_rules: Callable[..., Any], kept_in: Callable[..., Any], tmp_path: Path
) -> None:
    """The journal stays bounded, and what it held is in the snapshot."""
    ruleset = make_rules(RULES)
    killed = kept_in(ruleset, max_journal_bytes=100)
    for first in range(1, 4):
        _settled(killed, ruleset, _records(KV, first=first))
    kept = kept_in(ruleset)
    assert [("20", 1)] == _settled(kept, ruleset, _records(KV, first=4))
    assert int(next((tmp_path / "memory").glob("*.snapshot")).stem) >= 3


@pytest.mark.parametrize("name", ["snapshot", "journal"])
def test_damage_is_left_out(
    make_rules: Callable[..., Any], kept_in: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    """A damaged file stops nobody: what can be read of it counts, the rest is forgotten."""
    ruleset = make_rules(RULES)
    killed = kept_in(ruleset)
    _settled(killed, ruleset, _records(KV))
    path = next((tmp_path / "memory").glob(f"*.{name}"))
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 255]))
    kept = kept_in(ruleset)
    assert [("10", 1)] == _settled(kept, ruleset, _records(KV, first=2))


def test_a_reload_keeps_the_memory_of_rules_that_stay(
    make_rules: Callable[..., Any], kept_in: Callable[..., Any], tmp_path: Path
) -> None:
    """Rules of the same id go on counting where they were."""
    ruleset = make_rules(RULES)
    kept = kept_in(ruleset)
    _settled(kept, ruleset, _records(KV, KV, KV))
    changed = make_rules(RULES.replace("many", "very many"))
    kept.use(changed)
    assert [("20", 1)] == _settled(kept, changed, _records(KV, first=4))


@pytest.mark.parametrize("mode", ["compat", "keyed"])
def test_a_snapshot_holds_all_of_it(make_rules: Callable[..., Any], mode: Any) -> None:
    """First sights, changes, silenced values, marks and lent fields survive as well."""
    ruleset = make_rules(
        RULES
        + '<rule id="40" level="4"><if_sid>10</if_sid><if_fts/><match>new</match>'
        + "<description>f</description></rule>"
        + '<rule id="50" level="4"><match>ports</match><check_diff/><description>c</description></rule>'
        + '<rule id="60" level="5" ignore="50"><match>once</match><description>o</description></rule>'
    )
    lines = ("kv 192.0.2.9 bob new red", "ports 1", "once", KV, KV, KV, KV)
    before = Correlation(ruleset, mode=mode)
    _settled(before, ruleset, _records(*lines))
    after = Correlation(ruleset, mode=mode)
    after.restore(before.snapshot())
    later = _records(*lines, "ports 2", first=8)
    assert _settled(before, ruleset, later) == _settled(after, ruleset, later)
    assert before.snapshot() == after.snapshot()
    other = Correlation(ruleset, mode="keyed" if mode == "compat" else "compat")
    other.restore(before.snapshot())
    assert [(None, None)] == _settled(other, ruleset, _records("ports 2", first=99))


@pytest.mark.parametrize("junk", [b"", b"junk", b"tocsin-memory-1\nxxxxxx"])
def test_what_is_no_snapshot_is_refused(make_rules: Callable[..., Any], junk: bytes) -> None:
    """Nothing of it is taken over."""
    with pytest.raises(InvalidError):
        Correlation(make_rules(RULES)).restore(junk)


def test_a_batch_that_could_not_be_settled_stops_no_start(
    make_rules: Callable[..., Any], kept_in: Callable[..., Any]
) -> None:
    """What failed when it came fails again when it is remembered, and what came after it is remembered."""
    ruleset = make_rules(RULES)
    killed = kept_in(ruleset)
    broken = ruleset.classify(_records(KV))
    broken[0].pending = [[]]
    assert "rules across events failed" in str(killed.settle(broken)[0].fields["error.message"])
    _settled(killed, ruleset, _records(KV, first=2))
    assert [("10", 2)] == _settled(kept_in(ruleset), ruleset, _records(KV, first=3))
