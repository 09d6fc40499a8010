"""Where addresses are: a MaxMind database of the operator's own, read where it stands."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import maxminddb

from tocsin.core.errors import ContentError, Location

_LONGEST_ADDRESS = 45


class GeoDatabase:
    """A country, city or network database, opened once and mapped into memory. Thread safe."""

    def __init__(self, path: Path) -> None:
        """Raises `ContentError` when the file is no such database."""
        try:
            self._database = maxminddb.open_database(path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            raise ContentError(f"not a MaxMind database: {error}", location=Location(str(path))) from error
        metadata = self._database.metadata()
        self.name = f"{metadata.database_type} {metadata.build_epoch}"
        """Its type, and when it was made in seconds since 1970."""

    def find(self, address: str) -> dict[str, Any]:
        """Return what is known of an address, nothing for one that is not in the database.

        Raises `ValueError` when the text is no address, or one of a version the database does not hold.
        """
        return self.find_network(address)[0]

    def find_network(self, address: str) -> tuple[dict[str, Any], int]:
        """As `find`, with the length of the prefix that it is known of."""
        if len(address) > _LONGEST_ADDRESS:
            raise ValueError(f"{address[:_LONGEST_ADDRESS]!r}... is no address")
        try:
            found, length = self._database.get_with_prefix_len(ipaddress.ip_address(address))
        except maxminddb.InvalidDatabaseError as error:
            raise ValueError(str(error)) from error
        return found if isinstance(found, dict) else {}, length

    def close(self) -> None:
        """Unmap the database."""
        self._database.close()


def part(document: Any, *path: str | int) -> Any:
    """Return what stands in a document at the end of a path of names and places; None when nothing does."""
    for step in path:
        if isinstance(step, int):
            document = document[step] if isinstance(document, list) and len(document) > step else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document
