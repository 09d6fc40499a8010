"""The rules in use, prepared for the engine: indexed, explained, looked up by identifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tocsin.core.errors import NotFoundError
from tocsin.detect.correlation import Linked
from tocsin.detect.explain import Explanation
from tocsin.detect.index import RuleIndex
from tocsin.detect.rule import WatchRule


class RuleSet:
    """An unchanging set of rules. Those switched off are listed but not evaluated."""

    def __init__(
        self,
        rules: Iterable[WatchRule],
        switches: Mapping[str, bool] | None = None,
        correlations: Iterable[Linked] = (),
    ) -> None:
        self.all = tuple(rules)
        self.by_id = {rule.id: rule for rule in self.all}
        self._switches = dict(switches or {})
        self.running = tuple(rule for rule in self.by_id.values() if self.is_enabled(rule))
        self.index = RuleIndex(self.running)
        self.explanations: dict[str, Explanation] = _Explanations({rule.id: rule for rule in self.running})
        running = {rule.id for rule in self.running}
        self.linked = tuple(correlations)
        """Every correlation, in use or not."""
        self.correlations = tuple(linked for linked in self.linked if linked.id in running)
        """Those in use, with the rules that feed them."""
        self.silent = frozenset(
            rule_id
            for linked in self.correlations
            if not linked.correlation.generate
            for rule_id in linked.feeds
        )
        """Rules whose matches open no alert of their own, because a correlation asks for them."""

    def is_enabled(self, rule: WatchRule) -> bool:
        """Say whether the rule is evaluated: the operator's switch, else what its text says."""
        return self._switches.get(rule.id, rule.enabled)

    def check_name(self, rule_id: str) -> None:
        """Raise `NotFoundError` for a rule no alert can come from.

        Numbers are analysis rules, which are not ours to know: their alerts come by their level.
        """
        if rule_id not in self.by_id and not rule_id.isdigit():
            raise NotFoundError(f"there is no rule {rule_id!r}")


class _Explanations(dict[str, Explanation]):
    """Made when they are asked for: of thousands of rules, few ever match."""

    def __init__(self, rules: Mapping[str, WatchRule]) -> None:
        self._rules = rules

    def __missing__(self, rule_id: str) -> Explanation:
        found = self[rule_id] = Explanation(self._rules[rule_id].node)
        return found
