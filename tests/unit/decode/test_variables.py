"""Variables of decoder and rule files."""

from __future__ import annotations

import pytest

from tocsin.decode.markup import Element, MarkupError, parse
from tocsin.decode.variables import substitute


def _read(content: str) -> list[Element]:
    return substitute(parse(content, "f.xml"), "f.xml")


def test_variables_are_replaced_in_text_and_attributes() -> None:
    """A variable's name ignores case and ends at `$`, `|`, `.`, a comma or a space."""
    roots = _read('<var name="BAD">x|y</var><g name="$BAD,"><m>$bad|$BAD.z $BAD$BAD</m></g>')
    assert "x|y," == roots[0].attributes["name"]
    assert "x|y|x|y.z x|yx|y" == roots[0].children[0].text


def test_placeholders_and_lone_dollars_stay() -> None:
    """`$(name)` belongs to descriptions, and a `$` at the end is an anchor."""
    roots = _read('<var name="A">1</var><m>$(srcip) ^x$|^y$</m>')
    assert "$(srcip) ^x$|^y$" == roots[0].text


def test_without_variables_nothing_changes() -> None:
    """A file without variables may hold `$name`."""
    assert "$HOME" == _read("<m>$HOME</m>")[0].text


def test_an_unknown_variable_is_refused_with_its_line() -> None:
    """Once a file has variables, an unknown one is a fault."""
    with pytest.raises(MarkupError, match="unknown variable") as caught:
        _read('<var name="A">1</var>\n<m>$B</m>')
    assert caught.value.location is not None
    assert 2 == caught.value.location.line
