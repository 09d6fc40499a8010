"""Keys that tell one message or incident from another, in the length a service takes."""

from __future__ import annotations

import hashlib


def short_key(key: str, longest: int) -> str:
    """Return a key of at most so many characters: a long one ends in a hash of the whole."""
    if len(key) <= longest:
        return key
    return f"{key[: longest - 33]}-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
