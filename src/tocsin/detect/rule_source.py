"""Read the document of a rule: a mapping of options, with the line of each."""

from __future__ import annotations

from tocsin.core.yaml_source import Bounds, Source, read_source

MAX_BYTES = 512 * 1024
"""A rule file larger than this is refused."""

_BOUNDS = Bounds(MAX_BYTES, depth=60, entries=200_000)
"""Lists of values are long, and filters are nested."""


def read_rule_source(path: str, text: str, *, first_line: int = 1) -> Source:
    """Read one mapping whose keys are texts; raises `ContentError` with the line for anything else."""
    source = read_source(path, text, _BOUNDS, first_line=first_line)
    if not isinstance(source.values, dict):
        raise source.refuse("a rule is a mapping of options")
    for name in source.values:
        if not isinstance(name, str):
            raise source.refuse(f"an option's name is text, not {name!r}", str(name))
    return source
