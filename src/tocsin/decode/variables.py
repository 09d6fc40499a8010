"""The variables of a decoder or rule file: `<var name="X">text</var>`, used as `$X`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tocsin.decode.markup import Element

MAX_REPLACED = 1024 * 1024
"""A text with its variables replaced has at most so many bytes."""
_USE = re.compile(r"\$([^$|., ()]+)")


def substitute(roots: Iterable[Element]) -> list[Element]:
    """Return the roots without the variables, each use of one replaced by its text.

    A variable stands among the roots, or right inside one, for which it then holds from the beginning.
    A file without variables comes back as it is. Names ignore case; a name ends at `$`, `|`, `.`, `,`,
    a space, a parenthesis or the end; `$(` and a lone `$` stay. An element that uses an unknown name
    says so as its `fault`.
    """
    kept: list[Element] = []
    known: dict[str, str] = {}
    for root in roots:
        if root.name == "var":
            _define(root, known)
        else:
            for child in root.each("var"):
                _define(child, known)
            root.children = [child for child in root.children if child.name != "var"]
            if known:
                _replace(root, known)
            kept.append(root)
    return kept


def _define(variable: Element, known: dict[str, str]) -> None:
    known[variable.attributes.get("name", "").lower()] = variable.text


def _replace(root: Element, known: Mapping[str, str]) -> None:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        waiting += element.children
        if "$" in element.text:
            element.text = _replaced(element, element.text, known)
        for name, text in element.attributes.items():
            if "$" in text:
                element.attributes[name] = _replaced(element, text, known)


def _replaced(element: Element, text: str, known: Mapping[str, str]) -> str:
    size = len(text)

    def value(match: re.Match[str]) -> str:
        nonlocal size
        found = known.get(match.group(1).lower())
        if found is None:
            element.fault = element.fault or f"unknown variable ${match.group(1)}"
            return ""
        size += len(found)
        if size > MAX_REPLACED:
            element.fault = f"longer than {MAX_REPLACED} bytes with its variables replaced"
            return ""
        return found

    return _USE.sub(value, text)
