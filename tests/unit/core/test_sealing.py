"""Tests of secrets at rest."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tocsin.core.sealing import KEY_FILE, SealingError, seal_of


def test_what_is_sealed_is_opened_by_the_same_folder(tmp_path: Path) -> None:
    """The key stays in the folder, readable by its owner alone; the secret is not in the text."""
    sealed = seal_of(tmp_path).close({"password": "hunter22"})
    assert b"hunter22" not in sealed
    assert {"password": "hunter22"} == seal_of(tmp_path).open(sealed)
    assert 0o600 == stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode)
    assert [KEY_FILE] == [each.name for each in tmp_path.iterdir()]


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    """What another installation sealed stays closed, and says what to do."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    sealed = seal_of(tmp_path / "a").close({"password": "x"})
    with pytest.raises(SealingError, match="enter the secrets again"):
        seal_of(tmp_path / "b").open(sealed)


def test_a_damaged_key_is_said_to_be(tmp_path: Path) -> None:
    """A key file somebody edited does not pass for one."""
    (tmp_path / KEY_FILE).write_text("nonsense")
    with pytest.raises(SealingError, match="damaged"):
        seal_of(tmp_path)
