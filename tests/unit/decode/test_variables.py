"""Variables of decoder and rule files."""

from __future__ import annotations

from tocsin.decode.markup import Element, parse
from tocsin.decode.variables import substitute


def _read(content: str) -> list[Element]:
    return substitute(parse(content, "f.xml"))


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


def test_an_unknown_variable_is_the_fault_of_the_element_that_uses_it() -> None:
    """Once a file has variables, an unknown one spoils its element; the rest of the file is good."""
    root = _read('<var name="A">1</var>\n<g><m>$B</m><m a="$C$A">$A</m><m>$A</m></g>')[0]
    assert ["unknown variable $B", "unknown variable $C", ""] == [child.fault for child in root.children]
    assert 2 == root.children[0].line


def test_depth_costs_no_stack() -> None:
    """Elements nested as deeply as the reader allows are replaced too."""
    root = _read('<var name="A">1</var>' + "<m>" * 1_000 + "$A" + "</m>" * 1_000)[0]
    while root.children:
        root = root.children[0]
    assert "1" == root.text


def test_a_text_does_not_grow_without_bound() -> None:
    """Many uses of a long variable spoil their element before they take memory."""
    root = _read(f'<var name="A">{"x" * 20_000}</var><m>{"$A" * 1_000}</m>')[0]
    assert "longer than" in root.fault
    assert len(root.text) < 1_100_000


def test_a_variable_may_stand_inside_a_root() -> None:
    """It is no child of it, and holds for what comes after the root too."""
    roots = _read('<g><var name="A">1</var><m>$A</m></g><m>$A</m>')
    assert ["m"] == [child.name for child in roots[0].children]
    assert ["1", "1"] == [roots[0].children[0].text, roots[1].text]
