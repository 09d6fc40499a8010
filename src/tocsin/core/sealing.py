"""Secrets kept at rest: sealed with a key of this installation, opened only where they are used.

Needs `tocsin[server]`. Fernet of `cryptography`: AES-128 in CBC mode with an HMAC-SHA256, and a time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from tocsin.core.errors import TocsinError

KEY_FILE = "secrets.key"
"""Its name in the data folder. Whoever has it and the database has the secrets: keep their copies apart."""


class SealingError(TocsinError):
    """The key cannot be had, or what was sealed was sealed with another one."""

    code = "sealing"


class Seal:
    """Seals small documents of plain values. Thread safe."""

    def __init__(self, key: bytes) -> None:
        """Take a key as `Fernet.generate_key` makes it; raises `SealingError`."""
        try:
            self._fernet = Fernet(key)
        except (ValueError, TypeError) as error:
            raise SealingError(f"the key of secrets is damaged: {error}") from error

    def close(self, secrets: Mapping[str, Any]) -> bytes:
        """Return the secrets sealed."""
        return self._fernet.encrypt(msgspec.json.encode(dict(secrets)))

    def open(self, sealed: bytes) -> dict[str, Any]:
        """Return what was sealed; raises `SealingError` when it was sealed with another key."""
        try:
            return msgspec.json.decode(self._fernet.decrypt(sealed), type=dict[str, Any])
        except InvalidToken as error:
            raise SealingError("it was sealed with another key: enter the secrets again") from error


def seal_of(folder: Path) -> Seal:
    """Return the seal of a data folder; its key is made at first use, readable by its owner alone."""
    path = folder / KEY_FILE
    try:
        return Seal(_key(path))
    except OSError as error:
        raise SealingError(f"{path} cannot be had: {error.strerror}") from error


def _key(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        return _made(path)


def _made(path: Path) -> bytes:
    """Write a new key; of two processes that try, the first to link it wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_bytes().strip()
