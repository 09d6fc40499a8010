"""`tocsin up`."""

from __future__ import annotations

import gc

from tocsin.cli.server import spare_what_is_loaded


def test_what_is_loaded_is_not_looked_through_for_garbage_again() -> None:
    """Rules and tables are many objects and stay; garbage made later is found as ever."""
    before = gc.get_freeze_count()
    try:
        spare_what_is_loaded()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
