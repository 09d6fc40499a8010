"""Decoding and the walk of the rule tree as the specification tells them: no index, slow and obvious.

Patterns and single conditions are the product's own; what is told again here is which of them are
asked, in which order, and of which part of the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin.decode.jsondoc import parse_object, put_document
from tocsin.decode.model import Decoder
from tocsin.decode.patterns import lower
from tocsin.decode.subject import Subject
from tocsin.rules.model import Rule

Outcome = int | list[Any] | None
"""The id of the rule that is the verdict, or what memory must decide between as `[id, inner]`."""


class PlainDecoders:
    """Decoders as read from files, run one after the other."""

    def __init__(self, decoders: Sequence[Decoder]) -> None:
        self._roots = [decoder for decoder in decoders if not decoder.parents]
        self._children: dict[int, list[Decoder]] = {id(root): [] for root in self._roots}
        for child in decoders:
            parents = [root for root in self._roots if child.parents and root.name == child.parents[0]]
            if parents and all(_fits(child, self._children[id(root)]) for root in parents):
                for root in parents:
                    self._children[id(root)].append(child)

    def run(self, subject: Subject) -> None:
        """Find the subject's decoder and read its fields."""
        for root in self._roots:
            if bool(root.program) != bool(subject.program):
                continue
            if root.program and not root.program.test(subject.program, lower(subject.program)):
                continue
            rest = 0
            if root.prematch is not None:
                found = root.prematch.find(subject.log, lower(subject.log))
                if found is None:
                    continue
                rest = found[1]
            self._run_root(root, subject, rest)
            return

    def _run_root(self, root: Decoder, subject: Subject, rest: int) -> None:
        _select(root, root.name, subject)
        children = self._children[id(root)]
        if not children:
            _read(root, subject, rest if root.offset else 0)
            return
        index, at = 0, -1
        while index < len(children) and at < 0:
            child = children[index]
            if child.prematch is None:
                at = rest
                break
            start = rest if child.prematch_after_parent else 0
            text = subject.log[start:]
            found = child.prematch.find(text, lower(text))
            if found is not None:
                at = start + found[1]
                subject.parent = root.name
                _select(child, child.name if child.own_name else root.name, subject)
                break
            while _goes_on(children, index):
                index += 1
            index += 1
        if at >= 0:
            _run_chain(children, index, subject, rest, at)


def _run_chain(children: list[Decoder], index: int, subject: Subject, rest: int, at: int) -> None:
    after_regex = at
    while True:
        child = children[index]
        if child.regex is None and child.json is None and child.plugin is None:
            return
        start = {"": 0, "after_parent": rest, "after_prematch": at, "after_regex": after_regex}[child.offset]
        end = _read(child, subject, start)
        after_regex = end if end is not None else after_regex
        if not _goes_on(children, index):
            return
        index += 1


def _fits(child: Decoder, siblings: list[Decoder]) -> bool:
    if not any(other.inner_name == child.inner_name for other in siblings):
        return child.offset != "after_regex"
    reads = child.regex is not None or child.json is not None or child.plugin is not None
    return reads and child.prematch is None and not child.fts


def _goes_on(children: list[Decoder], index: int) -> bool:
    """Whether a later child has the same name, so that this one has the continue flag."""
    return any(other.inner_name == children[index].inner_name for other in children[index + 1 :])


def _select(decoder: Decoder, name: str, subject: Subject) -> None:
    subject.decoder, subject.category, subject.fts = name, decoder.category, decoder.fts


def _read(decoder: Decoder, subject: Subject, start: int) -> int | None:
    text = subject.log[start:]
    if decoder.json is not None:
        try:
            put_document(subject, parse_object(text.encode("latin-1")), decoder.json)
        except ValueError:
            return None
        return None
    if decoder.plugin is not None:
        decoder.plugin(subject, start)
        return None
    found = decoder.regex.find(text, lower(text)) if decoder.regex is not None else None
    if found is None:
        return None
    for target, value in zip(decoder.targets, found[0], strict=False):
        subject.put(target, value)
    return start + found[1]


def plain_walk(rules: Sequence[Rule], subject: Subject) -> Outcome:
    """Try rules in order; the first child that holds wins over its parent."""
    open_ones: list[Any] = []
    for rule in rules:
        if rule.decoded_as not in (None, subject.decoder) or not all(test(subject) for test in rule.tests):
            continue
        inner = plain_walk(rule.children, subject)
        if not rule.guarded:
            if inner is None and rule.noalert:
                continue
            if not open_ones and not isinstance(inner, list):
                return rule.id if inner is None else inner
        open_ones.append([rule.id, [[inner, []]] if isinstance(inner, int) else inner or []])
        if not rule.guarded and not rule.noalert:
            break
    return open_ones or None
