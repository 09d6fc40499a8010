"""The rules as people handle them: list, read, switch on and off, try on an event, see what is wrong."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.core.detection import Clause, RuleKind
from tocsin.core.errors import ContentError, Location, NotFoundError, Problem
from tocsin.core.event import Event
from tocsin.detect.anatomy import Condition, anatomy_of
from tocsin.detect.budget import Admission
from tocsin.detect.builtin import DEFAULT_LEVEL, indicator_rule, level_rule
from tocsin.detect.correlation import Linked
from tocsin.detect.cost import RuleCost
from tocsin.detect.engine import DetectStatus
from tocsin.detect.explain import Explanation
from tocsin.detect.loader import Edit, Loaded, load_folders, read_text
from tocsin.detect.mutes import Mute, MuteService
from tocsin.detect.rule import WatchRule
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.tables import RuleEditRow, RuleRow
from tocsin.detect.versions import Versions


@dataclass(frozen=True, slots=True)
class RuleState:
    """A rule with its switch and figures."""

    rule: WatchRule
    enabled: bool
    matches: int
    silenced: int
    withdrawn: int
    last_match_at: int | None
    cost: RuleCost
    edited: bool = False
    """Its text was saved here and stands in the place of a file's, or has no file."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule says about one event."""

    matched: bool
    clauses: tuple[Clause, ...]
    anatomy: Condition
    """Every condition of the rule, as it holds for the event or does not."""


class RuleBook:
    """Reads the folders of rules and makes the set the engine runs."""

    def __init__(
        self, folders: Sequence[Path], *, level: int = DEFAULT_LEVEL, cache: Path | None = None
    ) -> None:
        """`cache` is a folder where Sigma rules are kept as they were understood, for the next start."""
        self._cache = cache
        self._folders = tuple(folders)
        self._level = level
        self.problems: tuple[Problem, ...] = ()
        self.shadowed: Mapping[str, WatchRule] = {}
        """The rules of files in whose place an edit stands."""
        self.edited: frozenset[str] = frozenset()
        """Rules whose text was saved here."""

    def read(self, tx: Session) -> RuleSet:
        """Return the rules as they are now, with edits and the operator's switches; keeps the problems."""
        rows = list(tx.scalars(select(RuleEditRow)))
        loaded = self._load([Edit(row.rule_id, label_of(row), row.text) for row in rows])
        self.shadowed = loaded.shadowed
        self.edited = frozenset(row.rule_id for row in rows)
        self.problems = (*loaded.problems, *_outdated(rows, loaded.shadowed))
        return assemble(loaded.rules, _switches(tx), loaded.correlations, level=self._level)

    def preview(self, tx: Session, edit: Edit) -> RuleSet:
        """Return the rules as they would be with an edit, which is on; changes nothing.

        Raises `ContentError` when the edit would not be in force.
        """
        rows = tx.scalars(select(RuleEditRow).where(RuleEditRow.rule_id != edit.rule_id))
        loaded = self._load([*(Edit(row.rule_id, label_of(row), row.text) for row in rows), edit])
        if edit.rule_id not in {rule.id for rule in loaded.rules}:
            problem = next((each for each in loaded.problems if each.location.path == edit.path), None)
            reason = problem.reason if problem else "the rule would not be in force"
            raise ContentError(reason, location=problem.location if problem else Location(edit.path))
        switches = _switches(tx) | {edit.rule_id: True}
        return assemble(loaded.rules, switches, loaded.correlations, level=self._level)

    def _load(self, edits: Sequence[Edit]) -> Loaded:
        return load_folders(self._folders, cache_folder=self._cache, edits=edits)


def label_of(row: RuleEditRow) -> str:
    """Return where problems of an edit are said to be: its file, or a label."""
    return row.path or f"saved/{row.rule_id}.yml"


def _switches(tx: Session) -> dict[str, bool]:
    rows = tx.scalars(select(RuleRow).where(RuleRow.enabled.is_not(None)))
    return {row.rule_id: bool(row.enabled) for row in rows}


def _outdated(rows: Sequence[RuleEditRow], shadowed: Mapping[str, WatchRule]) -> list[Problem]:
    """Name the edits whose file has changed since: nobody shall miss what an update brought."""
    return [
        Problem(
            shadowed[row.rule_id].location,
            f"the file has changed since {row.rule_id} was edited here; the edit is in force",
            row.rule_id,
        )
        for row in rows
        if row.rule_id in shadowed and shadowed[row.rule_id].version != row.file_version
    ]


def assemble(
    rules: Sequence[WatchRule],
    switches: dict[str, bool],
    correlations: Sequence[Linked] = (),
    *,
    level: int = DEFAULT_LEVEL,
) -> RuleSet:
    """Return the rules with the built-in ones before them."""
    running = [rule for rule in rules if switches.get(rule.id, rule.enabled)]
    replaced = sorted({each for rule in running for each in rule.replaces})
    return RuleSet([level_rule(level, replaced), indicator_rule(), *rules], switches, correlations)


def switch(
    tx: Session,
    audit: AuditTrail,
    rule: WatchRule,
    actor: Actor,
    *,
    enabled: bool,
    admission: Admission | None = None,
) -> None:
    """Keep whether a rule is on, with an entry in the audit trail that says why it was admitted."""
    row = tx.get(RuleRow, rule.id)
    if row is None:
        row = RuleRow(rule_id=rule.id, matches=0, silenced=0, withdrawn=0, errors=0)
        tx.add(row)
    before = rule.enabled if row.enabled is None else row.enabled
    row.enabled = enabled
    action = "enable" if enabled else "disable"
    details = {"enabled": [before, enabled], "version": rule.version}
    details |= admission.details() if admission is not None else {}
    audit.record(tx, actor, action, kind="rule", subject=rule.id, details=details)


class RuleRunner(Protocol):
    """What evaluates the rules: the detector of a platform, or what stands for it where none runs."""

    @property
    def rules(self) -> RuleSet:
        """The rules in use."""
        ...

    @property
    def clock(self) -> Clock:
        """Where the time comes from."""
        ...

    def use(self, rules: RuleSet) -> None:
        """Go on with other rules from the next batch."""
        ...

    def cost(self, rule_id: str) -> RuleCost:
        """Return what a rule has cost this process."""
        ...

    def status(self) -> DetectStatus:
        """Return how far behind the log detection is now."""
        ...


class RuleService:
    """What the API and the command line do with rules. Thread safe."""

    def __init__(self, book: RuleBook, detector: RuleRunner, database: Database, audit: AuditTrail) -> None:
        self._book = book
        self._detector = detector
        self._database = database
        self._audit = audit
        self._lock = threading.Lock()
        self._mutes = MuteService(detector.clock, audit)
        self.versions = Versions(detector.clock)

    def reload(self) -> tuple[Problem, ...]:
        """Read the rules again and run the result from the next batch; returns what was refused.

        Texts of files that are new or changed are kept as versions.
        """
        with self._lock:
            with self._database.read() as tx:
                rules = self._book.read(tx)
            self._detector.use(rules)
            self.note_versions()
            return self._book.problems

    def note_versions(self) -> None:
        """Keep the texts in use that are not kept yet as versions."""
        with self._database.read() as tx:
            unseen = self.versions.unseen(tx, self._detector.rules.all)
        if unseen:
            with self._database.write() as tx:
                self.versions.note(tx, unseen)

    @property
    def clock(self) -> Clock:
        """Where the time comes from."""
        return self._detector.clock

    @property
    def book(self) -> RuleBook:
        """Where the rules are read from."""
        return self._book

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong when the folders were last read."""
        return self._book.problems

    @property
    def rules(self) -> RuleSet:
        """The rules in use."""
        return self._detector.rules

    def status(self) -> DetectStatus:
        """Return how far detection is behind the log."""
        return self._detector.status()

    def list(self, tx: Session) -> Sequence[RuleState]:
        """Return every rule in the order it is evaluated."""
        rows = {row.rule_id: row for row in tx.scalars(select(RuleRow))}
        rules = self._detector.rules
        return [self._state(rules, rule, rows.get(rule.id)) for rule in rules.by_id.values()]

    def get(self, tx: Session, rule_id: str) -> RuleState:
        """Return one rule; raises `NotFoundError`."""
        return self._state(self._detector.rules, self._find(rule_id), tx.get(RuleRow, rule_id))

    def set_enabled(
        self,
        tx: Session,
        rule_id: str,
        enabled: bool,
        actor: Actor,
        admission: Admission | None = None,
    ) -> None:
        """Keep the operator's choice; call `reload` once it is committed. Raises `NotFoundError`.

        `admission` says why a rule may be switched on; it is kept in the audit trail.
        """
        switch(tx, self._audit, self._find(rule_id), actor, enabled=enabled, admission=admission)

    def silence(
        self, tx: Session, rule_id: str, actor: Actor, *, span: int, group_key: str = "", reason: str = ""
    ) -> Mute:
        """Keep a rule, or one key of it, quiet for `span` microseconds. Raises `NotFoundError`."""
        self._detector.rules.check_name(rule_id)
        return self._mutes.mute(tx, rule_id, actor, span=span, group_key=group_key, reason=reason)

    def unsilence(self, tx: Session, rule_id: str, actor: Actor, *, group_key: str = "") -> None:
        """Lift a silence. Raises `NotFoundError` when there is none."""
        if not self._mutes.lift(tx, rule_id, group_key, actor):
            raise NotFoundError(f"rule {rule_id!r} has no such silence")

    def silences(self, tx: Session, rule_id: str | None = None) -> Sequence[Mute]:
        """Return the silences in force, of one rule or of all."""
        return self._mutes.list(tx, rule_id)

    def test(self, text: str, event: Event, kind: RuleKind | None = None) -> Trial:
        """Try a rule's text on an event; raises `ContentError` when it is refused or of another kind.

        A rule that counts is asked whether it would count this event.
        """
        rule = read_text("rule", text).rule
        if kind is not None and rule.kind != kind:
            raise ContentError(f"this is a rule of kind {rule.kind}, not {kind}", location=rule.location)
        matched = rule.matches(event)
        clauses = Explanation(rule.node).clauses(event) if matched else ()
        return Trial(matched, clauses, anatomy_of(rule.node, event))

    def _find(self, rule_id: str) -> WatchRule:
        rule = self._detector.rules.by_id.get(rule_id)
        if rule is None:
            raise NotFoundError(f"there is no rule {rule_id!r}")
        return rule

    def _state(self, rules: RuleSet, rule: WatchRule, row: RuleRow | None) -> RuleState:
        cost = self._detector.cost(rule.id)
        enabled, edited = rules.is_enabled(rule), rule.id in self._book.edited
        if row is None:
            return RuleState(rule, enabled, 0, 0, 0, None, cost, edited)
        return RuleState(
            rule, enabled, row.matches, row.silenced, row.withdrawn, row.last_match_at, cost, edited
        )
