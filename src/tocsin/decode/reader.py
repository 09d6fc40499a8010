"""Reader for decoder files: from markup to decoders, with a problem for each one refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tocsin.core.errors import Location, Problem
from tocsin.decode.jsondoc import JSONOptions
from tocsin.decode.markup import Element, MarkupError, parse
from tocsin.decode.model import CATEGORIES, Decoder, Offset
from tocsin.decode.naming import STATIC, target
from tocsin.decode.patterns import compile_extractor, compile_pattern
from tocsin.decode.plugins import PLUGINS
from tocsin.decode.variables import substitute

MAX_PATTERN = 1_024
_TAGS = frozenset(
    {
        *("parent", "prematch", "regex", "order", "program_name", "type", "fts", "ftscomment"),
        *("accumulate", "use_own_name", "plugin_decoder", "json_null_field", "json_array_structure"),
    }
)
_OFFSETS: dict[str, tuple[Offset, ...]] = {
    "prematch": ("", "after_parent"),
    "regex": ("", "after_parent", "after_prematch", "after_regex"),
    "plugin_decoder": ("", "after_parent", "after_prematch"),
}
_JSON_PLUGIN = "json_decoder"
_ATTRIBUTES = {
    "parent": frozenset[str](),
    "prematch": frozenset({"offset", "type"}),
    "regex": frozenset({"offset", "type"}),
    "program_name": frozenset({"type"}),
    "plugin_decoder": frozenset({"offset"}),
}
_MAX_ORDER = 256
_FTS_BESIDE = frozenset({"location", "name"})
_SETTINGS = {"json_null_field": ("string", "discard"), "json_array_structure": ("array", "csv")}


class DecoderRefusedError(ValueError):
    """Why one decoder cannot be used, and on which line."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def read_roots(path: Path) -> list[Element]:
    """Return a file's root elements with its variables replaced; raises `MarkupError` or `OSError`."""
    return substitute(parse(path.read_bytes().decode("latin-1"), str(path)))


def read_files(paths: Iterable[Path]) -> tuple[list[Decoder], list[Problem]]:
    """Return the decoders of the files in the order given, and what was refused."""
    decoders: list[Decoder] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            roots = read_roots(path)
        except (MarkupError, OSError) as error:
            problems.append(file_problem(path, error))
            continue
        for element in roots:
            _read_one(element, str(path), decoders, problems)
    return decoders, problems


def file_problem(path: Path, error: MarkupError | OSError) -> Problem:
    """Return the problem of a file that could not be read at all."""
    if isinstance(error, MarkupError):
        return Problem(error.location or Location(str(path)), error.message)
    return Problem(Location(str(path)), f"cannot be read: {error.strerror or error}")


def _read_one(element: Element, path: str, decoders: list[Decoder], problems: list[Problem]) -> None:
    name = element.attributes.get("name", "")
    try:
        decoders.append(_decoder(element, path))
    except DecoderRefusedError as error:
        problems.append(Problem(Location(path, error.line), error.reason, name))


def _decoder(element: Element, path: str) -> Decoder:
    name = element.attributes.get("name", "")
    if element.name != "decoder" or not name:
        raise DecoderRefusedError(f"<{element.name}> is no decoder with a name", element.line)
    _check_words(element)
    decoder = Decoder(name=name, inner_name=name, path=path, line=element.line)
    decoder.parents = tuple(filter(None, [_joined(element, "parent")]))
    decoder.own_name = _last(element, "use_own_name") == "true"
    decoder.accumulate = any(True for _ in element.each("accumulate"))
    decoder.category = _category(element)
    _read_patterns(element, decoder)
    _read_order(element, decoder)
    _read_plugin(element, decoder)
    _check(element, decoder)
    return decoder


def _check_words(element: Element) -> None:
    for name in element.attributes:
        if name not in ("name", "status"):
            raise DecoderRefusedError(f"unknown attribute {name!r}", element.line)
    for child in element.children:
        if child.name not in _TAGS:
            raise DecoderRefusedError(f"unknown tag <{child.name}>", child.line)
        if child.fault:
            raise DecoderRefusedError(child.fault, child.line)
        for name in child.attributes:
            if name not in _ATTRIBUTES.get(child.name, frozenset()):
                raise DecoderRefusedError(f"unknown attribute {name!r} of <{child.name}>", child.line)
        choices = _SETTINGS.get(child.name)
        if choices and child.text.strip() not in choices:
            raise DecoderRefusedError(f"<{child.name}> is one of {', '.join(choices)}", child.line)


def _joined(element: Element, name: str) -> str:
    text = "".join(child.text for child in element.each(name))
    if len(text) > MAX_PATTERN:
        raise DecoderRefusedError(f"<{name}> is longer than {MAX_PATTERN} bytes", element.line)
    return text


def _last(element: Element, name: str, attribute: str = "") -> str:
    values = [
        child.attributes.get(attribute, "") if attribute else child.text.strip()
        for child in element.each(name)
    ]
    return next(filter(None, reversed(values)), "")


def _category(element: Element) -> str:
    category = _last(element, "type") or "syslog"
    if category not in CATEGORIES:
        raise DecoderRefusedError(f"unknown type {category!r}", element.line)
    return category


def _read_patterns(element: Element, decoder: Decoder) -> None:
    for child in element.children:
        if child.name not in ("program_name", "prematch", "regex"):
            continue
        dialect = _last(element, child.name, "type") or (
            "osmatch" if child.name == "program_name" else "osregex"
        )
        text = _joined(element, child.name)
        try:
            if child.name == "program_name":
                decoder.program = compile_pattern(text, dialect)
            elif child.name == "prematch":
                decoder.prematch = compile_extractor(text, dialect)
            else:
                decoder.regex = compile_extractor(text, dialect)
        except ValueError as error:
            raise DecoderRefusedError(f"<{child.name}> {text!r}: {error}", child.line) from error
    decoder.prematch_after_parent = _offset(element, "prematch") == "after_parent"
    decoder.offset = _offset(element, "regex")


def _offset(element: Element, name: str) -> Offset:
    given: Sequence[tuple[str, int]] = [
        (child.attributes.get("offset", ""), child.line) for child in element.each(name)
    ]
    if not given:
        return ""
    text, line = given[0]
    if any(other for other, _ in given[1:]):
        raise DecoderRefusedError(f"only the first <{name}> may have an offset", line)
    for known in _OFFSETS[name]:
        if text == known:
            return known
    raise DecoderRefusedError(f"offset {text!r} is not possible on <{name}>", line)


def _read_order(element: Element, decoder: Decoder) -> None:
    names = [name.strip() for child in element.each("order") for name in child.text.split(",")]
    decoder.targets = tuple(target(name) for name in names if name)
    if len(decoder.targets) > _MAX_ORDER:
        raise DecoderRefusedError(f"<order> names more than {_MAX_ORDER} fields", element.line)
    if bool(decoder.targets) != (decoder.regex is not None):
        raise DecoderRefusedError("<regex> and <order> require each other", element.line)
    fts = [name.strip() for child in element.each("fts") for name in child.text.split(",")]
    decoder.fts = tuple("dstuser" if name == "user" else name.lower() for name in fts if name)
    if decoder.fts and decoder.regex is None:
        raise DecoderRefusedError("<fts> requires <regex>", element.line)
    known = {*STATIC, *_FTS_BESIDE, *(one.key for one in decoder.targets)}
    for name in decoder.fts:
        if name not in known:
            raise DecoderRefusedError(f"<fts> names {name!r}, which this decoder does not read", element.line)


def _read_plugin(element: Element, decoder: Decoder) -> None:
    plugin = _last(element, "plugin_decoder").lower()
    if not plugin:
        return
    decoder.offset = _offset(element, "plugin_decoder")
    if plugin == _JSON_PLUGIN:
        decoder.json = JSONOptions(
            keep_null=_last(element, "json_null_field") != "discard",
            arrays_as_csv=_last(element, "json_array_structure") == "csv",
        )
    elif plugin in PLUGINS:
        decoder.plugin = PLUGINS[plugin]
    else:
        raise DecoderRefusedError(f"unknown plugin {plugin!r}", element.line)


def _check(element: Element, decoder: Decoder) -> None:
    if not decoder.parents and decoder.prematch is None and decoder.program is None:
        raise DecoderRefusedError("a decoder without parent needs <prematch> or <program_name>", element.line)
    if decoder.parents:
        decoder.program = None  # only roots are chosen by program
        if decoder.offset == "after_prematch" and decoder.prematch is None:
            raise DecoderRefusedError("offset after_prematch needs a <prematch>", element.line)
    if not decoder.parents and decoder.offset == "after_prematch":
        decoder.offset = "after_parent"
