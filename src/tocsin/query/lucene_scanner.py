"""Reads the pieces of a Lucene query: operators, words, phrases, ranges; knows where each stands."""

from __future__ import annotations

import re

from tocsin.query.lucene_values import Bounds, Written
from tocsin.query.patterns import QueryError

_OPERATOR = re.compile(r"(AND|OR|NOT)(?=[\s()\"!+-]|$)|&&|\|\|")
_FIELD = re.compile(r"(?P<name>[A-Za-z_@](?:[\w.@-]|\\[.@:/ -])*)\s*:(?!//)")
_RANGE = re.compile(r"[\[{]\s*[^\s\]}]+\s+TO\s+[^\s\]}]+\s*[\]}]")
_COMPARISON = re.compile(r"(>=|<=|>|<)\s*")
_COMPARED_FIELD = re.compile(r"(?P<name>[A-Za-z_@][\w@-]*(\.[\w@-]+)+|@timestamp)\s*(?=[<>])")
_BOOST = re.compile(r"\^[0-9]+(\.[0-9]+)?")
_NEARNESS = re.compile(r"~[0-9.]*")
_BOUND = re.compile(r"[^\s\]}\"]+")
_SPACE = re.compile(r"\s*")
_ENDS = frozenset(' \t\r\n()"')


class Scanner:
    """A place in a query's text; every method reads on from there or leaves it where it was."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, message: str, at: int | None = None) -> QueryError:
        """Return the error that something is wrong at `at`, by default here."""
        offset = min(self.at if at is None else at, len(self.text))
        before = self.text[:offset]
        line = before.count("\n") + 1
        column = offset - (before.rfind("\n") + 1) + 1
        return QueryError(message, offset=offset, line=line, column=column)

    def skip_space(self) -> None:
        """Move on to the next character that is no white space."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def peek(self) -> str:
        """Return the next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def operator(self) -> str:
        """Return the operator that stands here (`AND`, `OR`, `NOT`; `&&` and `||` too) or nothing."""
        match = _OPERATOR.match(self.text, self.at)
        return {"&&": "AND", "||": "OR"}.get(match[0], match[0]) if match else ""

    def skip_operator(self) -> None:
        """Move behind the operator and the space after it."""
        match = _OPERATOR.match(self.text, self.at)
        self.at = match.end() if match else self.at
        self.skip_space()

    def sign(self) -> str:
        """Return `!`, `-` or `+` when one stands before a condition, else nothing."""
        letter, following = self.peek(), self.text[self.at + 1 : self.at + 2]
        if letter == "!" or (letter in ("-", "+") and following.strip()):
            return letter
        return ""

    def field(self) -> str:
        """Read a field's name and its colon; return nothing when none stands here.

        A word before `://` is no field, so that an address of a page can be typed as it is. Kibana's
        `rule.level >= 7` is read as well, for names that hold a dot.
        """
        match = _FIELD.match(self.text, self.at) or _COMPARED_FIELD.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        self.skip_space()
        return match["name"].replace("\\", "")

    def is_range(self) -> bool:
        """Say whether `[a TO b]` stands here, whole."""
        return _RANGE.match(self.text, self.at) is not None

    def skip_boost(self) -> None:
        """Move behind a boost such as `^2`: it orders results, and these are ordered by time."""
        match = _BOOST.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def word(self, *, plain_tilde: bool = False) -> Written:
        """Read up to white space, a bracket or a quote; `*` and `?` without a backslash are wildcards.

        With `plain_tilde` a `~` at the end is part of the word, as in the identifiers of events.
        """
        start = self.at
        plain: list[str] = []
        wild = False
        while (letter := self.peek()) and letter not in _ENDS:
            if letter == "\\":
                self.at += 1
                letter = self.peek()
                if not letter:
                    raise self.error("a \\ at the end takes nothing literally: write \\\\", self.at - 1)
            elif plain and letter in ("^" if plain_tilde else "^~") and self._suffix_ends():
                break
            else:
                wild = wild or letter in "*?"
            plain.append(letter)
            self.at += 1
        raw = self.text[start : self.at]
        if plain_tilde:
            self.skip_boost()
        else:
            self._skip_suffix(start)
        return Written("".join(plain), raw if wild else None)

    def _suffix_ends(self) -> bool:
        """Say whether a boost or a nearness stands here and the word ends with it."""
        match = _BOOST.match(self.text, self.at) or _NEARNESS.match(self.text, self.at)
        following = "" if match is None else self.text[match.end() : match.end() + 1]
        return match is not None and (not following or following in _ENDS or following == "^")

    def _skip_suffix(self, start: int) -> None:
        if self.peek() == "~":
            reason = "words that are like this one (~) are not looked for: remove it, or write \\~"
            raise self.error(reason, start)
        self.skip_boost()

    def quoted(self) -> Written:
        r"""Read a phrase; `\` before a letter or digit stands for itself, so that paths can be pasted."""
        start = self.at
        plain: list[str] = []
        self.at += 1
        while (letter := self.peek()) != '"':
            if not letter:
                raise self.error('this " is never closed', start)
            following = self.text[self.at + 1 : self.at + 2]
            if letter == "\\" and following and not following.isalnum():
                self.at += 1
                letter = following
            plain.append(letter)
            self.at += 1
        self.at += 1
        if self.peek() == "~":
            raise self.error("words that stand near each other (~) are not looked for: remove it")
        self.skip_boost()
        return Written("".join(plain), quoted=True)

    def regex(self) -> str | None:
        """Read `/pattern/`; None, and nothing read, when it is a path such as `/var/log`."""
        place = self.at + 1
        while place < len(self.text) and self.text[place] != "/":
            place += 2 if self.text[place] == "\\" else 1
        following = self.text[place + 1 : place + 2]
        if place >= len(self.text) or (following and following not in " \t\r\n)"):
            return None
        pattern = self.text[self.at + 1 : place].replace("\\/", "/")
        self.at = place + 1
        return pattern

    def range(self) -> Bounds:
        """Read `[a TO b]` or `{a TO b}` or a mixture of the two."""
        start = self.at
        opening = self.text[start]
        self.at += 1
        lower = self._bound(start)
        self.skip_space()
        if not re.match(r"TO\s", self.text[self.at : self.at + 3]):
            raise self.error("a range is written [a TO b]: TO is missing here")
        self.at += 2
        upper = self._bound(start)
        self.skip_space()
        closing = self.peek()
        if closing not in ("]", "}"):
            raise self.error(f"this {opening} is never closed by ] or }}", start)
        self.at += 1
        return Bounds(lower, upper, opening == "[", closing == "]")

    def compared(self) -> Bounds | None:
        """Read `>=a`, `>a`, `<=a` or `<a`; None, and nothing read, when no comparison stands here."""
        match = _COMPARISON.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        value = self.quoted() if self.peek() == '"' else self.word()
        if not value.text or value.pattern is not None:
            raise self.error(f"after {match[1]} one value must stand", match.end())
        included = match[1].endswith("=")
        if match[1].startswith(">"):
            return Bounds(value.text, None, included, True)
        return Bounds(None, value.text, True, included)

    def _bound(self, start: int) -> str | None:
        self.skip_space()
        if self.peek() == '"':
            return self.quoted().text
        match = _BOUND.match(self.text, self.at)
        if match is None:
            raise self.error("a bound is missing in this range; an open end is written *", start)
        self.at = match.end()
        return None if match[0] == "*" else match[0].replace("\\", "")
