"""The part of an answer that a client asks for by `filter_path`.

Format: dotted paths with commas between them; `*` stands for any part of a name, `**` for any number of
names; a `-` before a path takes it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from fastapi import Request, Response

from tocsin.api.elastic.form import ElasticError, document

_MOST_PATHS = 100
_MOST_NAMES = 30

_Path = tuple[str, ...]


def chosen(request: Request, answer: dict[str, Any]) -> Response:
    """Return the answer to a request, or the part of it that the request asks for."""
    text = request.query_params.get("filter_path")
    return document(filtered_answer(answer, text) if text else answer)


def filtered_answer(answer: Any, text: str) -> Any:
    """Return what the paths choose of an answer; names that hold nothing of it are left out."""
    wanted: list[_Path] = []
    unwanted: list[_Path] = []
    for path in (part.strip() for part in text.split(",")):
        if path:
            names = tuple(path.removeprefix("-").split("."))
            (unwanted if path.startswith("-") else wanted).append(names)
    if max(len(wanted), len(unwanted)) > _MOST_PATHS or any(len(p) > _MOST_NAMES for p in wanted + unwanted):
        raise ElasticError(f"[filter_path] holds at most {_MOST_PATHS} paths of {_MOST_NAMES} names")
    if wanted:
        answer = _kept(answer, wanted)
    return _without(answer, unwanted) if unwanted else answer


def _further(name: str, paths: Sequence[_Path]) -> list[_Path]:
    """Return what is left of the paths that go on below a name."""
    found: list[_Path] = []
    for path in paths:
        if path[0] == "**":
            found.append(path)
            found += _further(name, [path[1:]]) if len(path) > 1 else [()]
        elif fnmatchcase(name, path[0]):
            found.append(path[1:])
    return list(dict.fromkeys(found))


def _kept(value: Any, paths: Sequence[_Path]) -> Any:
    if isinstance(value, list):
        return [part for one in value if (part := _kept(one, paths)) not in ({}, [], None)]
    if not isinstance(value, dict):
        return None
    kept: dict[str, Any] = {}
    for name, inner in value.items():
        below = _further(name, paths)
        if () in below:
            kept[name] = inner
        elif below and (part := _kept(inner, below)) not in ({}, [], None):
            kept[name] = part
    return kept


def _without(value: Any, paths: Sequence[_Path]) -> Any:
    if isinstance(value, list):
        parts = [(one, _without(one, paths)) for one in value]
        return [part for one, part in parts if part not in ({}, []) or one == part]
    if not isinstance(value, dict):
        return value
    left: dict[str, Any] = {}
    for name, inner in value.items():
        below = _further(name, paths)
        if () in below:
            continue
        part = _without(inner, below) if below else inner
        if part not in ({}, []) or part == inner:  # what was empty before stays
            left[name] = part
    return left
