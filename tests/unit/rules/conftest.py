"""Rulesets made of text, and lines put through them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.clock import SECOND, from_iso
from tocsin.core.event import Event
from tocsin.core.record import Record
from tocsin.rules import Correlation, Ruleset, load

START = from_iso("2026-11-24T12:00:00Z")
DECODERS = r"""<decoder name="app"><program_name>^app$</program_name></decoder>
<decoder name="app-kv"><parent>app</parent><prematch>^kv </prematch>
  <regex offset="after_prematch">^(\S+) (\S+) (\S+) (\S+)</regex><order>srcip, user, action, colour</order>
  <fts>name, srcip</fts></decoder>
<decoder name="web"><prematch>^GET </prematch><type>web-log</type>
  <regex>^GET (\S+) </regex><order>url</order></decoder>"""

MakeRules = Callable[..., Ruleset]


@pytest.fixture
def make_rules(tmp_path: Path) -> MakeRules:
    """Make a ruleset of rules in the group `local`, with lists by name."""

    def make(rules: str, **lists: str) -> Ruleset:
        for folder in ("decoders", "rules", "lists"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "decoders" / "d.xml").write_text(DECODERS)
        (tmp_path / "rules" / "r.xml").write_text(f'<group name="local,">{rules}</group>', "utf-8")
        for name, text in lists.items():
            (tmp_path / "lists" / name).write_text(text)
        return load([tmp_path])

    return make


class Player:
    """Puts lines of program `app` through a ruleset and a memory of its own."""

    def __init__(self, ruleset: Ruleset, **options: Any) -> None:
        self._ruleset = ruleset
        self.memory = Correlation(ruleset, **options)
        self._at = START
        self._seq = 0

    def play(self, *lines: str, agent: str = "", step_s: int = 1) -> list[Event]:
        """Return the events of the lines, `step_s` seconds apart by reception."""
        made = []
        for line in lines:
            self._at += step_s * SECOND
            self._seq += 1
            raw = f"Nov 24 10:00:00 h app: {line}".encode()
            made.append(Record(f"s{agent}", self._seq, raw, self._at, agent=agent))
        return self.memory.settle(self._ruleset.classify(made))

    def rules(self, *lines: str, agent: str = "", step_s: int = 1) -> list[str]:
        """Return the ids of the rules that held, empty where none did."""
        return [
            str(event.fields.get("rule.id", "")) for event in self.play(*lines, agent=agent, step_s=step_s)
        ]


@pytest.fixture
def make_player(make_rules: MakeRules) -> Callable[..., Player]:
    """Make a player for a ruleset of text; content that is refused is a failure."""

    def make(rules: str, **lists: str) -> Player:
        ruleset = make_rules(rules, **lists)
        assert () == ruleset.problems
        return Player(ruleset)

    return make
