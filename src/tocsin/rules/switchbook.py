"""The switches as they are kept: one file beside the content, untouched when content is imported again."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tocsin.core.errors import ContentError, InvalidError, Location
from tocsin.rules.switches import Switches, SwitchKind, rule_number
from tocsin.rules.writing import write_whole

_MAX_NAME = 200


class Switch(msgspec.Struct, frozen=True):
    """One switch, who turned it and when (microseconds)."""

    kind: SwitchKind
    subject: str
    enabled: bool
    by: str
    at: int


class SwitchBook:
    """Reads and turns switches. Any number of processes may."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> list[Switch]:
        """Return every switch that was turned; raises `ContentError` when the file is damaged."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=list[Switch])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.MsgspecError) as error:
            raise ContentError(f"cannot be read: {error}", location=Location(str(self._path))) from error

    def switches(self) -> Switches:
        """Return what is off now."""
        result = Switches()
        for switch in self.all():
            result = result.turned(switch.kind, switch.subject, enabled=switch.enabled)
        return result

    def turn(self, switch: Switch) -> None:
        """Keep a switch in the place of an earlier one for the same; raises `InvalidError`, `OSError`."""
        if switch.kind == "rule":
            rule_number(switch.subject)
        if not switch.subject or len(switch.subject) > _MAX_NAME or not switch.subject.isprintable():
            raise InvalidError(f"{switch.subject!r} is no name of a {switch.kind}")
        with self._alone():
            kept = [s for s in self.all() if (s.kind, s.subject) != (switch.kind, switch.subject)]
            write_whole(self._path, msgspec.json.format(msgspec.json.encode([*kept, switch])))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from turning a switch at the same time."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
