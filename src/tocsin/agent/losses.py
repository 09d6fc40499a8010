"""What the spool remembers beside its records: how far they were acknowledged and which were lost."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

log = logging.getLogger(__name__)

LostReason = Literal["overflow", "damage", "restore"]
"""`overflow`: the spool was full. `damage`: the disk gave other bytes back. `restore`: the server forgot."""


class Lost(msgspec.Struct, frozen=True, array_like=True):
    """Sequences that will never be sent, and why. `told`: a finding says so."""

    first: int
    last: int
    reason: LostReason
    told: bool = False

    @property
    def count(self) -> int:
        """How many records that is."""
        return self.last - self.first + 1


class SpoolState(msgspec.Struct, frozen=True):
    """`acknowledged`: the highest sequence the server holds. `refused`: records lost, ever.

    `agent`: whose numbers these are; empty before anything was remembered.
    """

    acknowledged: int = 0
    refused: int = 0
    lost: tuple[Lost, ...] = ()
    agent: str = ""

    def losing(self, loss: Lost) -> SpoolState:
        """Return the state with one more loss, joined to the last one where they touch."""
        lost = list(self.lost)
        if lost and _touch(lost[-1], loss):
            lost[-1] = Lost(lost[-1].first, loss.last, loss.reason)
        else:
            lost.append(loss)
        return msgspec.structs.replace(self, refused=self.refused + loss.count, lost=tuple(lost))

    def telling(self, losses: Sequence[Lost]) -> SpoolState:
        """Return the state in which these losses were reported."""
        lost = [msgspec.structs.replace(one, told=True) if one in losses else one for one in self.lost]
        return msgspec.structs.replace(self, lost=_outstanding(lost, self.acknowledged))

    def acknowledging(self, mark: int) -> SpoolState:
        """Return the state in which the server holds everything up to `mark` that was not lost."""
        return msgspec.structs.replace(self, acknowledged=mark, lost=_outstanding(self.lost, mark))


def _touch(before: Lost, after: Lost) -> bool:
    return before.last + 1 == after.first and before.reason == after.reason and not before.told


def _outstanding(lost: Sequence[Lost], acknowledged: int) -> tuple[Lost, ...]:
    return tuple(one for one in lost if not one.told or one.last > acknowledged)


def uncovered(lost: Sequence[Lost], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of `first` to `last` that no loss accounts for."""
    for one in sorted(lost, key=lambda one: one.first):
        if first <= one.last and one.first <= last:
            if first < one.first:
                yield first, one.first - 1
            first = one.last + 1
    if first <= last:
        yield first, last


def read_state(path: Path) -> SpoolState:
    """Return the state written last; a fresh one when there is none or a power cut spoilt it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=SpoolState)
    except FileNotFoundError:
        return SpoolState()
    except msgspec.MsgspecError as error:
        # Harmless: what was acknowledged is sent again and recognised by its number.
        log.warning("%s is unreadable (%s): what is still here is sent again", path, error)
        return SpoolState()


def write_state(path: Path, state: SpoolState) -> None:
    """Replace the state file at once. On a full disk the former one stays, and that is said.

    Harmless too: what a restart then does not know, it finds as records acknowledged already or missing.
    """
    temporary = path.with_suffix(".new")
    try:
        temporary.write_bytes(msgspec.json.encode(state))
        temporary.replace(path)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        log.warning("%s could not be written: %s", path, error.strerror)
