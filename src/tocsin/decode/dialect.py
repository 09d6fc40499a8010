"""What every compiled pattern offers, whatever its dialect."""

from __future__ import annotations

Found = tuple[tuple[str, ...], int]
"""The captured texts, and where in the text the rest begins."""


class Pattern:
    """A compiled pattern; asked with a text and the same text in ASCII lower case.

    `literals`: a text that matches holds one of them in lower case; None when nothing is known.
    `equals`: the only values that match, in lower case, where that is known.
    `expression`: a regular expression that decides the same question (ASCII case ignored, `.` is any
    byte, printable ASCII only), or the opposite one when `inverted`; None when there is none.
    `hint`: such an expression that matches wherever the pattern does, and perhaps elsewhere.
    """

    __slots__ = ("equals", "expression", "hint", "inverted", "literals")

    def __init__(
        self,
        *,
        literals: tuple[str, ...] | None = None,
        equals: tuple[str, ...] | None = None,
        expression: str | None = None,
        hint: str | None = None,
        inverted: bool = False,
    ) -> None:
        self.hint = hint
        self.literals = literals
        self.equals = equals
        self.expression = expression
        self.inverted = inverted

    def test(self, text: str, low: str) -> bool:
        """Return whether the text matches."""
        raise NotImplementedError

    def limited(self) -> tuple[int, int]:
        """Return how many bytes of a text are looked at, and how often a text was longer; 0 for all."""
        return 0, 0


class Extractor(Pattern):
    """A pattern that also captures. `groups`: how many groups it has at most."""

    __slots__ = ("groups",)

    def __init__(
        self,
        groups: int,
        *,
        literals: tuple[str, ...] | None = None,
        equals: tuple[str, ...] | None = None,
        expression: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(literals=literals, equals=equals, expression=expression, hint=hint)
        self.groups = groups

    def find(self, text: str, low: str, start: int = 0) -> Found | None:
        """Return what the pattern finds in the text from `start` on, as if nothing stood before it."""
        raise NotImplementedError


def quoted(literal: str) -> str:
    """Return an expression for the literal bytes of a text."""
    return "".join(char if char.isascii() and char.isalnum() else f"\\x{ord(char):02x}" for char in literal)
