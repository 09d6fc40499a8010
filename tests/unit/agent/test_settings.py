"""The settings file: what is read, and how a mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.agent.errors import SettingsError
from tocsin.agent.settings import load_settings


def write(folder: Path, text: str) -> Path:
    path = folder / "agent.toml"
    path.write_text(text)
    return path


def test_everything_can_be_set(tmp_path: Path) -> None:
    """The table may stand beside others and hold tables of its own."""
    path = write(
        tmp_path,
        """
[platform]
port = 1
[agent]
server = "https://tocsin.example"
name = "web1"
state = "/tmp/state"
journal = true
logs = [{path = "/var/log/*.log", from_start = true}, {path = "/var/log/app.json", format = "json"}]
fim_interval = 60
[[agent.fim]]
path = "/etc"
diff = true
ignore = ["*.swp"]
""",
    )
    settings = load_settings(path)
    assert settings.host_name == "web1"
    assert settings.state_folder == Path("/tmp/state")
    assert [log.path for log in settings.logs] == ["/var/log/*.log", "/var/log/app.json"]
    assert settings.fim[0].ignore == ("*.swp",)
    assert settings.fim_interval == 60.0


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[agent]\nname = 5\n", 2, "agent.name: Expected `str`, got `int`"),
        ('[agent]\njournal = true\nnmae = "x"\n', 3, "unknown field `nmae`"),
        ('[agent]\nlogs = [\n  {path = "/a"},\n  {pth = "/b"},\n]\n', 4, "agent.logs"),
        ('[x]\nserver = 1\n[agent]\nserver = "ftp://x"\n', 4, "agent.server: 'ftp://x'"),
        ('[agent]\nlogs = [{path = "relative"}]\n', 2, "not an absolute path"),
        ("[agent]\nfim_interval = 0\n", 2, "agent.fim_interval: must be at least 1"),
        ("[agent]\nname = \n", 2, "Invalid value"),
        ("[other]\n", 0, "no [agent] table"),
    ],
)
def test_a_mistake_names_file_line_key_and_reason(tmp_path: Path, text: str, line: int, words: str) -> None:
    """Every refusal says where and why."""
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    location = caught.value.location
    assert location is not None
    assert (location.path, location.line) == (str(path), line)
    assert words in caught.value.message


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """A file that is not there or is no text is refused by name."""
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read"):
        load_settings(tmp_path / "none.toml")
    (tmp_path / "bin.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "bin.toml")
