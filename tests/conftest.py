"""What every test may use: where the real content and logs stand, when they are there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from harness.opensearch import shared_opensearch
from tocsin import native

settings.register_profile("default", deadline=None)  # machines are noisy; slow is not wrong
settings.register_profile("ci", deadline=None, derandomize=True)  # a landing does not hang on luck
settings.load_profile("ci" if os.environ.get("CI") else "default")

_TESTS = Path(__file__).resolve().parent
_MEETING_OTHERS = ("contract", "e2e")
_SEED = 2026
"""Of the order of tests in CI: elsewhere every run takes another, and finds tests that lean on each other."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Take the same order in every run of CI."""
    if os.environ.get("CI") and config.getoption("randomly_seed") == "default":
        config.option.randomly_seed = _SEED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI, give tests that wait for other programs, on a machine others use too, a second attempt.

    The summary names those that needed it; elsewhere there is one attempt.
    """
    for item in items:
        if os.environ.get("CI") and _folder(item) in _MEETING_OTHERS:
            item.add_marker(pytest.mark.flaky(reruns=1))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).parts[0]


def pytest_report_header() -> str:
    """State whether the hot modules run compiled or interpreted."""
    return f"tocsin: {native.status()}"


ROOT = _TESTS.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of other people's content and logs; the test skips where it is absent.

    Set `TOCSIN_TEST_DATA` to point elsewhere than beside the checkout.
    """
    folder = Path(os.environ.get("TOCSIN_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}")
    return folder


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real OpenSearch, shared by every test; those that use it skip where there is none."""
    with shared_opensearch(tmp_path_factory.getbasetemp().parent) as url:
        yield url
