"""Reader for what a rule asks of earlier events: frequency, timeframe, same and different values."""

from __future__ import annotations

import re
from collections.abc import Callable

from tocsin.core.clock import SECOND
from tocsin.decode.markup import Element
from tocsin.decode.naming import STATIC
from tocsin.decode.patterns import compile_pattern
from tocsin.rules.conditions import ConditionError
from tocsin.rules.model import DEFAULT_TIMEFRAME_S, Composite, Placing

_MATCHED = frozenset({"if_matched_sid", "if_matched_group", "if_matched_regex"})
_SPELLED = {
    "source_ip": "srcip",
    "src_ip": "srcip",
    "dst_ip": "dstip",
    "src_port": "srcport",
    "dst_port": "dstport",
    "systemname": "system_name",
    "user": "dstuser",
}
_VALUES = frozenset(
    {*STATIC, "location", "srcgeoip", "dstgeoip", "source_ip", "src_ip", "dst_ip", "systemname"}
)
_NAMES = sorted({*_VALUES, "src_port", "dst_port", "field"})
_SAME = {f"same_{name}": name for name in _NAMES}
_DIFFERENT = {f"{word}_{name}": name for name in _NAMES for word in ("different", "not_same")}
COMPOSITE_TAGS = frozenset({*_MATCHED, *_SAME, *_DIFFERENT, "global_frequency"})
_SEPARATORS = re.compile(r"[,\s]+")


def read_composite(element: Element, placing: Placing) -> Composite | None:
    """Return what the rule asks of earlier events, or None; `placing` gains what that implies.

    Raises `ConditionError` for a correlation without the events it is about.
    """
    matched = [child for child in element.children if child.name in _MATCHED]
    asked = [child for child in element.children if child.name in COMPOSITE_TAGS]
    if not matched:
        _refuse_loose(element, asked)
        return None
    result = Composite(
        frequency=_attribute(element, "frequency", 2, (2, 9_999)),
        uses_up="frequency" in element.attributes,
        timeframe=_attribute(element, "timeframe", DEFAULT_TIMEFRAME_S, (1, 99_999)) * SECOND,
    )
    for child in asked:
        _add(child, result)
    _imply(result, placing)
    return result


def _refuse_loose(element: Element, asked: list[Element]) -> None:
    if any(True for _ in element.each("check_diff")):
        return
    if asked:
        raise ConditionError(f"<{asked[0].name}> needs <if_matched_sid> or <if_matched_group>", asked[0].line)
    if "frequency" in element.attributes:
        raise ConditionError("frequency needs <if_matched_sid> or <if_matched_group>", element.line)


def _attribute(element: Element, name: str, default: int, bounds: tuple[int, int]) -> int:
    text = element.attributes.get(name, "").strip()
    if not text:
        return default
    low, high = bounds
    if not (text.isascii() and text.isdigit()) or not low <= int(text[:9]) <= high:
        raise ConditionError(f"{name} {text!r} is no number from {low} to {high}", element.line)
    return int(text)


def _add(child: Element, result: Composite) -> None:
    if child.name == "if_matched_sid":
        sid = child.text.strip()
        if not (sid.isascii() and sid.isdigit() and len(sid) <= 6):
            raise ConditionError(f"<if_matched_sid> {sid!r} is no rule id", child.line)
        result.matched_sids |= {int(sid)}
    elif child.name == "if_matched_group":
        result.matched_group = child.text.strip()
    elif child.name == "if_matched_regex":
        result.matched_regex = _regex(child)
    elif child.name == "global_frequency":
        result.every_agent = True
    elif child.name in _SAME:
        result.same += _value_names(child, _SAME[child.name])
    else:
        result.different += _value_names(child, _DIFFERENT[child.name])


def _regex(child: Element) -> Callable[[str, str], bool]:
    try:
        return compile_pattern(child.text, child.attributes.get("type") or "osregex").test
    except ValueError as error:
        raise ConditionError(f"<{child.name}> {child.text!r}: {error}", child.line) from error


def _value_names(child: Element, name: str) -> tuple[str, ...]:
    if name != "field":
        return (_SPELLED.get(name, name),)
    names = tuple(part for part in _SEPARATORS.split(child.text.lower()) if part)
    if not names:
        raise ConditionError(f"<{child.name}> names no field", child.line)
    return names


def _imply(result: Composite, placing: Placing) -> None:
    """The events counted are those of a rule, so the rule that counts stands below that rule."""
    if placing.if_sid or placing.if_group:
        return
    if result.matched_sids:
        placing.if_sid, placing.implied = tuple(sorted(result.matched_sids)), ("if_sid",)
    elif result.matched_group is not None:
        placing.if_group, placing.implied = result.matched_group, ("if_group",)
