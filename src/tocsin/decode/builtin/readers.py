"""Which reader reads which kind of record, and the names of all decoders that are code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.core.record import Kind
from tocsin.decode.builtin import ciscat, hostinfo, rootcheck, sca, syscheck, syscollector
from tocsin.decode.subject import Subject

Reader = Callable[[Subject, bytes], Any]
"""Reads a record's bytes into the subject; returns the time it states (seconds or text) or None.

Raises `ValueError` with the reason for bytes it cannot read.
"""

READERS: Mapping[Kind, Reader] = {
    "syscheck": syscheck.read_syscheck,
    "rootcheck": rootcheck.read_rootcheck,
    "sca": sca.read_sca,
    "syscollector": syscollector.read_syscollector,
    "hostinfo": hostinfo.read_hostinfo,
    "ciscat": ciscat.read_ciscat,
}
MODULE_DECODERS: frozenset[str] = (
    syscheck.NAMES | rootcheck.NAMES | sca.NAMES | syscollector.NAMES | hostinfo.NAMES | ciscat.NAMES
)
"""Names that rules may use in `<decoded_as>` although no file defines them."""
