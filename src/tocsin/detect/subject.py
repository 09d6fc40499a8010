"""What is tried on the log: a rule, and those whose matches it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.detect.correlation import Linked
from tocsin.detect.rule import WatchRule
from tocsin.detect.ruleset import RuleSet

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Subject:
    """The rule to try, and the others its matches come from when it is a correlation."""

    rule: WatchRule
    feeding: tuple[WatchRule, ...] = ()
    correlations: tuple[Linked, ...] = ()


def subject_of(rules: RuleSet, rule_id: str) -> Subject:
    """Return a rule of a set with those it correlates; raises `NotFoundError`, `InvalidError`."""
    rule = rules.by_id.get(rule_id)
    if rule is None:
        raise NotFoundError(f"there is no rule {rule_id!r}")
    if rule.correlation is None:
        return Subject(rule)
    links = {each.id: each for each in rules.linked}
    if rule_id not in links:
        raise InvalidError(f"{rule_id} correlates rules that are not there")
    wanted, feeding, correlations = [rule_id], list[WatchRule](), list[Linked]()
    for name in wanted:
        if name in links:
            correlations.append(links[name])
            wanted += [each for each in links[name].feeds if each not in wanted]
        if name != rule_id and name in rules.by_id:
            feeding.append(rules.by_id[name])
    return Subject(rule, tuple(feeding), tuple(correlations))


def in_batches(events: Iterable[Event], most: int) -> Iterator[list[Event]]:
    """Yield up to `most` events, some at a time."""
    source = islice(events, most)
    while part := list(islice(source, BATCH)):
        yield part
