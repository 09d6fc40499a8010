"""Which fields, categories and first-seen keys the decoders of each name can give."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.decode.analysis import BUILT_IN
from tocsin.decode.model import Decoder
from tocsin.decode.reader import read_files
from tocsin.rules.accumulator import LENT

BESIDE = frozenset({"program_name", "hostname", "location", "name"})
"""What every event may have, whatever its decoder."""


@dataclass(slots=True)
class Given:
    """What events of one decoder name can have."""

    fields: set[str] = field(default_factory=set)
    """In lower case."""
    anything: bool = False
    """Whether a plugin reads whatever the record holds."""
    categories: set[str] = field(default_factory=set)
    first_seen: bool = False
    """Whether a decoder of the name has a key for what is seen a first time."""


class Producible:
    """Knows the decoders of some files and those compiled in."""

    def __init__(self, paths: Sequence[Path]) -> None:
        decoders, _ = read_files(paths)
        self._by_name: dict[str, Given] = {}
        roots = [decoder for decoder in decoders if not decoder.parents]
        for root in roots:
            children = [d for d in decoders if d.parents and d.parents[0] == root.name]
            self._add_tree(root, children)
        self.categories = {"syslog", "ossec", *(d.category for d in decoders)}
        """Categories that an event can have at all."""

    def of(self, decoder: str) -> Given | None:
        """Return what events of a decoder can have; None when nothing is known, as for those compiled in."""
        return None if decoder in BUILT_IN else self._by_name.get(decoder)

    def _add_tree(self, root: Decoder, children: Iterable[Decoder]) -> None:
        """Note a root and its children: a child under the root's name stands for both."""
        family = [root, *children]
        whole = Given()
        for decoder in family:
            whole.fields |= {target.key for target in decoder.targets}
            whole.anything |= decoder.json is not None or decoder.plugin is not None
            if decoder.accumulate:
                whole.fields |= set(LENT)
        for decoder in family:
            name = root.name if decoder is root or not decoder.own_name else decoder.inner_name
            given = self._by_name.setdefault(name, Given())
            # A chain of siblings reads fields for whichever of them was selected.
            given.fields |= whole.fields
            given.anything |= whole.anything
            given.categories.add(decoder.category)
            given.first_seen |= bool(decoder.fts)
