"""What words a condition needs: pieces of words without which no message can fulfil it.

For an index of the words of messages, which uses them to leave out most messages before the condition itself
is tested. Where nothing certain can be said of a condition, nothing is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.core.fields import MESSAGE
from tocsin.query.patterns import ANY, SINGLE, parse_wildcard, words_of
from tocsin.query.tree import And, Node, Nothing, Or, Text, Wildcard
from tocsin.query.values import fold


@dataclass(frozen=True, slots=True)
class Fragment:
    """A word of the message in lower case; where it is open, the word may go on."""

    text: str
    open_left: bool = False
    open_right: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it is a word as it stands."""
        return not (self.open_left or self.open_right)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of the parts is needed."""

    parts: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the parts is needed; without parts nothing fulfils the condition."""

    parts: tuple[Need, ...]


Need = Fragment | AllOf | AnyOf


def need_of(node: Node) -> Need | None:
    """Return what the message of every event that a condition selects must hold; None when nothing is known.

    `node` has one name in each condition; see `tree.with_single_names`.
    """
    match node:
        case Nothing():
            return AnyOf(())
        case And(args):
            parts = [need for arg in args if (need := need_of(arg)) is not None]
            return AllOf(tuple(parts)) if parts else None
        case Or(args):
            needs = [need_of(arg) for arg in args]
            kept = [need for need in needs if need is not None]
            return AnyOf(tuple(kept)) if len(kept) == len(needs) else None
        case Text(text, field) if field in {None, MESSAGE}:
            words = words_of(text)
            return AllOf(tuple(map(Fragment, dict.fromkeys(words)))) if words else AnyOf(())
        case Wildcard(field, pattern, cased) if field == MESSAGE:
            fragments = _of_wildcard(pattern, cased=cased)
            return AllOf(tuple(fragments)) if fragments else None
    return None


_SEGMENT = re.compile(r"[0-9a-z_\u0080-\U0010ffff]+")
"""Letters, digits and `_`, and all beyond ASCII, of which only the database knows what is a letter."""


def _of_wildcard(pattern: str, *, cased: bool) -> list[Fragment]:
    pieces = parse_wildcard(pattern)
    found: list[Fragment] = []
    for place, piece in enumerate(pieces):
        if piece is ANY or piece is SINGLE or piece is None:
            continue
        if cased and not piece.isascii():
            continue
        text = fold(piece)
        for segment in _SEGMENT.finditer(text):
            # Texts that are not ASCII may be cut or folded otherwise: they are not relied on.
            if segment[0].isascii():
                left = segment.start() == 0 and place > 0
                right = segment.end() == len(text) and place < len(pieces) - 1
                found.append(Fragment(segment[0], left, right))
    return list(dict.fromkeys(found))
