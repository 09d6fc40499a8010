"""OS_Match: alternatives of plain text with `^` and `$`, ignoring ASCII case. No escapes at all."""

from __future__ import annotations

from tocsin.decode.dialect import Pattern, quoted


class OSMatch(Pattern):
    """A compiled pattern: texts that stand inside, at the start, at the end, or are the whole."""

    __slots__ = ("_always", "_ends", "_inside", "_starts", "_values")

    def __init__(self, parts: list[tuple[str, bool, bool]], *, negated: bool) -> None:
        texts = tuple(text for text, _, _ in parts)
        whole = all(start and end for _, start, end in parts)
        known = not negated and all(texts)
        self._always = ("", False, False) in parts
        super().__init__(
            literals=texts if known else None,
            equals=texts if whole and not negated else None,
            expression=None if self._always else "|".join(_expression(part) for part in parts),
            inverted=negated,
        )
        self._inside = tuple(text for text, start, end in parts if not start and not end)
        self._starts = tuple(text for text, start, end in parts if start and not end)
        self._ends = tuple(text for text, start, end in parts if end and not start)
        self._values = frozenset(text for text, start, end in parts if start and end)

    def test(self, text: str, low: str) -> bool:  # noqa: ARG002  # every dialect is asked alike
        """Return whether the text matches."""
        return self._holds(low) != self.inverted

    def _holds(self, low: str) -> bool:
        for text in self._inside:
            if text in low:
                return True
        if self._starts and low.startswith(self._starts):
            return True
        if self._values and low in self._values:
            return True
        return bool(self._ends) and low.endswith(self._ends)


def compile_osmatch(pattern: str) -> OSMatch:
    """Compile a pattern; every text is a valid one."""
    negated = pattern.startswith("!")
    return OSMatch([_part(part) for part in pattern[negated:].split("|")], negated=negated)


def _part(part: str) -> tuple[str, bool, bool]:
    start = part.startswith("^")
    text = part[start:]
    end = text.endswith("$")
    return _lower(text[:-1] if end else text), start, end


def _lower(text: str) -> str:
    return text.encode("latin-1", "replace").lower().decode("latin-1")


def _expression(part: tuple[str, bool, bool]) -> str:
    text, start, end = part
    return ("^" if start else "") + quoted(text) + ("\\z" if end else "")
