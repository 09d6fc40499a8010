"""The data folder belongs to one user and one platform."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from harness.waiting import PROCESS_S
from tocsin.folder import DataFolder, FolderError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_made_for_its_user_only(tmp_path: Path) -> None:
    """Folder and parts are closed to others, also when the folder was there and open before."""
    (tmp_path / "data").mkdir(mode=0o755)
    folder = DataFolder(tmp_path / "data")
    deep = DataFolder(tmp_path / "a" / "b")

    modes = [mode(path) for path in (folder.path, folder.part("events"), deep.path)]
    assert [0o700] * 3 == modes
    assert folder.part("events") == folder.part("events")
    folder.release()
    deep.release()


def test_a_second_platform_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    """The refusal says what to do; after `release` the folder is free."""
    first = DataFolder(tmp_path)
    with pytest.raises(FolderError, match=r"another platform is running .* choose another --data"):
        DataFolder(tmp_path)
    first.release()
    DataFolder(tmp_path).release()


def test_a_killed_platform_leaves_the_folder_free(tmp_path: Path) -> None:
    """The lock is the kernel's: nobody has to delete a file after a crash."""
    code = "import os, sys; from pathlib import Path; from tocsin.folder import DataFolder; "
    code += "DataFolder(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=PROCESS_S)
    assert -9 == ended.returncode
    assert (tmp_path / "lock").exists()
    DataFolder(tmp_path).release()


def test_what_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    """A file in the place of the folder is named in the error."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match=f"cannot use the data folder {tmp_path}/file/data: "):
        DataFolder(tmp_path / "file" / "data")
    with pytest.raises(FolderError, match="cannot use"):
        DataFolder(tmp_path / "file")


def test_the_home_folder_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` means the user's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = DataFolder(Path("~/tocsin"))
    assert tmp_path / "tocsin" == folder.path
    folder.release()
