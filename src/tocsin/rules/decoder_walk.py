"""A plain walk of the decoders that notes what was tried and why it failed.

It takes the decoders one by one where the engine has an index, and must come to the same one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from tocsin.decode.markup import Element, MarkupError
from tocsin.decode.model import Decoder
from tocsin.decode.naming import readable
from tocsin.decode.reader import read_files, read_roots
from tocsin.decode.subject import Subject
from tocsin.rules.reach import reach_of

_NEAR = 6
"""A decoder of which so many characters of the pattern match is worth a look."""


class DecoderStep(msgspec.Struct, frozen=True):
    """A decoder that was tried."""

    name: str
    file: str
    line: int
    child: bool
    outcome: Literal["selected", "read", "failed"]
    """`selected`: its condition holds; `read`: it took part in reading fields; `failed`: see `clause`."""
    clause: Literal["", "program_name", "prematch", "regex"] = ""
    """What did not match."""
    pattern: str = ""
    matched: str = ""
    """The beginning of the pattern that still matches."""
    wanted: str = ""
    """What the pattern asks for there."""
    near: bool = False
    """Whether it is worth a look: it was selected, or failed late."""


@dataclass(slots=True)
class _Chain:
    """A decoder among a root's children."""

    decoder: Decoder
    goes_on: bool = False


@dataclass(slots=True)
class _Root:
    decoder: Decoder
    children: list[_Chain] = field(default_factory=list)


class DecoderWalk:
    """Walks the decoders of some files. Not thread safe."""

    def __init__(self, paths: Sequence[Path]) -> None:
        read, _ = read_files(paths)
        self._roots = [_Root(decoder) for decoder in read if not decoder.parents]
        for decoder in read:
            for root in self._roots if decoder.parents else ():
                if root.decoder.name == decoder.parents[0]:
                    _append(root, decoder)
        self._elements: dict[str, dict[int, Element]] = {}

    def steps(self, subject: Subject) -> Iterator[DecoderStep]:
        """Yield what is tried on a pre-decoded subject, in order."""
        log, low = subject.log, subject.low
        program = subject.program
        for root in self._roots:
            decoder = root.decoder
            if bool(decoder.program) != bool(program):
                continue
            if decoder.program and not decoder.program.test(program, program.lower()):
                yield self._failed(decoder, "program_name", program)
                continue
            rest = 0
            if decoder.prematch is not None:
                found = decoder.prematch.find(log, low)
                if found is None:
                    yield self._failed(decoder, "prematch", log, near=_is_choosy(decoder))
                    continue
                rest = found[1]
            yield self._step(decoder, "selected")
            yield from self._children(root, subject, rest)
            return

    def _children(self, root: _Root, subject: Subject, rest: int) -> Iterator[DecoderStep]:
        if not root.children:
            yield from self._read(root.decoder, subject, rest if root.decoder.offset else 0)
            return
        index, at = 0, -1
        while index < len(root.children):
            decoder = root.children[index].decoder
            if decoder.prematch is None:
                at = rest
                break
            start = rest if decoder.prematch_after_parent else 0
            found = decoder.prematch.find(subject.log, subject.low, start)
            if found is not None:
                at = found[1]
                yield self._step(decoder, "selected")
                break
            yield self._failed(decoder, "prematch", subject.log[start:], near=True)
            while root.children[index].goes_on:
                index += 1
            index += 1
        if at >= 0:
            yield from self._chain(root, index, subject, (rest, at))

    def _chain(
        self, root: _Root, index: int, subject: Subject, rests: tuple[int, int]
    ) -> Iterator[DecoderStep]:
        rest, at = rests
        starts = {"": 0, "after_parent": rest, "after_prematch": at, "after_regex": at}
        for child in root.children[index:]:
            decoder = child.decoder
            if decoder.regex is None and decoder.json is None and decoder.plugin is None:
                return
            start = starts[decoder.offset]
            if decoder.regex is not None:
                found = decoder.regex.find(subject.log, subject.low, start)
                if found is not None:
                    starts["after_regex"] = found[1]
            yield from self._read(decoder, subject, start)
            if not child.goes_on:
                return

    def _read(self, decoder: Decoder, subject: Subject, start: int) -> Iterator[DecoderStep]:
        if decoder.regex is not None and decoder.regex.find(subject.log, subject.low, start) is None:
            yield self._failed(decoder, "regex", subject.log[start:], near=True)
        elif decoder.regex is not None or decoder.json is not None or decoder.plugin is not None:
            yield self._step(decoder, "read")

    def _step(self, decoder: Decoder, outcome: Literal["selected", "read"]) -> DecoderStep:
        name, child = readable(decoder.inner_name), bool(decoder.parents)
        return DecoderStep(name, decoder.path, decoder.line, child, outcome, near=True)

    def _failed(
        self,
        decoder: Decoder,
        clause: Literal["program_name", "prematch", "regex"],
        text: str,
        *,
        near: bool = False,
    ) -> DecoderStep:
        pattern, dialect = self._pattern(decoder, clause)
        reach = reach_of(pattern, dialect, text)
        return DecoderStep(
            name=readable(decoder.inner_name),
            file=decoder.path,
            line=decoder.line,
            child=bool(decoder.parents),
            outcome="failed",
            clause=clause,
            pattern=readable(pattern),
            matched=readable(reach.matched) if reach else "",
            wanted=readable(reach.wanted) if reach else "",
            near=near or (clause == "prematch" and reach is not None and len(reach.matched) >= _NEAR),
        )

    def _pattern(self, decoder: Decoder, clause: str) -> tuple[str, str]:
        element = self._element(decoder)
        if element is None:
            return "", "pcre2"  # the file has changed since it was read: there is no text to show
        given = list(element.each(clause))
        types = [child.attributes["type"] for child in given if child.attributes.get("type")]
        default = "osmatch" if clause == "program_name" else "osregex"
        return "".join(child.text for child in given), types[-1] if types else default

    def _element(self, decoder: Decoder) -> Element | None:
        if decoder.path not in self._elements:
            try:
                roots = read_roots(Path(decoder.path))
            except (MarkupError, OSError):
                roots = []
            self._elements[decoder.path] = {element.line: element for element in roots}
        return self._elements[decoder.path].get(decoder.line)


def _is_choosy(decoder: Decoder) -> bool:
    """Whether the decoder is for certain programs, so that it was meant for this line."""
    return decoder.program is not None and not decoder.program.test("", "")


def _append(root: _Root, decoder: Decoder) -> None:
    for other in root.children:
        if other.decoder.inner_name == decoder.inner_name:
            other.goes_on = True
    root.children.append(_Chain(decoder))
