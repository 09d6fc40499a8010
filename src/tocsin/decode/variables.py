"""The variables of a decoder or rule file: `<var name="X">text</var>`, used as `$X`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tocsin.core.errors import Location
from tocsin.decode.markup import Element, MarkupError

_USE = re.compile(r"\$([^$|., ()]+)")


def substitute(roots: Iterable[Element], path: str) -> list[Element]:
    """Return the roots without the variables, each use of one replaced by its text.

    A file without variables comes back as it is. Names ignore case; a name ends at `$`, `|`, `.`, `,`,
    a space, a parenthesis or the end; `$(` and a lone `$` stay. Raises `MarkupError` for an unknown name.
    """
    kept: list[Element] = []
    known: dict[str, str] = {}
    for root in roots:
        if root.name == "var":
            known[root.attributes.get("name", "").lower()] = root.text
        else:
            if known:
                _replace(root, known, path)
            kept.append(root)
    return kept


def _replace(element: Element, known: Mapping[str, str], path: str) -> None:
    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        found = known.get(name.lower())
        if found is None:
            raise MarkupError(f"unknown variable ${name}", location=Location(path, element.line))
        return found

    if "$" in element.text:
        element.text = _USE.sub(value, element.text)
    for name, text in element.attributes.items():
        if "$" in text:
            element.attributes[name] = _USE.sub(value, text)
    for child in element.children:
        _replace(child, known, path)
