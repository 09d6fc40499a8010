"""Count on real events how often each atom of a set of rules is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from tocsin.detect.scan import make_scan
from tocsin.detect.view import MultiValuedError, View
from tocsin.detect.witness import Atom, Frequency, atoms_in
from tocsin.query.tree import Node

_ROUNDS = (1, 8)
"""A kind is sampled when it is first seen, and once more when it was seen so many times as often."""

_UNSEEN = 0.3


def atoms_of(nodes: Iterable[Node]) -> dict[str, list[Atom]]:
    """Return by key the atoms that may stand in a witness of the conditions."""
    atoms: dict[str, dict[Atom, None]] = {}
    for node in nodes:
        for atom in atoms_in(node):
            atoms.setdefault(atom.key, {})[atom] = None
    return {key: list(each) for key, each in atoms.items()}


class Sample:
    """The fields of some events of a kind, kept until enough have been seen."""

    def __init__(
        self, atoms: Callable[[], dict[str, list[Atom]]], size: int, rounds: tuple[int, ...] = _ROUNDS
    ) -> None:
        self._make_atoms = atoms
        self._atoms: dict[str, list[Atom]] | None = None
        self._size = size
        self._rounds = rounds
        self._skip = size * (rounds[0] - 1)
        self._texts: dict[str, list[str]] = {}
        self._seen = 0

    def add(self, view: View) -> bool:
        """Keep an event's fields; say whether there are enough now."""
        if self._skip:
            self._skip -= 1
            return False
        if self._atoms is None:
            self._atoms = self._make_atoms()
            self._texts = {key: [] for key in self._atoms}
        for key, texts in self._texts.items():
            try:
                text = view[key]
            except MultiValuedError:
                text = "\n".join(view.folded(key))
            if text:
                texts.append(text)
        self._seen += 1
        return self._seen >= self._size

    def next(self) -> Sample | None:
        """Return the sample to take later; None when it was the last."""
        rest = self._rounds[1:]
        atoms = self._atoms
        return Sample(lambda: atoms or {}, self._size, rest) if rest else None

    def lengths(self) -> dict[str, float]:
        """Return the mean length of each field's texts."""
        return {key: sum(map(len, texts)) / len(texts) for key, texts in self._texts.items() if texts}

    def frequency(self) -> Frequency:
        """Return how often each atom was true; one that never was is the rarer the longer it is."""
        counts: Counter[Atom] = Counter()
        for key, atoms in (self._atoms or {}).items():
            _count(Counter(self._texts[key]), atoms, counts)
        total = self._seen + 1

        def frequency(atom: Atom) -> float:
            return (counts[atom] + _UNSEEN / (1 + len(atom.text))) / total

        return frequency


def _count(texts: Counter[str], atoms: list[Atom], counts: Counter[Atom]) -> None:
    exact = {atom.text: atom for atom in atoms if atom.kind == "exact"}
    there = [atom for atom in atoms if atom.kind == "present"]
    sought = [atom for atom in atoms if atom.kind not in {"exact", "present"}]
    scan = make_scan([(atom.kind, atom.text) for atom in sought]) if sought else None
    for text, times in texts.items():
        for atom in there:
            counts[atom] += times
        if text in exact:
            counts[exact[text]] += times
        for number in set(scan(text)) if scan else ():
            counts[sought[number]] += times
