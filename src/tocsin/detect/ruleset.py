"""The rules in use, prepared for the engine: indexed, explained, looked up by identifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tocsin.detect.explain import Explanation
from tocsin.detect.index import RuleIndex
from tocsin.detect.rule import WatchRule


class RuleSet:
    """An unchanging set of rules. Those switched off are listed but not evaluated."""

    def __init__(self, rules: Iterable[WatchRule], switches: Mapping[str, bool] | None = None) -> None:
        self.all = tuple(rules)
        self.by_id = {rule.id: rule for rule in self.all}
        self._switches = dict(switches or {})
        self.running = tuple(rule for rule in self.by_id.values() if self.is_enabled(rule))
        self.index = RuleIndex(self.running)
        self.explanations = {rule.id: Explanation(rule.node) for rule in self.running}

    def is_enabled(self, rule: WatchRule) -> bool:
        """Say whether the rule is evaluated: the operator's switch, else what its text says."""
        return self._switches.get(rule.id, rule.enabled)
