"""Who this agent is to its server: kept in one file that only its user can read."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from tocsin.agent.errors import AgentError

_NAME = "identity.json"


class Identity(msgspec.Struct, frozen=True):
    """What enrolment gave. `key` is a secret."""

    agent_id: str
    key: str
    server: str
    name: str
    ca: str = ""


def load_identity(folder: Path) -> Identity | None:
    """Return the identity kept in the state folder, or None before enrolment."""
    path = folder / _NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Identity)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise AgentError(f"{path} cannot be read ({error}); enrol again") from error


def save_identity(folder: Path, identity: Identity) -> None:
    """Keep the identity, with mode 0600 from its first byte on."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = folder / f"{_NAME}.new"
    temporary.unlink(missing_ok=True)
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(msgspec.json.encode(identity))
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(folder / _NAME)
