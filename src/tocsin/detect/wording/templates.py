"""Templates of alert texts: Python's braces without reach into objects, and Jinja in a sandbox."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

from jinja2 import ChainableUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin.core.errors import InvalidError

MAX_WIDTH = 4
"""Digits of a width or precision: `{0:>99999999}` would fill the memory."""

MAX_TEXT = 1 << 20

_NUMBERS = re.compile(r"\d+")


def check_width(template: str) -> None:
    """Raise `InvalidError` for a width or precision that would fill the memory."""
    if any(len(number) > MAX_WIDTH for number in _NUMBERS.findall(template)):
        raise InvalidError(f"the width in {template[:80]!r} is too large")


class _Plain(Formatter):
    """Fills in values as text; a name that reaches into an object is refused."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if "." in field_name or "[" in field_name:
            raise InvalidError(f"{{{field_name}}} reaches into a value, which templates may not")
        return super().get_field(field_name, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> Any:
        check_width(format_spec)
        return super().format_field(value, format_spec)


def fill(template: str, values: Sequence[Any] = (), named: Mapping[str, Any] | None = None) -> str:
    """Fill `{}`, `{0}` and `{name}`; raises `InvalidError` when the template does not fit the values."""
    try:
        return _Plain().vformat(template, tuple(values), dict(named or {}))
    except (IndexError, KeyError, ValueError, TypeError) as error:
        raise InvalidError(f"the text does not fit its arguments: {error}") from error


class Jinja:
    """A template compiled once in a sandbox without loaders; it sees the match and the rule's options.

    What is missing is empty, also what would stand below it.
    """

    def __init__(self, text: str) -> None:
        environment = ImmutableSandboxedEnvironment(autoescape=False, undefined=ChainableUndefined)
        try:
            self._template = environment.from_string(text)
        except (TemplateError, RecursionError) as error:
            raise InvalidError(f"the Jinja template cannot be read: {error}") from error

    def render(self, values: Mapping[str, Any], root: str) -> str:
        """Return the text; raises `InvalidError` when the template fails or reaches for what it may not."""
        try:
            text = self._template.render({**values, root: values})
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise InvalidError(f"the Jinja template failed: {error}") from error
        return text[:MAX_TEXT]
