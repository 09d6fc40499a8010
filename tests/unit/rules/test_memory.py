"""The bounded mapping."""

from __future__ import annotations

from tocsin.rules.memory import Bounded


def test_the_longest_untouched_goes_first() -> None:
    """Putting a key again makes it the newest."""
    kept: Bounded[str, int] = Bounded(2)
    kept.put("a", 1)
    kept.put("b", 2)
    kept.put("a", 3)
    kept.put("c", 4)
    assert (3, None, 4, 2) == (kept.get("a"), kept.get("b"), kept.get("c"), len(kept))
    assert "b" not in kept
