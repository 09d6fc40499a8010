"""Writer: a query tree as clauses of OpenSearch's and Elasticsearch's query DSL.

Written for documents whose fields stand there as `opensearch_terms` says. What the server cannot decide as
the tree means it (a regular expression with word borders, a comparison of two fields, values too long for
the index) is not guessed: the plan has one clause for the events surely selected and one for those that may
be, and `compile_predicate` decides about the difference. For nearly every query the two are the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.core.fields import MESSAGE
from tocsin.query.opensearch_clauses import ALL, NONE, Clause, both, either, measured, negated
from tocsin.query.opensearch_conditions import ALWAYS, NEVER, PROPERTIES, Pair, exists, leaf
from tocsin.query.opensearch_terms import UNSURE
from tocsin.query.tree import (
    And,
    Everything,
    Exists,
    Node,
    Not,
    Nothing,
    Or,
    SameAs,
    Text,
    with_single_names,
)

_MOST_CLAUSES = 900  # Lucene refuses more than 1,024 in one query
_DEEPEST = 25  # Elasticsearch refuses more than 30 within each other


@dataclass(frozen=True, slots=True)
class Plan:
    """The events surely selected, and those that may be; both are clauses for a filter."""

    yes: Clause
    maybe: Clause
    fields: frozenset[str] = frozenset()

    @property
    def exact(self) -> bool:
        """Whether the server decides about every event whose values are all indexed."""
        return self.yes == self.maybe

    def surely(self) -> Clause:
        """Return the clause for the events of which nothing more must be asked."""
        return both(self.yes, negated(self._unsure())) if self.fields else self.yes

    def open(self) -> Clause:
        """Return the clause for the events about which the predicate must decide."""
        doubtful = NONE if self.exact else both(self.maybe, negated(self.yes))
        return either(doubtful, self._unsure()) if self.fields else doubtful

    def possibly(self) -> Clause:
        """Return the clause for every event that may be selected."""
        return either(self.maybe, self._unsure()) if self.fields else self.maybe

    def _unsure(self) -> Clause:
        return {"terms": {UNSURE: [*sorted(self.fields), "*"]}}


def to_opensearch(node: Node) -> Plan:
    """Return the plan of a tree. Raises what `compile_predicate` raises."""
    writer = _Writer()
    plan = Plan(*writer.condition(with_single_names(node)), frozenset(writer.fields))
    return plan if _is_accepted(plan) else Plan(NONE, ALL, plan.fields)


def _is_accepted(plan: Plan) -> bool:
    """Say whether a server takes queries so large."""
    measures = [measured(plan.yes), *([] if plan.exact else [measured(plan.maybe)])]
    return sum(n for n, _ in measures) <= _MOST_CLAUSES and max(deep for _, deep in measures) <= _DEEPEST


@dataclass(slots=True)
class _Writer:
    fields: set[str] = field(default_factory=set)

    def condition(self, node: Node) -> Pair:
        match node:
            case Everything():
                return ALWAYS
            case Nothing():
                return NEVER
            case And(args):
                pairs = [self.condition(arg) for arg in args]
                return both(*(yes for yes, _ in pairs)), both(*(maybe for _, maybe in pairs))
            case Or(args):
                pairs = [self.condition(arg) for arg in args]
                return either(*(yes for yes, _ in pairs)), either(*(maybe for _, maybe in pairs))
            case Not(arg):
                yes, maybe = self.condition(arg)
                return negated(maybe), negated(yes)
            case Exists(name):
                self.fields |= {name} - PROPERTIES
                return exists(name)
            case SameAs(name, other):
                self.fields |= {name, other}
                return NONE, both(exists(name)[1], exists(other)[1])
        name = (node.field or MESSAGE) if isinstance(node, Text) else node.field
        if name not in PROPERTIES or name == MESSAGE:
            self.fields.add(name)
        return leaf(name, node)
