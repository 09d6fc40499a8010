"""Reader for rule files: from markup to rules, with a problem for each one refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from tocsin.core.clock import SECOND
from tocsin.core.errors import Location, Problem
from tocsin.decode.markup import Element, MarkupError
from tocsin.decode.naming import readable
from tocsin.decode.reader import file_problem, read_roots
from tocsin.rules.composites import COMPOSITE_TAGS, read_composite
from tocsin.rules.conditions import TAGS as CONDITION_TAGS
from tocsin.rules.conditions import ConditionError, compile_conditions
from tocsin.rules.model import CATEGORIES, Placing, Rule

_ATTRIBUTES = frozenset(
    {"id", "level", "frequency", "timeframe", "ignore", "noalert", "overwrite", "accuracy", "maxsize"}
)
_TAGS = frozenset(
    {
        *("description", "group", "mitre", "info", "options", "cve", "category", "decoded_as", "if_sid"),
        *("if_group", "if_level", "if_fts", "check_diff", "ignore", "check_if_ignored"),
        *CONDITION_TAGS,
        *COMPOSITE_TAGS,
    }
)
_ON_TEXTS = frozenset({"type", "negate"})
_CHILD_ATTRIBUTES = {
    "field": frozenset({"name", "type", "negate"}),
    "list": frozenset({"field", "lookup", "check_value"}),
    **{name: frozenset[str]() for name in ("description", "group", "mitre", "options", "decoded_as")},
    **{name: frozenset[str]() for name in ("if_sid", "if_level", "if_group", "category", "check_diff")},
}
_INFO_KINDS = ("text", "link", "cve", "osvdb")
_OPTIONS = frozenset(
    {"alert_by_email", "no_email_alert", "log_alert", "no_log", "no_ar", "no_full_log", "no_counter"}
)
_NOT_STATED = re.compile(r"[,\s]+")
MAX_ID = 999_999
_EVENTCHANNEL = "60000"


def read_rules(
    paths: Iterable[Path],
    decoder_names: Collection[str],
    lists: Mapping[str, dict[str, str]],
    *,
    json_as_eventchannel: bool = False,
) -> tuple[list[Rule], list[Problem]]:
    """Return the rules of the files in the order given, and what was refused.

    With `json_as_eventchannel` rule 60000 takes Windows events as plain JSON lines.
    """
    reader = _Reader(decoder_names, lists)
    for path in paths:
        try:
            roots = read_roots(path)
        except (MarkupError, OSError) as error:
            reader.problems.append(file_problem(path, error))
            continue
        for group in roots:
            if json_as_eventchannel:
                _let_json_be_windows(group)
            reader.read_group(group, str(path))
    return reader.rules, reader.problems


class _Reader:
    """Reads rules one by one; knows what they may name."""

    def __init__(self, decoder_names: Collection[str], lists: Mapping[str, dict[str, str]]) -> None:
        self._decoder_names = decoder_names
        self._lists = lists
        self.rules: list[Rule] = []
        self.problems: list[Problem] = []

    def read_group(self, group: Element, path: str) -> None:
        if group.name != "group":
            reason = f"<{group.name}> stands where <group> is expected"
            self.problems.append(Problem(Location(path, group.line), reason))
            return
        for element in group.children:
            try:
                self.rules.append(self._rule(element, path, group.attributes.get("name", "")))
            except ConditionError as error:
                subject = element.attributes.get("id", "")
                self.problems.append(Problem(Location(path, error.line), error.reason, subject))

    def _rule(self, element: Element, path: str, outer: str) -> Rule:
        _check_words(element)
        rule = Rule(
            id=_number(element, "id", MAX_ID),
            level=_number(element, "level", 16),
            description=readable("".join(child.text for child in element.each("description")).strip()),
            path=path,
            line=element.line,
        )
        if not rule.description:
            raise ConditionError("a rule needs a <description>", element.line)
        rule.noalert = _flag(element, "noalert", "1", "0")
        rule.overwrite = _flag(element, "overwrite", "yes", "no")
        rule.last = element.attributes.get("accuracy", "1").strip() == "0"
        rule.ignore = _number(element, "ignore", 9_999_999, 0) * SECOND
        _read_notes(element, rule)
        _read_groups(element, outer, rule)
        _read_decoder(element, rule, self._decoder_names)
        _read_state(element, rule)
        self._read_conditions(element, rule)
        rule.placing = _placing(element)
        rule.composite = read_composite(element, rule.placing)
        return rule

    def _read_conditions(self, element: Element, rule: Rule) -> None:
        min_size = _number(element, "maxsize", 999_999_999, 0)
        found = compile_conditions(element.children, self._lists, min_size=min_size)
        rule.tests, rule.literals, rule.equals = tuple(found.tests), found.literals, found.equals


def _let_json_be_windows(group: Element) -> None:
    """Have rule 60000 take lines that the `json` decoder has read, as upstream's test runner does."""
    for rule in group.children:
        if rule.attributes.get("id", "").strip() == _EVENTCHANNEL:
            rule.children = [child for child in rule.children if child.name != "category"]
            for child in rule.each("decoded_as"):
                child.text = "json"


def _check_words(element: Element) -> None:
    if element.name != "rule":
        raise ConditionError(f"<{element.name}> stands where <rule> is expected", element.line)
    for name in element.attributes:
        if name not in _ATTRIBUTES:
            raise ConditionError(f"unknown attribute {name!r}", element.line)
    for child in element.children:
        _check_child(child)


def _check_child(child: Element) -> None:
    if child.name not in _TAGS:
        raise ConditionError(f"unknown tag <{child.name}>", child.line)
    for part in (child, *child.children):
        if part.fault:
            raise ConditionError(part.fault, part.line)
        if part is not child and (child.name, part.name) != ("mitre", "id"):
            raise ConditionError(f"unknown tag <{part.name}> in <{child.name}>", part.line)
    for name, value in child.attributes.items():
        if name not in _CHILD_ATTRIBUTES.get(child.name, _ON_TEXTS):
            raise ConditionError(f"unknown attribute {name!r} of <{child.name}>", child.line)
        if name == "negate" and value.lower() not in ("yes", "no"):
            raise ConditionError(f"negate {value!r} is neither yes nor no", child.line)
    if child.attributes.get("lookup", "").endswith("_value") and "check_value" not in child.attributes:
        raise ConditionError(f"lookup {child.attributes['lookup']} needs a check_value", child.line)
    if child.name == "options":
        for option in filter(None, _NOT_STATED.split(child.text)):
            if option not in _OPTIONS:
                raise ConditionError(f"unknown option {option!r}", child.line)


def _number(element: Element, name: str, highest: int, default: int | None = None) -> int:
    text = element.attributes.get(name, "").strip()
    if not text and default is not None:
        return default
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > highest:
        raise ConditionError(f"{name} {text!r} is no number from 0 to {highest}", element.line)
    return int(text)


def _flag(element: Element, name: str, yes: str, no: str) -> bool:
    text = element.attributes.get(name, no).strip().lower()
    if text not in (yes, no):
        raise ConditionError(f"{name} {text!r} is neither {yes} nor {no}", element.line)
    return text == yes


def _read_groups(element: Element, outer: str, rule: Rule) -> None:
    rule.group_text = outer.replace("\n", "") + "".join(
        child.text.replace("\n", "") for child in element.each("group")
    )
    names = (name.strip() for name in rule.group_text.split(","))
    rule.groups = tuple(dict.fromkeys(readable(name) for name in names if name))
    rule.mitre = tuple(
        dict.fromkeys(one.text.strip() for mitre in element.each("mitre") for one in mitre.each("id"))
    )


def _read_decoder(element: Element, rule: Rule, decoder_names: Collection[str]) -> None:
    for child in element.each("decoded_as"):
        rule.decoded_as = child.text.strip()
        if rule.decoded_as not in decoder_names:
            raise ConditionError(f"no decoder is named {rule.decoded_as!r}", child.line)


def _read_notes(element: Element, rule: Rule) -> None:
    options = (option for child in element.each("options") for option in _NOT_STATED.split(child.text))
    rule.options = frozenset(filter(None, options))
    rule.timed = any(child.name in ("time", "weekday") for child in element.children)
    info = [(child.attributes.get("type", "text"), child) for child in element.each("info")]
    for kind, child in info:
        if kind not in _INFO_KINDS:
            raise ConditionError(f"unknown type {kind!r} of <info>", child.line)
    info += [("cve", child) for child in element.each("cve")]
    rule.info = tuple((kind, readable(child.text.strip())) for kind, child in info)


def _read_state(element: Element, rule: Rule) -> None:
    rule.first_time_only = any(True for _ in element.each("if_fts"))
    rule.check_diff = any(True for _ in element.each("check_diff"))
    rule.remember = _names(element, "ignore")
    rule.unless_remembered = _names(element, "check_if_ignored")


def _names(element: Element, tag: str) -> tuple[str, ...]:
    found = (name for child in element.each(tag) for name in _NOT_STATED.split(child.text.lower()))
    return tuple("dstuser" if name == "user" else name for name in found if name)


def _placing(element: Element) -> Placing:
    placing = Placing()
    readers: dict[str, Callable[[Element], None]] = {
        "if_sid": lambda child: setattr(placing, "if_sid", (*placing.if_sid, *sids(child))),
        "if_level": lambda child: setattr(placing, "if_level", _level(child)),
        "if_group": lambda child: setattr(placing, "if_group", child.text.strip()),
        "category": lambda child: setattr(placing, "category", _category(child)),
    }
    for child in element.children:
        if child.name in readers:
            readers[child.name](child)
    return placing


def sids(element: Element) -> tuple[int, ...]:
    """Return the rule ids an element lists, separated by commas or spaces; raises `ConditionError`."""
    found = [text for text in _NOT_STATED.split(element.text) if text]
    if not found or not all(text.isascii() and text.isdigit() and len(text) <= 6 for text in found):
        raise ConditionError(
            f"<{element.name}> {element.text.strip()!r} is no list of rule ids", element.line
        )
    return tuple(int(text) for text in found)


def _level(element: Element) -> int:
    text = element.text.strip()
    if not (text.isascii() and text.isdigit()) or int(text[:6]) > 16:
        raise ConditionError(f"<if_level> {text!r} is no level", element.line)
    return int(text)


def _category(element: Element) -> str:
    text = element.text.strip()
    if text not in CATEGORIES:
        raise ConditionError(f"unknown category {text!r}", element.line)
    return text
