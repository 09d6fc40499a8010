"""Settings come from one file and the environment, and a bad one is refused by name and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tocsin.toml"
    path.write_text(text)
    return path


def test_defaults_need_no_file() -> None:
    """Without a file everything has a value and nothing listens beyond loopback."""
    settings = load_settings()

    assert "127.0.0.1" == settings.http.host
    assert 0 == settings.syslog.udp_port


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable replaces one setting of a section and leaves the others of the file."""
    path = written(tmp_path, '[http]\nport = 9000\nhost = "127.0.0.2"\n')
    monkeypatch.setenv("TOCSIN_HTTP__PORT", "9001")

    settings = load_settings(path)

    assert (9001, "127.0.0.2") == (settings.http.port, settings.http.host)


@pytest.mark.parametrize(
    ("text", "line", "named"),
    [
        ("[http]\n\nprot = 1\n", 3, "http.prot"),
        ('[http]\nport = "x"\n', 2, "http.port"),
        ("\nfoo = 1\n", 2, "foo"),
        ("a = \n", 1, "Invalid value"),
        ('[store]\nmemory_limit = "lots"\n', 2, "store.memory_limit"),
        ('[intel]\nown_networks = [\n"300.0.0.0/8"]\n', 2, "intel.own_networks: .*300.0.0.0/8"),
        ('[rules]\ntime_zone = "Mars/Phobos"\n', 2, "rules.time_zone: .*no time zone"),
        ("[rules]\nmemory_size = 3\n", 2, "rules.memory_size"),
        ('database = "nonsense"\n', 1, "database: .*no SQLAlchemy address"),
        ('database = "mysql://host/name"\n', 1, "database: .*sqlite, postgresql"),
    ],
)
def test_a_bad_setting_is_named_with_its_line(tmp_path: Path, text: str, line: int, named: str) -> None:
    """The error says which file, which line and which setting."""
    path = written(tmp_path, text)

    with pytest.raises(SettingsError, match=named) as caught:
        load_settings(path)

    assert caught.value.location is not None
    assert (str(path), line) == (caught.value.location.path, caught.value.location.line)


def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong value from the environment is blamed on the variable, not on a file."""
    monkeypatch.setenv("TOCSIN_HTTP__PORT", "many")

    with pytest.raises(SettingsError, match="TOCSIN_HTTP__PORT"):
        load_settings()


def test_a_missing_file_asked_for_is_an_error(tmp_path: Path) -> None:
    """A file named on purpose must be there."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.toml")


def test_a_bad_database_address_keeps_its_password(tmp_path: Path) -> None:
    """The error names the setting and never what it holds."""
    path = written(tmp_path, 'database = "mysql://me:hunter2@host/name"\n')

    with pytest.raises(SettingsError) as caught:
        load_settings(path)

    assert "hunter2" not in str(caught.value)


def test_good_values_are_taken(tmp_path: Path) -> None:
    """What the guide shows is accepted."""
    path = written(
        tmp_path,
        'database = "postgresql+psycopg://tocsin@/tocsin"\n[store]\nmemory_limit = "1.5 GiB"\n'
        '[intel]\nown_networks = ["10.0.0.0/8", "2001:db8::/32"]\n',
    )

    settings = load_settings(path)

    assert ("1.5 GiB", 2) == (settings.store.memory_limit, len(settings.intel.own_networks))


def test_the_agents_table_may_share_the_file(tmp_path: Path) -> None:
    """What the agent reads is left to the agent."""
    path = written(tmp_path, '[agent]\nserver = "http://127.0.0.1:1"\n\n[http]\nport = 9000\n')

    assert 9000 == load_settings(path).http.port
