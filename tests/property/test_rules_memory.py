"""Composite rules against a plain model of Wazuh's memory: one list, searched from its newest event."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.clock import SECOND
from tocsin.core.record import Record
from tocsin.rules import Correlation, Ruleset, load

DECODERS = r"""<decoder name="app"><prematch>^app </prematch>
<regex offset="after_prematch">^(\w+) (\w+) (\w+)</regex><order>action, srcip, user</order></decoder>"""
MEMORY = 4


@dataclass(frozen=True)
class _Composite:
    """A composite rule, as the model sees it."""

    id: str
    level: int
    below: str
    frequency: int
    timeframe: int
    same: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    sid: str = ""
    group: str = ""
    everywhere: bool = False

    def written(self) -> str:
        """Return the rule's XML."""
        tags = [f"<same_{name}/>" for name in self.same] + [f"<different_{name}/>" for name in self.different]
        matched = f"<if_matched_sid>{self.sid}</if_matched_sid>" if self.sid else ""
        matched += f"<if_matched_group>{self.group}</if_matched_group>" if self.group else ""
        return (
            f'<rule id="{self.id}" level="{self.level}" frequency="{self.frequency}"'
            f' timeframe="{self.timeframe}"><if_sid>{self.below}</if_sid>{matched}{"".join(tags)}'
            f"{'<global_frequency/>' if self.everywhere else ''}<description>c</description>"
            f"{'<group>web,</group>' if self.id in GROUPED else ''}</rule>"
        )


COMPOSITES = (
    _Composite("20", 10, "10", 3, 20, same=("srcip",), sid="10"),
    _Composite("21", 8, "10", 2, 10, different=("user",), sid="10"),
    _Composite("22", 12, "11", 3, 30, same=("srcip",), different=("user",), group="web"),
    _Composite("23", 9, "11", 2, 5, group="web", everywhere=True),
)
"""In the order they are tried below each parent: by level, the highest first."""
BASES = {"a": ("10", 3), "b": ("11", 5), "c": ("12", 0), "d": ("13", 2)}
GROUPED = {"11", "13", "23"}
"""Rules of the group `web`."""


def _rules() -> str:
    groups = dict.fromkeys(GROUPED, "<group>web,</group>")
    bases = "".join(
        f'<rule id="{rule}" level="{level}"><action>{action}</action>'
        f"<description>b</description>{groups.get(rule, '')}</rule>"
        for action, (rule, level) in BASES.items()
    )
    return f'<group name="g,">{bases}{"".join(one.written() for one in COMPOSITES)}</group>'


@pytest.fixture(scope="module")
def ruleset(tmp_path_factory: pytest.TempPathFactory) -> Ruleset:
    """The rules above, read as any others."""
    folder: Path = tmp_path_factory.mktemp("rules")
    for kind, text in (("decoders", DECODERS), ("rules", _rules())):
        (folder / kind).mkdir()
        (folder / kind / "a.xml").write_text(text)
    loaded = load([folder])
    assert () == loaded.problems
    return loaded


@dataclass
class _Seen:
    """An event in the model's list."""

    rule: str
    at: int
    agent: str
    values: dict[str, str]
    mark: int = -1


@dataclass
class _Model:
    """Wazuh's memory as its documentation tells it, without any index."""

    ring: list[_Seen] = field(default_factory=list)

    def verdict(self, at: int, agent: str, action: str, values: dict[str, str]) -> str:
        """Return the rule of the next event, and remember it."""
        rule, level = BASES[action]
        event = _Seen(rule, at, agent, values)
        for composite in COMPOSITES:
            if composite.below == rule and self._fires(composite, event):
                event.rule, level = composite.id, composite.level
                break
        if level > 0:
            self.ring = [*self.ring, event][-MEMORY:]
        return event.rule

    def _fires(self, composite: _Composite, event: _Seen) -> bool:
        found: list[_Seen] = []
        for earlier in reversed(self.ring):
            if earlier.rule != composite.sid and not (composite.group and earlier.rule in GROUPED):
                continue
            if event.at - earlier.at > composite.timeframe:
                return False
            if earlier.agent != event.agent and not composite.everywhere:
                continue
            if any(earlier.values[name] != event.values[name] for name in composite.same):
                continue
            if any(earlier.values[name] == event.values[name] for name in composite.different):
                continue
            if earlier.mark >= composite.level:
                return False
            found.append(earlier)
            if len(found) == composite.frequency - 1:
                found[0].mark = max(found[0].mark, composite.level)
                event.mark = composite.level
                return True
        return False


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from("12"),
        st.sampled_from("aaabbbcd"),
        st.sampled_from("xy"),
        st.sampled_from("uvw"),
    ),
    max_size=60,
)


@settings(max_examples=300)
@given(events=EVENTS, cut=st.integers(0, 60))
def test_the_indexed_ring_is_the_plain_list(
    ruleset: Ruleset, events: list[tuple[int, str, str, str, str]], cut: int
) -> None:
    """The same rules fire on the same events, also when memory is kept and restored on the way."""
    model, memory = _Model(), Correlation(ruleset, memory_size=MEMORY)
    at = 1_000_000
    for number, (gap, agent, action, source, user) in enumerate(events, start=1):
        at += gap
        raw = f"app {action} {source} {user}".encode()
        record = Record("s", number, raw, at * SECOND, agent=agent)
        found = memory.settle(ruleset.classify([record]))[0].fields["rule.id"]
        assert model.verdict(at, agent, action, {"srcip": source, "user": user}) == found
        if number == cut:
            snapshot = memory.snapshot()
            memory = Correlation(ruleset, memory_size=MEMORY)
            memory.restore(snapshot)
