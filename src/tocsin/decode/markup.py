r"""Reader for the markup of Wazuh's decoder and rule files, which only looks like XML.

It differs from XML in that a file has several roots, no entity is decoded, there is no CDATA, a
comment may also be `<! !>`, and a `<` after an odd number of backslashes is text (patterns contain
`\<`, and the backslash stays). Text before a child element is dropped; spaces count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tocsin.core.errors import ContentError, Location

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_TEXT_BYTES = 20_480
MAX_DEPTH = 1_024

_NAME = re.compile(r"[A-Za-z_][\w.\-]*")
_SPACE = re.compile(r"\s*")
_ATTRIBUTE = re.compile(r"""\s*([^\s=<>/"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


class MarkupError(ContentError):
    """The file is not written in Wazuh's markup."""

    code = "markup"


@dataclass(slots=True)
class Element:
    """One element: `name` in lower case, attributes as written, own text, children, first line."""

    name: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)
    fault: str = ""
    """Why the element cannot be used, where that is no reason to refuse the whole file."""

    def each(self, name: str) -> Iterator[Element]:
        """Yield the children of that name, in order."""
        return (child for child in self.children if child.name == name)


def parse(content: str, path: str) -> list[Element]:
    """Return the root elements of a file; raises `MarkupError` with the line of the first fault."""
    if len(content) > MAX_FILE_BYTES:
        raise MarkupError(f"larger than {MAX_FILE_BYTES} bytes", location=Location(path))
    return _Parser(content, path).roots()


class _Parser:
    """One pass over the text; `open` is the stack of elements not yet closed."""

    def __init__(self, content: str, path: str) -> None:
        self._content = content
        self._path = path
        self._at = 0
        self._line = 1
        self._line_at = 0
        self._roots: list[Element] = []
        self._open: list[Element] = []
        self._text: list[str] = []

    def roots(self) -> list[Element]:
        steps: dict[str, Callable[[], None]] = {"!": self._comment, "/": self._close}
        while (start := self._next_tag()) >= 0:
            self._add_text(self._content[self._at : start])
            self._at = start + 1
            steps.get(self._content[start + 1 : start + 2], self._start)()
        if self._open:
            last = self._open[-1]
            raise MarkupError(f"<{last.name}> is not closed", location=Location(self._path, last.line))
        self._add_text(self._content[self._at :])
        return self._roots

    def _next_tag(self) -> int:
        start = self._at - 1
        while (start := self._content.find("<", start + 1)) >= 0:
            before = self._content[self._at : start]
            if not self._open or (len(before) - len(before.rstrip("\\"))) % 2 == 0:
                return start
        return -1

    def _add_text(self, text: str) -> None:
        if self._open:
            self._text.append(text)
        elif text.strip().strip("\ufeff"):
            raise self._error("text outside of any element")

    def _comment(self) -> None:
        mark = "-->" if self._content.startswith("!--", self._at) else "!>"
        end = self._content.find(mark, self._at + (3 if mark == "-->" else 1))
        if end < 0:
            raise self._error("comment is not closed")
        self._at = end + len(mark)

    def _close(self) -> None:
        end = self._content.find(">", self._at)
        name = self._content[self._at + 1 : end].strip().lower()
        if end < 0 or not self._open or self._open[-1].name != name:
            raise self._error(f"</{name if end >= 0 else ''}> closes nothing that is open")
        element = self._open.pop()
        element.text = "".join(self._text)
        if len(element.text) > MAX_TEXT_BYTES:
            raise self._error(f"text of <{name}> is longer than {MAX_TEXT_BYTES} bytes")
        self._text = []
        self._at = end + 1

    def _start(self) -> None:
        name = _NAME.match(self._content, self._at)
        if name is None:
            raise self._error("'<' begins no element (write '\\<' for the character)")
        element = Element(name.group().lower(), self._line_of(self._at))
        self._at = name.end()
        self._read_attributes(element)
        (self._open[-1].children if self._open else self._roots).append(element)
        self._text = []
        if self._content.startswith("/>", self._at):
            self._at += 2
        elif self._content.startswith(">", self._at):
            self._at += 1
            self._push(element)
        else:
            raise self._error(f"<{element.name}> has a malformed attribute (write '\\<' for the character)")

    def _push(self, element: Element) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH}")
        self._open.append(element)

    def _read_attributes(self, element: Element) -> None:
        while match := _ATTRIBUTE.match(self._content, self._at):
            name = match.group(1).lower()
            if name in element.attributes:
                raise self._error(f"attribute {name!r} stands twice")
            element.attributes[name] = match.group(2) if match.group(2) is not None else match.group(3)
            self._at = match.end()
        space = _SPACE.match(self._content, self._at)
        self._at = space.end() if space else self._at

    def _line_of(self, at: int) -> int:
        self._line += self._content.count("\n", self._line_at, at)
        self._line_at = at
        return self._line

    def _error(self, reason: str) -> MarkupError:
        line = self._content.count("\n", 0, self._at) + 1
        return MarkupError(reason, location=Location(self._path, line))
