"""The rule tree cut down to what logs alike can match.

Lines of one program come in few shapes: decoder, program and the atoms of the log repeat. What these
decide of the rules is decided once for each combination; an event is then only asked what its fields say.
Senders choose all three, so a combination is cut out at its second sight, in bounded room, and no more
often than pays.
"""

from __future__ import annotations

from tocsin.decode.subject import Subject
from tocsin.rules.entries import Entry, Level, Room
from tocsin.rules.siblings import Divided, Siblings

MAX_KNOWN = 4_096
"""So many combinations are known at a time, those seen once included."""
MAX_ATOMS = 32
MAX_PROGRAM = 64
"""A combination of more, or with a longer name, is not remembered."""
MAX_LEFT = 48
"""A level of which more rules are left is not copied: its own index serves all combinations."""
FEW = 8
"""Of up to so many rules the fields are asked one by one."""
COST = 16
"""So many events must have found a combination for another one to be cut out."""
CREDIT = MAX_KNOWN * COST
"""So many such events are granted in advance, and at most kept on the account."""
DEPTH = 2
"""So many fields divide what is left, one after the other."""


class Shortlist(Level):
    """The rules of one level that are left for one combination; cut out when they are first asked for."""

    __slots__ = ("_entries", "_hits", "_index", "_room", "_siblings")

    def __init__(self, siblings: Siblings, hits: frozenset[int], room: Room) -> None:
        self._siblings = siblings
        self._hits = hits
        self._room = room
        self._entries: list[Entry] | None = None
        self._index: Level | None = None

    def of(self, subject: Subject, hits: set[int]) -> list[Entry]:
        """Return the rules whose fields may fit as well."""
        if self._entries is not None:
            return self._entries
        if self._index is None:
            self._cut_out(subject)
            return self.of(subject, hits)
        return self._index.of(subject, hits)

    def _cut_out(self, subject: Subject) -> None:
        left = [entry for entry in self._siblings.fitting(subject) if entry.possible(self._hits)]
        if len(left) > MAX_LEFT:
            self._index = self._siblings
            return
        self._room.take()
        entries = self._joined(left, subject)
        if len(entries) > FEW:
            self._index = Divided(entries, self._room, DEPTH)
        else:
            self._entries = entries

    def _joined(self, left: list[Entry], subject: Subject) -> list[Entry]:
        """Return what is left with the levels below rules that are sure to hold joined to this one."""
        entries: list[Entry] = []
        for entry in left:
            below = entry.below
            if isinstance(below, Siblings):
                below = Shortlist(below, self._hits, self._room)
            sure = not entry.checks and not entry.guarded
            inner = below.settled(subject) if sure and isinstance(below, Shortlist) else None
            if inner is not None and not any(_waits(one) for one in entries):
                entries += inner
                below = None
                if entry.noalert:
                    continue
            entries.append(Entry(entry.rule, (), (), entry.checks, below))
            if sure and not entry.noalert:
                break  # nothing behind it is ever reached
        return entries

    def settled(self, subject: Subject) -> list[Entry] | None:
        """Return all rules that are left, if memory has no say in them and they need no index."""
        if self._entries is None and self._index is None:
            self._cut_out(subject)
        entries = self._entries
        if entries is None or any(_waits(entry) for entry in entries):
            return None
        return entries

    def waits(self) -> bool:
        """Return whether memory has a say in a rule here or further below."""
        return self._siblings.waits()


def _waits(entry: Entry) -> bool:
    return entry.guarded or (entry.below is not None and entry.below.waits())


class Shortlists(Level):
    """The first level of a tree, for each combination that repeats."""

    __slots__ = ("_credit", "_known", "_room", "_siblings")

    def __init__(self, siblings: Siblings, room: Room, credit: int = CREDIT) -> None:
        self._siblings = siblings
        self._room = room
        self._credit = credit
        self._known: dict[tuple[str, str, frozenset[int]], Shortlist | None] = {}
        room.join(self)

    def __len__(self) -> int:
        """Return how many combinations are remembered, those seen once included."""
        return len(self._known)

    def cut_out(self) -> int:
        """Return how many combinations have a list of their own."""
        return sum(1 for known in self._known.values() if known is not None)

    def forget(self) -> None:
        """Let go of all combinations."""
        self._known.clear()

    def of(self, subject: Subject, hits: set[int]) -> list[Entry]:
        """Return the rules that are left for the subject's combination."""
        key = (subject.decoder, subject.program, frozenset(hits))
        known = self._known.get(key)
        if known is None:
            known = self._met(key)
            if known is None:
                return self._siblings.of(subject, hits)
        elif self._credit < CREDIT:
            self._credit += 1
        return known.of(subject, hits)

    def _met(self, key: tuple[str, str, frozenset[int]]) -> Shortlist | None:
        """Remember a combination; return its shortlist if this is not the first sight and it pays."""
        _, program, hits = key
        if len(hits) > MAX_ATOMS or len(program) > MAX_PROGRAM:
            return None
        if key not in self._known:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = None
            return None
        if self._credit < COST:
            return None
        self._credit -= COST
        known = self._known[key] = Shortlist(self._siblings, hits, self._room)
        return known
