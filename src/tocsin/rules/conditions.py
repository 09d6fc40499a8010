"""The conditions of one rule, each compiled to a test of a decoded subject.

A condition on an absent field fails, also when it is negated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tocsin.decode.markup import Element
from tocsin.decode.naming import STATIC
from tocsin.decode.patterns import Pattern, compile_pattern, lower
from tocsin.decode.subject import Subject
from tocsin.rules.addresses import compile_addresses
from tocsin.rules.compiled import COMPILED
from tocsin.rules.hours import compile_hours, compile_weekdays
from tocsin.rules.lists import find_list
from tocsin.rules.model import Test

ON_LOG = ("match", "regex")
ON_VALUE = (
    *("program_name", "id", "system_name", "protocol", "action", "url", "location", "srcport", "dstport"),
    *("user", "srcgeoip", "dstgeoip", "data", "extra_data", "hostname", "status"),
)
ADDRESSES = ("srcip", "dstip")
TAGS = frozenset((*ON_LOG, *ON_VALUE, *ADDRESSES, "field", "time", "weekday", "compiled_rule", "list"))
_DEFAULT_DIALECT = {"regex": "osregex", "field": "osregex", "action": "string"}


@dataclass(slots=True)
class Conditions:
    """The tests of a rule, and what is known of the logs and fields that pass them."""

    tests: list[Test]
    literals: tuple[str, ...] | None = None
    equals: tuple[tuple[str, frozenset[str]], ...] = ()


class ConditionError(ValueError):
    """A condition is malformed; `line` says where."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class UnknownListError(ConditionError):
    """A rule names a list that is not there."""


def compile_conditions(
    elements: Iterable[Element], lists: Mapping[str, dict[str, str]], *, min_size: int = 0
) -> Conditions:
    """Compile the condition elements of a rule; raises `ConditionError`."""
    given = list(elements)
    result = Conditions([])
    for name in ON_VALUE + ON_LOG:
        _add_text(name, [e for e in given if e.name == name], result)
    for element in (e for e in given if e.name == "field"):
        _add_field(element, result)
    for name in ADDRESSES:
        _add_addresses(name, [e for e in given if e.name == name], result)
    for element in given:
        test = _other(element, lists)
        if test is not None:
            result.tests.append(test)
    if min_size:
        result.tests.append(lambda subject: subject.size >= min_size)
    return result


def _add_text(name: str, elements: list[Element], result: Conditions) -> None:
    """Add a text condition; the texts of repeated tags are one pattern, the last attributes count."""
    if not elements:
        return
    last = elements[-1]
    pattern = _pattern(name, "".join(element.text for element in elements), last)
    negate = last.attributes.get("negate", "no").lower() == "yes"
    if name in ON_LOG:
        _add_log(pattern, result, negate=negate)
    else:
        if pattern.equals and not negate and name != "user" and name not in _BESIDE:
            result.equals += ((name, frozenset(pattern.equals)),)
        result.tests.append(_on_value(name, pattern, negate=negate))


def _on_value(name: str, pattern: Pattern, *, negate: bool) -> Test:
    if name == "program_name":
        return OnProgram(pattern, negate=negate)
    if name == "user" or name in _BESIDE:
        return _value_test(_getter(name), pattern, negate=negate)
    return OnField(name, pattern, negate=negate)


def _add_field(element: Element, result: Conditions) -> None:
    name = element.attributes.get("name", "")
    if not name:
        raise ConditionError("<field> needs a name", element.line)
    if name in STATIC:
        raise ConditionError(f"<field> may not be named {name!r}: use <{name}>", element.line)
    pattern = _pattern("field", element.text, element)
    negate = element.attributes.get("negate", "no").lower() == "yes"
    key = name.lower()
    if pattern.equals and not negate:
        result.equals += ((key, frozenset(pattern.equals)),)
    result.tests.append(OnField(key, pattern, negate=negate))


class _Exact(Pattern):
    """An exact text, as `action` compares by default."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def test(self, text: str, low: str) -> bool:  # noqa: ARG002  # every dialect is asked alike
        """Return whether the text is this one."""
        return text == self._text


def _pattern(name: str, text: str, element: Element) -> Pattern:
    dialect = element.attributes.get("type") or _DEFAULT_DIALECT.get(name, "osmatch")
    if dialect == "string":
        return _Exact(text)
    try:
        return compile_pattern(text, dialect)
    except ValueError as error:
        raise ConditionError(f"<{name}> {text!r}: {error}", element.line) from error


class OnLog:
    """A condition on the whole log."""

    __slots__ = ("negate", "pattern")

    def __init__(self, pattern: Pattern, *, negate: bool) -> None:
        self.pattern = pattern
        self.negate = negate

    def __call__(self, subject: Subject) -> bool:
        """Return whether the condition holds."""
        return self.pattern.test(subject.log, subject.low) != self.negate


class OnProgram:
    """A condition on the name of the program."""

    __slots__ = ("negate", "pattern")

    def __init__(self, pattern: Pattern, *, negate: bool) -> None:
        self.pattern = pattern
        self.negate = negate

    def __call__(self, subject: Subject) -> bool:
        """Return whether the program is known and the condition holds."""
        value = subject.program
        return bool(value) and self.pattern.test(value, lower(value)) != self.negate


def _add_log(pattern: Pattern, result: Conditions, *, negate: bool) -> None:
    result.tests.append(OnLog(pattern, negate=negate))
    if negate:
        return
    known, new = result.literals, pattern.literals
    if new and (known is None or (len(new), -len(new[0])) < (len(known), -len(known[0]))):
        result.literals = new


_BESIDE = {"program_name": "program", "hostname": "hostname", "location": "location"}


def _getter(name: str) -> Callable[[Subject], str | None]:
    if name == "user":
        return lambda subject: subject.values.get("dstuser", subject.values.get("srcuser"))
    return lambda subject: subject.value(name)


def _value_test(get: Callable[[Subject], str | None], pattern: Pattern, *, negate: bool) -> Test:
    def run(subject: Subject) -> bool:
        value = get(subject)
        return value is not None and pattern.test(value, lower(value)) != negate

    return run


class OnField:
    """A condition on a decoded field, the commonest of all."""

    __slots__ = ("key", "negate", "pattern")

    def __init__(self, key: str, pattern: Pattern, *, negate: bool) -> None:
        self.key = key
        self.pattern = pattern
        self.negate = negate

    def __call__(self, subject: Subject) -> bool:
        """Return whether the field is there and the condition holds."""
        value = subject.values.get(self.key)
        return value is not None and self.pattern.test(value, lower(value)) != self.negate


def _add_addresses(name: str, elements: list[Element], result: Conditions) -> None:
    if not elements:
        return
    last = elements[-1]
    negate = last.attributes.get("negate", "no").lower() == "yes"
    try:
        test = compile_addresses([element.text.strip() for element in elements])
    except ValueError as error:
        raise ConditionError(f"<{name}>: {error}", last.line) from error

    def run(subject: Subject) -> bool:
        value = subject.values.get(name)
        return value is not None and test(value) != negate

    result.tests.append(run)


def _other(element: Element, lists: Mapping[str, dict[str, str]]) -> Test | None:
    try:
        if element.name == "time":
            hours = compile_hours(element.text)
            return lambda subject: hours(subject.at)
        if element.name == "weekday":
            days = compile_weekdays(element.text)
            return lambda subject: days(subject.at)
    except ValueError as error:
        raise ConditionError(f"<{element.name}>: {error}", element.line) from error
    if element.name == "compiled_rule":
        if element.text.strip() not in COMPILED:
            raise ConditionError(f"no compiled rule is named {element.text.strip()!r}", element.line)
        return COMPILED[element.text.strip()]
    return _list_test(element, lists) if element.name == "list" else None


def _list_test(element: Element, lists: Mapping[str, dict[str, str]]) -> Test:
    entries = find_list(lists, element.text.strip())
    if entries is None:
        raise UnknownListError(f"no list is named {element.text.strip()!r}", element.line)
    lookup = element.attributes.get("lookup", "match_key")
    if lookup not in _LOOKUPS:
        raise ConditionError(f"unknown lookup {lookup!r}", element.line)
    name = element.attributes.get("field", "").lower()
    if not name:
        raise ConditionError("<list> needs a field", element.line)
    find, negate, by_value = _LOOKUPS[lookup]
    get = _list_getter(name)
    check = compile_pattern(element.attributes.get("check_value", ""), "osmatch").test

    def run(subject: Subject) -> bool:
        key = get(subject)
        if key is None:
            return False
        value = find(entries, key)
        if by_value:
            return value is not None and check(value, lower(value))
        return (value is not None) != negate

    return run


def _list_getter(name: str) -> Callable[[Subject], str | None]:
    if name == "user":
        return lambda subject: subject.values.get("srcuser", subject.values.get("dstuser"))
    return lambda subject: subject.value(name)


def _by_key(entries: Mapping[str, str], key: str) -> str | None:
    return entries.get(key)


def _by_address(entries: Mapping[str, str], key: str) -> str | None:
    """Look up the address, then ever shorter prefixes that end in a dot or colon."""
    found = entries.get(key)
    while found is None and key:
        cut = max(key.rfind(".", 0, -1), key.rfind(":", 0, -1))
        key = key[: cut + 1]
        found = entries.get(key) if key else None
    return found


_LOOKUPS: dict[str, tuple[Callable[[Mapping[str, str], str], str | None], bool, bool]] = {
    "match_key": (_by_key, False, False),
    "not_match_key": (_by_key, True, False),
    "match_key_value": (_by_key, False, True),
    "address_match_key": (_by_address, False, False),
    "not_address_match_key": (_by_address, True, False),
    "address_match_key_value": (_by_address, False, True),
}
