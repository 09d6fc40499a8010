"""File permissions as people read them."""

from __future__ import annotations

import re
import stat

_OCTAL = re.compile(r"0?[0-7]{3,4}")


def symbolic(mode: str) -> str:
    """Return octal text (`0644`) as `rw-r--r--`; any other text comes back as it is."""
    return stat.filemode(stat.S_IFREG | int(mode, 8))[1:] if _OCTAL.fullmatch(mode) else mode
