"""What every test may use: where the real content and logs stand, when they are there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)  # machines are noisy; slow is not wrong
settings.register_profile("ci", deadline=None, derandomize=True)  # a landing does not hang on luck
settings.load_profile("ci" if os.environ.get("CI") else "default")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of other people's content and logs; the test skips where it is absent.

    Set `TOCSIN_TEST_DATA` to point elsewhere than beside the checkout.
    """
    folder = Path(os.environ.get("TOCSIN_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}")
    return folder
