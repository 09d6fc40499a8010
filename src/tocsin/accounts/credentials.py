"""Random tokens and what is kept of them, and passwords."""

from __future__ import annotations

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tocsin.core.errors import InvalidError

PASSWORD_MIN_LENGTH = 10
PASSWORD_MAX_LENGTH = 256


def new_token() -> str:
    """Return 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is stored of a token. A plain hash does: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Passwords:
    """Hashes and checks passwords with argon2id."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # Checked against when the login does not exist, so that both answers take the same time.
        self._nobody = self._hasher.hash(new_token())

    def hash(self, password: str) -> str:
        """Return the hash to store; raises `InvalidError` when the password is too short or too long."""
        if not PASSWORD_MIN_LENGTH <= len(password) <= PASSWORD_MAX_LENGTH:
            allowed = f"{PASSWORD_MIN_LENGTH} to {PASSWORD_MAX_LENGTH}"
            raise InvalidError(f"a password has {allowed} characters, not {len(password)}")
        return self._hasher.hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """Say whether the password is the one stored; with None it never is, after the same work."""
        if len(password) > PASSWORD_MAX_LENGTH:
            return False
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None
