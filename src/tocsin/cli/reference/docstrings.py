"""What the code says of itself: docstrings of classes and of the attributes in them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from itertools import pairwise


def summary(thing: object) -> str:
    """Return the first paragraph of a docstring on one line, without its full stop."""
    paragraph = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return " ".join(paragraph.split()).removesuffix(".")


def attribute_docstrings(owner: type) -> Mapping[str, str]:
    """Return the docstrings that stand below the attributes of a class, each on one line."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    found: dict[str, str] = {}
    for one, following in pairwise(body):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and _text(following):
            found[one.target.id] = " ".join(_text(following).split())
    return found


def written_types(owner: type) -> Mapping[str, str]:
    """Return the types of a class's attributes as they are written."""
    return {name: str(annotation) for name, annotation in owner.__annotations__.items()}


def _text(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return statement.value.value if isinstance(statement.value.value, str) else ""
    return ""
