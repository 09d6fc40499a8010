"""Why an event has the verdict it has: pre-decoding, decoders, fields, candidates, and the winner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tocsin.core.clock import SECOND
from tocsin.core.record import Kind, Record
from tocsin.decode.naming import readable
from tocsin.decode.predecode import predecode
from tocsin.decode.subject import MAX_ANALYSED_BYTES, Subject
from tocsin.rules.correlation import Correlation
from tocsin.rules.decoder_walk import DecoderStep, DecoderWalk
from tocsin.rules.lists import read_lists
from tocsin.rules.model import Rule
from tocsin.rules.rule_walk import RuleStep, RuleWalk
from tocsin.rules.ruleset import Ruleset
from tocsin.rules.sources import Sources, content_files

_MOST_EARLIER = 10_000


class Winner(msgspec.Struct, frozen=True):
    """A verdict."""

    id: str
    level: int
    description: str


class Explanation(msgspec.Struct, frozen=True):
    """The way of one line through analysis."""

    line: str
    predecoded: dict[str, str]
    """`program`, `hostname`, `timestamp` as far as a header was recognised, and `log`: what is left."""
    decoder: str | None
    parent: str | None
    category: str
    """Rules of this category are candidates."""
    fields: dict[str, str]
    """What rules see."""
    decoders: tuple[DecoderStep, ...]
    rules: tuple[RuleStep, ...]
    verdict: Winner | None
    """By the engine, after memory of earlier lines had its say."""
    agrees: bool
    """Whether the walk shown ends at the engine's verdict; not so where memory lends fields."""
    decoders_left_out: int = 0
    rules_left_out: int = 0

    def interesting(self) -> Explanation:
        """Return it without what failed at once: decoders and rules of which nothing matched."""
        decoders = tuple(step for step in self.decoders if step.near)
        rules = tuple(step for step in self.rules if step.outcome != "failed" or step.held)
        return msgspec.structs.replace(
            self,
            decoders=decoders,
            rules=rules,
            decoders_left_out=len(self.decoders) - len(decoders),
            rules_left_out=len(self.rules) - len(rules),
        )


@dataclass(frozen=True, slots=True)
class _Earlier:
    """An event of the session, as far as correlations count it."""

    at: int
    rule_id: int
    agent: str
    values: dict[str, str]


class Explainer:
    """Explains lines by one ruleset; those of one explainer share memory. Not thread safe."""

    def __init__(self, ruleset: Ruleset, folders: Sequence[Path], rule_files: Sequence[Path]) -> None:
        """`folders` are those the ruleset was loaded from; files are read again to quote them."""
        self._ruleset = ruleset
        self._decoders = DecoderWalk(content_files(folders, "decoders"))
        lists, _ = read_lists(folder / "lists" for folder in folders if (folder / "lists").is_dir())
        self._rules = RuleWalk(Sources(rule_files), lists)
        self.forget()

    def forget(self) -> None:
        """Begin a new session."""
        self._memory = Correlation(self._ruleset, logtest=True)
        self._earlier: list[_Earlier] = []
        self._seq = 0

    def explain(self, line: str, *, at: int, location: str = "stdin", kind: Kind = "line") -> Explanation:
        """Return the way of a line received at an instant (microseconds); raises what analysis raises."""
        self._seq += 1
        raw = line.encode("utf-8", "surrogateescape")
        record = Record("explain", self._seq, raw, at, kind=kind, location=location)
        subject, classified = self._ruleset.examine(record)
        event = self._memory.settle([classified])[0]
        verdict = int(str(event.fields.get("rule.id", 0)))
        root = self._ruleset.tree.roots[subject.category]
        end, steps = self._rules.walk(root, subject, verdict, lambda rule: self._note(rule, subject, at))
        header = _header(raw) if kind == "line" else None
        decoders = tuple(self._decoders.steps(header)) if header is not None else ()
        self._remember(verdict, subject, at)
        return Explanation(
            line=line,
            predecoded=_predecoded(header) if header is not None else {},
            decoder=readable(subject.decoder) or None,
            parent=readable(subject.parent) or None,
            category=subject.category,
            fields={name: readable(value) for name, value in subject.values.items()},
            decoders=decoders,
            rules=tuple(steps),
            verdict=_winner(event.fields) if verdict else None,
            agrees=verdict == (end.id if end is not None else 0),
        )

    def _remember(self, verdict: int, subject: Subject, at: int) -> None:
        if verdict:
            self._earlier.append(_Earlier(at, verdict, subject.agent, dict(subject.values)))
            del self._earlier[:-_MOST_EARLIER]

    def _note(self, rule: Rule, subject: Subject, at: int) -> str:
        """Say what a rule asks of earlier events, and what there was."""
        notes = []
        if rule.composite is not None:
            notes.append(self._counted(rule, subject, at))
        if rule.first_time_only:
            notes.append("holds only the first time its values are seen")
        if rule.check_diff:
            notes.append("holds only when the text differs from the one before")
        if rule.unless_remembered:
            notes.append(f"does not hold for values remembered: {', '.join(rule.unless_remembered)}")
        if rule.ignore:
            notes.append(f"is silent for {rule.ignore // SECOND} s after it fired")
        return "; ".join(notes)

    def _counted(self, rule: Rule, subject: Subject, at: int) -> str:
        composite = rule.composite
        if composite is None:
            return ""
        listened = self._ruleset.watched.listeners
        found = [
            earlier
            for earlier in self._earlier
            if earlier.at >= at - composite.timeframe
            and any(one.rule is rule for one in listened(earlier.rule_id))
            and (composite.every_agent or earlier.agent == subject.agent)
            and all(
                name in earlier.values and earlier.values[name] == subject.values.get(name)
                for name in composite.same
            )
        ]
        needed, seconds = composite.frequency - 1, composite.timeframe // SECOND
        same = f" with the same {', '.join(composite.same)}" if composite.same else ""
        what = (
            f"rule {', '.join(map(str, sorted(composite.matched_sids)))}"
            if composite.matched_sids
            else f"group {composite.matched_group}"
        )
        return f"needs {needed} earlier events of {what} within {seconds} s{same}; there were {len(found)}"


def _header(raw: bytes) -> Subject:
    subject = Subject(raw[:MAX_ANALYSED_BYTES].decode("latin-1").rstrip("\r\n"))
    predecode(subject)
    return subject


def _predecoded(subject: Subject) -> dict[str, str]:
    parts = {
        "program": subject.program,
        "pid": subject.pid,
        "hostname": subject.hostname,
        "timestamp": subject.timestamp,
        "log": subject.log,
    }
    return {name: readable(value) for name, value in parts.items() if value}


def _winner(fields: dict[str, Any]) -> Winner:
    return Winner(str(fields["rule.id"]), int(fields["rule.level"]), str(fields["rule.description"]))
