"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.processes import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Start a server on an empty folder."""
    running = Server(tmp_path)
    running.start()
    yield running
    running.close()
