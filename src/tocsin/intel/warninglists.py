"""Warninglists: values that are known to be harmless or too common to alert on. Format: misp-warninglists.

`string` is exact, `hostname` covers names below its entries, `cidr` holds addresses and networks, `substring`
and `regex` search. A hostname list speaks of a URL only when the URL names nothing but the host: that
`github.com` is well known says nothing good about one file on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import numpy as np
import orjson
import re2  # type: ignore[import-untyped]  # google-re2 ships no types
import xxhash

from tocsin.core.errors import ContentError, Location, Problem
from tocsin.intel.mapping import kind_of_misp_type
from tocsin.intel.networks import Networks

ListType = Literal["string", "hostname", "cidr", "substring", "regex"]
MAX_FILE_BYTES = 64 * 1024 * 1024
_MAX_PROBLEMS = 20
_REGEX_MEMORY = 8 << 20

Matches = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class WarninglistHit:
    """A list that names a value. `category` is `false_positive` or `known`."""

    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Warninglist:
    """One list, ready to be asked."""

    name: str
    version: int
    type: ListType
    category: str
    description: str
    entries: int
    kinds: frozenset[str]
    """Kinds it speaks of; empty: all."""
    matches: Matches

    def names(self, kind: str, value: str) -> bool:
        """Say whether the list names the normalised value."""
        return (not self.kinds or kind in self.kinds) and self.matches(kind, value)


class Warninglists:
    """The lists of some folders, each in `<folder>/<name>/list.json`, and which of them are in use.

    Thread safe: loading makes new tables and swaps them in at once.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._lists: tuple[Warninglist, ...] = ()
        self._disabled: frozenset[str] = frozenset()

    def load(self) -> list[Problem]:
        """Read every list anew; returns what was refused. A later folder's list replaces one of its name."""
        problems: list[Problem] = []
        found: dict[str, Warninglist] = {}
        for folder in self._folders:
            for path in sorted(folder.glob("*/list.json")):
                try:
                    loaded = read_warninglist(path, problems)
                except ContentError as error:
                    problems.append(Problem(error.location or Location(str(path)), error.message))
                else:
                    found[loaded.name] = loaded
        self._lists = tuple(found.values())
        return problems

    def disable(self, names: Iterable[str]) -> None:
        """Use every list but those named."""
        self._disabled = frozenset(names)

    def hits(self, kind: str, value: str) -> list[WarninglistHit]:
        """Return the lists in use that name a normalised value."""
        return [
            WarninglistHit(each.name, each.category)
            for each in self._lists
            if each.name not in self._disabled and each.names(kind, value)
        ]

    def all(self) -> Sequence[tuple[Warninglist, bool]]:
        """Return every list and whether it is in use."""
        return [(each, each.name not in self._disabled) for each in self._lists]


def read_warninglist(path: Path, problems: list[Problem]) -> Warninglist:
    """Read one `list.json`; single bad entries go to `problems`, a bad file raises `ContentError`."""
    document = _document(path)
    kind: Any = document.get("type")
    if kind not in get_args(ListType):
        raise ContentError(
            f"type {kind!r} is none of {', '.join(get_args(ListType))}", location=Location(str(path), 1)
        )
    name, entries = document.get("name"), document.get("list")
    if not isinstance(name, str) or not isinstance(entries, list):
        raise ContentError("has no name or no list", location=Location(str(path), 1))
    texts = [entry.strip() for entry in entries if isinstance(entry, str) and entry.strip()]
    version = document.get("version")
    return Warninglist(
        name=name[:300],
        version=version if isinstance(version, int) else 0,
        type=kind,
        category=str(document.get("category", "false_positive")),
        description=str(document.get("description", ""))[:2_000],
        entries=len(texts),
        kinds=_kinds(document.get("matching_attributes")),
        matches=_MATCHERS[kind](texts, _Refusals(path, problems)),
    )


def _document(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ContentError(f"larger than {MAX_FILE_BYTES} bytes", location=Location(str(path)))
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror}", location=Location(str(path))) from error
    except orjson.JSONDecodeError as error:
        raise ContentError(f"not JSON: {error.msg}", location=Location(str(path), error.lineno)) from error
    if not isinstance(document, dict):
        raise ContentError("is not an object", location=Location(str(path), 1))
    return document


def _kinds(attributes: object) -> frozenset[str]:
    names = [str(name) for name in attributes] if isinstance(attributes, list) else []
    kinds = {kind for name in names for part in name.split("|") if (kind := kind_of_misp_type(part))}
    return frozenset(kinds | ({"cidr"} if "ip" in kinds else set()))


class _Refusals:
    """Notes the first bad entries of one list."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self._path, self._problems, self._left = path, problems, _MAX_PROBLEMS

    def note(self, entry: str, reason: str) -> None:
        if self._left > 0:
            self._left -= 1
            self._problems.append(Problem(Location(str(self._path)), reason, entry[:100]))


class _Texts:
    """A set of texts as sorted hashes: 8 bytes each. Of 2.5 million, a wrong yes has odds of 1 in 10^13."""

    def __init__(self, texts: Iterable[str]) -> None:
        hashes = (xxhash.xxh3_64_intdigest(text.encode()) for text in texts)
        self._hashes = np.unique(np.fromiter(hashes, dtype=np.uint64))

    def __contains__(self, text: str) -> bool:
        number = np.uint64(xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")))
        place = int(np.searchsorted(self._hashes, number))
        return place < len(self._hashes) and bool(self._hashes[place] == number)


def _string(entries: Sequence[str], _refusals: _Refusals) -> Matches:
    texts = _Texts(entry.lower() for entry in entries)
    return lambda _kind, value: value.lower() in texts


def _hostname(entries: Sequence[str], _refusals: _Refusals) -> Matches:
    texts = _Texts(entry.lower().strip(".") for entry in entries)

    def matches(kind: str, value: str) -> bool:
        host = _host(kind, value)
        return bool(host) and any(name in texts for name in _with_parents(host))

    return matches


def _cidr(entries: Sequence[str], refusals: _Refusals) -> Matches:
    networks = Networks()
    for entry in entries:
        try:
            networks.add(entry)
        except ValueError as error:
            refusals.note(entry, str(error))

    def matches(kind: str, value: str) -> bool:
        address = _host(kind, value).strip("[]") if kind == "url" else value
        return any(True for _ in networks.holding(address))

    return matches


def _substring(entries: Sequence[str], _refusals: _Refusals) -> Matches:
    parts = tuple(entry.lower() for entry in entries)
    return lambda _kind, value: any(part in value.lower() for part in parts)


def _regex(entries: Sequence[str], refusals: _Refusals) -> Matches:
    options = re2.Options()
    options.log_errors, options.max_mem = False, _REGEX_MEMORY
    patterns = []
    for entry in entries:
        try:
            patterns.append(re2.compile(_without_delimiters(entry), options))
        except re2.error as error:
            refusals.note(entry, f"not a pattern: {error}")
    return lambda _kind, value: any(pattern.search(value) for pattern in patterns)


_MATCHERS: Mapping[str, Callable[[Sequence[str], _Refusals], Matches]] = {
    "string": _string,
    "hostname": _hostname,
    "cidr": _cidr,
    "substring": _substring,
    "regex": _regex,
}


def _without_delimiters(entry: str) -> str:
    """Turn `/pattern/i` as PCRE writes it into `(?i)pattern`."""
    end = entry.rfind("/")
    if not entry.startswith("/") or end <= 0:
        return entry
    flags = "".join(flag for flag in entry[end + 1 :] if flag in "ims")
    return f"(?{flags})" * bool(flags) + entry[1:end].replace("\\/", "/")


def _host(kind: str, value: str) -> str:
    if kind == "email":
        return value.rpartition("@")[2]
    if kind != "url":
        return value.lower()
    parts = urlsplit(value)
    bare = parts.path in {"", "/"} and not parts.query
    return (parts.hostname or "") if bare else ""


def _with_parents(host: str) -> Iterable[str]:
    while host:
        yield host
        host = host.partition(".")[2]
