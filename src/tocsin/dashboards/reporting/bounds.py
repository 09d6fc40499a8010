"""How large a printed report may be, and what printing one may cost."""

from __future__ import annotations

from typing import Final

PIXELS_WIDE: Final = 1_280
MOST_PIXELS_HIGH: Final = 20_000
MOST_PAGES: Final = 200
MOST_OUTPUT_BYTES: Final = 64 << 20
DATA_BYTES: Final = 1 << 30
MOST_CPU_S: Final = 60
PATIENCE_S: Final = 90.0
"""By the clock of the wall: a machine that is busy with other things is waited for a little longer."""
TOO_LONG: Final = 3
"""Status of the process that prints when a report does not fit."""
