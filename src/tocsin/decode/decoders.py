"""The decoders of a ruleset, linked and ready to run over a pre-decoded line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tocsin.core.errors import Location, Problem
from tocsin.decode.jsondoc import JSONOptions, parse_object, put_document
from tocsin.decode.model import Child, Decoder, Root
from tocsin.decode.patterns import Pattern
from tocsin.decode.reader import read_files
from tocsin.decode.scan import UNKNOWN, Candidates, LogScan, telling
from tocsin.decode.subject import Subject

FEW_CHILDREN = 6
"""So many children of a root that have prematches are asked one by one."""
_REMEMBERED_PROGRAMS = 10_000


class Decoders:
    """Two lists of roots, with and without a program name, in load order. Thread safe."""

    def __init__(self, decoders: Iterable[Decoder]) -> None:
        self.problems: list[Problem] = []
        self._with_program: list[Root] = []
        self._without_program: list[Root] = []
        children: list[Decoder] = []
        self.names: set[str] = set()
        for decoder in decoders:
            if decoder.parents:
                children.append(decoder)
            else:
                (self._with_program if decoder.program else self._without_program).append(Root(decoder))
                self.names.add(decoder.name)
        self._link(self._roots_in_order(), children)
        self._by_program: dict[str, tuple[Root, ...]] = {}
        self.use(LogScan())

    def patterns(self) -> tuple[list[Pattern], list[Pattern]]:
        """Return the prematches that are asked of whole logs only, and those asked of parts of a log.

        What reads fields is not among them: few of those are tried, and most of them match.
        """
        whole: list[Pattern] = []
        parts: list[Pattern] = []
        for decoder, prematch in self._scanned():
            (parts if decoder.prematch_after_parent else whole).append(prematch)
        return whole, parts

    def _scanned(self) -> Iterator[tuple[Decoder, Pattern]]:
        """Yield the prematches that logs shall be scanned for, which costs something wherever one matches.

        Children are asked of the few logs that their root knows. When they are few themselves, or have no
        literal that narrows down where they match, asking them one by one costs less.
        """
        for root in self._roots_in_order():
            if root.decoder.prematch is not None:
                yield root.decoder, root.decoder.prematch
            decoders = (child.decoder for child in root.children)
            asked = [(one, one.prematch) for one in decoders if one.prematch is not None]
            if len(asked) > FEW_CHILDREN:
                yield from (pair for pair in asked if telling(pair[1]))

    def limits(self) -> list[Problem]:
        """Return which decoders look at the beginning of a long text only, and how often that happened."""
        return [
            Problem(Location(decoder.path, decoder.line), reason, decoder.inner_name)
            for decoder in self._all()
            for pattern in (decoder.prematch, decoder.regex)
            if pattern is not None and (reason := limit_of(pattern))
        ]

    def use(self, scan: LogScan) -> None:
        """Let one pass over each log tell which decoders can match it; not while others run them."""
        self._scan = scan
        for decoder in self._all():
            if decoder.prematch is not None:
                whole = not decoder.prematch_after_parent
                atom, decoder.prematch_decided = scan.atom(decoder.prematch, whole=whole)
                decoder.prematch_atom = None if atom == UNKNOWN else atom
        roots = self._without_program
        atoms = [root.decoder.prematch_atom for root in roots]
        self._candidates = Candidates(roots, [UNKNOWN if atom is None else atom for atom in atoms])

    def _roots_in_order(self) -> list[Root]:
        return [*self._with_program, *self._without_program]

    def _all(self) -> Iterator[Decoder]:
        for root in self._roots_in_order():
            yield root.decoder
            yield from (child.decoder for child in root.children)

    def _link(self, roots: Sequence[Root], children: Sequence[Decoder]) -> None:
        by_name: dict[str, list[Root]] = {}
        for root in roots:
            by_name.setdefault(root.decoder.name, []).append(root)
        for child in children:
            parents = by_name.get(child.parents[0], [])
            reason = "" if parents else f"no decoder without parent is named {child.parents[0]!r}"
            reason = reason or next(filter(None, (_misplaced(child, root) for root in parents)), "")
            if reason:
                self.problems.append(Problem(Location(child.path, child.line), reason, child.inner_name))
                continue
            for root in parents:
                _append(root, child)
            child.name = child.inner_name if child.own_name else child.parents[0]
            self.names.add(child.name)
        for root in roots:
            _plan(root)

    def run(self, subject: Subject) -> None:
        """Find the decoder of a pre-decoded subject and read its fields; the subject keeps both."""
        hits: set[Any] = self._scan.hits(subject.log)  # of objects: as numbers each would be made anew
        subject.hits = hits
        for root in self._roots(subject, hits):
            decoder = root.decoder
            prematch, atom = decoder.prematch, decoder.prematch_atom
            if prematch is None:
                _run_root(root, subject, 0, hits)
                return
            if atom is not None and atom not in hits:
                continue
            if decoder.prematch_decided and not root.rest_matters:
                _run_root(root, subject, 0, hits)
                return
            found = prematch.find(subject.log, subject.low)
            if found is not None:
                _run_root(root, subject, found[1], hits)
                return

    def _roots(self, subject: Subject, hits: set[int]) -> Sequence[Root]:
        program = subject.program
        if not program:
            return self._candidates.of(hits)
        known = self._by_program.get(program)
        if known is None:
            low = program.lower()
            known = tuple(
                r for r in self._with_program if r.decoder.program and r.decoder.program.test(program, low)
            )
            if len(self._by_program) >= _REMEMBERED_PROGRAMS:
                self._by_program.clear()
            self._by_program[program] = known
        return known


def limit_of(pattern: Pattern) -> str:
    """Return what keeps a pattern from taking time without bound, for the few that need it, else nothing."""
    bound, cut = pattern.limited()
    if not bound:
        return ""
    seen = f"only the first {bound} bytes of a text are matched"
    return f"{seen}; {cut} texts were longer" if cut else seen


def load_decoders(paths: Iterable[Path]) -> tuple[Decoders, list[Problem]]:
    """Read and link decoder files (in the order given); returns what was refused beside them."""
    read, problems = read_files(paths)
    decoders = Decoders(read)
    return decoders, [*problems, *decoders.problems]


def _misplaced(child: Decoder, root: Root) -> str:
    same = [other.decoder for other in root.children if other.decoder.inner_name == child.inner_name]
    if not same:
        return (
            "offset after_regex needs an earlier sibling of the same name"
            if child.offset == "after_regex"
            else ""
        )
    if child.prematch is not None or child.fts:
        return "a further decoder of the same name cannot have <prematch> or <fts>"
    if child.regex is None and child.json is None and child.plugin is None:
        return "a further decoder of the same name needs <regex> or a plugin"
    return ""


def _append(root: Root, decoder: Decoder) -> None:
    for other in root.children:
        if other.decoder.inner_name == decoder.inner_name:
            other.goes_on = True
    root.children.append(Child(decoder))


def _plan(root: Root) -> None:
    for index, child in enumerate(root.children):
        end = index
        while root.children[end].goes_on:
            end += 1
        child.next_if_unmatched = end + 1
        chain = [one.decoder for one in root.children[index : end + 1]]
        child.rest_matters = any(one.offset in ("after_prematch", "after_regex") for one in chain)
    if root.children:
        root.rest_matters = _rest_matters(root)


def _rest_matters(root: Root) -> bool:
    """Whether a child reads from where the root's prematch ends."""
    decoders = [child.decoder for child in root.children]
    if any(one.prematch_after_parent or one.offset == "after_parent" for one in decoders):
        return True
    index = 0
    while index < len(root.children):
        child = root.children[index]
        if child.decoder.prematch is None:
            return child.rest_matters  # for want of a prematch of its own it reads behind the root's
        index = child.next_if_unmatched
    return False


def _run_root(root: Root, subject: Subject, rest: int, hits: set[Any]) -> None:
    _select(subject, root.decoder)
    if not root.children:
        _read(root.decoder, subject, rest if root.decoder.offset else 0)
        return
    index, at, count = 0, -1, len(root.children)
    log, low = subject.log, subject.low
    while index < count:
        child = root.children[index]
        decoder = child.decoder
        prematch, atom = decoder.prematch, decoder.prematch_atom
        if prematch is None:
            at = rest
            break
        if atom is None or atom in hits:
            at = _end_of_prematch(child, log, low, rest)
        if at >= 0:
            subject.parent = root.decoder.name
            _select(subject, decoder)
            break
        index = child.next_if_unmatched
    if at >= 0:
        _run_chain(root.children, index, subject, (rest, at))


def _end_of_prematch(child: Child, log: str, low: str, rest: int) -> int:
    """Return where the text behind a child's prematch begins, or -1 when it does not match."""
    decoder = child.decoder
    if decoder.prematch is None or (decoder.prematch_decided and not child.rest_matters):
        return 0
    found = decoder.prematch.find(log, low, rest if decoder.prematch_after_parent else 0)
    return -1 if found is None else found[1]


def _run_chain(children: Sequence[Child], index: int, subject: Subject, rests: tuple[int, int]) -> None:
    """Read with the selected child and with those that follow it while they go on.

    `rests` is where the rest begins behind the root's prematch and behind the child's.
    """
    behind_parent, behind_prematch = rests
    behind_regex = behind_prematch
    while index < len(children):
        child = children[index]
        decoder = child.decoder
        if decoder.regex is None and decoder.json is None and decoder.plugin is None:
            return
        offset, start = decoder.offset, 0
        if offset:
            start = behind_regex if offset == "after_regex" else behind_prematch
            if offset == "after_parent":
                start = behind_parent
        end = _read(decoder, subject, start)
        if end >= 0:
            behind_regex = end
        if not child.goes_on:
            return
        index += 1


def _read(decoder: Decoder, subject: Subject, start: int) -> int:
    """Read the decoder's fields from `start` on; return where the rest begins, or -1 if nothing matched."""
    if decoder.json is not None:
        _read_json(decoder.json, subject, start)
        return -1
    if decoder.plugin is not None:
        decoder.plugin(subject, start)
        return -1
    if decoder.regex is None:
        return -1
    found = decoder.regex.find(subject.log, subject.low, start)
    if found is None:
        return -1
    values, end = found
    subject.put_all(decoder.targets, values)
    return end


def _read_json(options: JSONOptions, subject: Subject, start: int) -> None:
    document = None if start else subject.document
    if document is None:
        try:
            document = parse_object(subject.log[start:].encode("latin-1"))
        except ValueError:
            return  # malformed JSON leaves no fields, as upstream
    put_document(subject, document, options)


def _select(subject: Subject, decoder: Decoder) -> None:
    subject.decoder = decoder.name
    subject.category = decoder.category
    subject.fts = decoder.fts
    subject.accumulate = decoder.accumulate
