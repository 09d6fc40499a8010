"""Which verdicts memory must learn of, and what it needs to know of an event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from tocsin.decode.patterns import compile_pattern, lower
from tocsin.decode.subject import Subject
from tocsin.rules.model import Composite, Rule


class Listener(NamedTuple):
    """A rule that counts events of another."""

    rule: Rule
    composite: Composite
    times: int
    """How often each event counts."""


class Watched:
    """The rules whose firing later rules count or remember, and the values those rules compare."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        known = list(rules)
        composites = [rule for rule in known if rule.composite is not None]
        self._listeners = _listeners(known, composites)
        self.on_logs = tuple(
            Listener(rule, rule.composite, 1)
            for rule in composites
            if rule.composite and rule.composite.by_log is not None
        )
        """The rules that count events of any rule by their logs."""
        self._remembering = {rule.id for rule in known if rule.remember}
        self._names = tuple(sorted({name for rule in known for name in _compared(rule)}))
        self._first_seen = any(rule.first_time_only for rule in known)
        self._logs = bool(self.on_logs) or any(rule.check_diff for rule in known)
        self.uncounted = frozenset(str(rule.id) for rule in known if "no_counter" in rule.options)
        """Ids of rules whose events do not tell how often the rule fired."""

    def __contains__(self, rule_id: int) -> bool:
        return bool(self.on_logs) or rule_id in self._listeners or rule_id in self._remembering

    def listeners(self, rule_id: int) -> tuple[Listener, ...]:
        """Return the rules that count events of this rule."""
        return self._listeners.get(rule_id, ())

    def facts(self, subject: Subject) -> list[Any]:
        """Return what memory needs of an event.

        That is agent, host, category, key of first sight, log, and the compared values.
        """
        values: list[str] = []
        for name in self._names:
            value = subject.value(name)
            if value is not None:
                values += (name, value)
        return [
            subject.agent,
            subject.hostname,
            subject.category,
            _first_seen_key(subject) if self._first_seen else "",
            subject.log if self._logs else "",
            values,
        ]


def _compared(rule: Rule) -> tuple[str, ...]:
    composite = rule.composite
    counted = (*composite.same, *composite.different) if composite else ()
    return (*counted, *rule.remember, *rule.unless_remembered)


def _listeners(rules: list[Rule], composites: list[Rule]) -> dict[int, tuple[Listener, ...]]:
    """Return who counts whose events.

    As upstream, a rule that some `if_matched_sid` names counts for no `if_matched_group`; for one it
    counts once for each of its places in the tree; what has level 0 counts for nobody.
    """
    named = {sid for rule in composites if rule.composite for sid in rule.composite.matched_sids}
    found: dict[int, list[Listener]] = {}
    for listener in composites:
        composite = listener.composite
        if composite is None:
            continue
        if composite.matched_sids:
            fitting = [(rule, 1) for rule in rules if rule.id in composite.matched_sids]
        elif composite.matched_group is not None:
            test = compile_pattern(composite.matched_group, "osmatch").test
            fitting = [
                (r, r.places) for r in rules if r.id not in named and test(r.group_text, lower(r.group_text))
            ]
        else:
            continue
        for rule, times in fitting:
            if rule.level > 0:
                found.setdefault(rule.id, []).append(Listener(listener, composite, times))
    return {sid: tuple(listeners) for sid, listeners in found.items()}


def _first_seen_key(subject: Subject) -> str:
    if not subject.fts:
        return ""
    return " ".join([subject.decoder, *(subject.value(name) or "" for name in subject.fts)])
