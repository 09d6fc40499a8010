"""The platform's settings: one `tocsin.toml`, and `TOCSIN_*` variables that go before it.

`TOCSIN_HTTP__PORT=9000` sets `port` of `[http]`. Every setting has a default; an unknown one is refused.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import (
    Field,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tocsin.core.errors import ContentError, Location
from tocsin.settings_sections import (
    BeatsSettings,
    ContentSettings,
    DashboardSettings,
    DetectSettings,
    EnrichSettings,
    HTTPSettings,
    IngestSettings,
    IntelSettings,
    NotifySettings,
    RespondSettings,
    RulesSettings,
    StoreSettings,
    SyslogSettings,
)

_DATABASES = ("sqlite", "postgresql")


class SettingsError(ContentError):
    """The settings cannot be used; names the file, the line and the setting."""

    code = "settings"


def _address(text: str) -> str:
    """Return the address of a database; the errors do not repeat it, since it may hold a password."""
    try:
        known = not text or make_url(text).get_backend_name() in _DATABASES
    except ArgumentError as error:
        raise ValueError("this is no SQLAlchemy address, such as postgresql+psycopg://host/name") from error
    if not known:
        raise ValueError(f"only these databases are supported: {', '.join(_DATABASES)}")
    return text


def default_data_folder() -> Path:
    """Return the user's data folder for Tocsin, by the XDG base directory rules."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "tocsin"


class Settings(BaseSettings):
    """Everything an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix="TOCSIN_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    data: Path = Field(default_factory=default_data_folder)
    """Folder of everything that is kept."""
    database: str = ""
    """SQLAlchemy address of the relational database; empty: SQLite in the data folder."""
    http: HTTPSettings = HTTPSettings()
    syslog: SyslogSettings = SyslogSettings()
    beats: BeatsSettings = BeatsSettings()
    ingest: IngestSettings = IngestSettings()
    store: StoreSettings = StoreSettings()
    content: ContentSettings = ContentSettings()
    rules: RulesSettings = RulesSettings()
    detect: DetectSettings = DetectSettings()
    enrich: EnrichSettings = EnrichSettings()
    respond: RespondSettings = RespondSettings()
    intel: IntelSettings = IntelSettings()
    dashboards: DashboardSettings = DashboardSettings()
    notify: NotifySettings = NotifySettings()
    agent: dict[str, Any] = {}
    """The agent's own table, when both share a file; read and checked by the agent."""

    @field_validator("database")
    @classmethod
    def _is_address(cls, text: str) -> str:
        return _address(text)


def load_settings(path: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings; `overrides` go before the environment, which goes before the file.

    `path` None reads `tocsin.toml` of the working folder when there is one. Raises `SettingsError`.
    """
    chosen = path or Path("tocsin.toml")
    if path is None and not chosen.exists():
        return _checked({}, overrides, str(chosen), "")
    text = _read(chosen)
    return _checked(_parse(text, str(chosen)), overrides, str(chosen), text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read: {error}", location=Location(str(path))) from error


def _parse(text: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = (int(part) for part in found.groups()) if found else (0, 0)
        raise SettingsError(str(error), location=Location(path, line, column)) from error


def _checked(values: dict[str, Any], overrides: dict[str, Any], path: str, text: str) -> Settings:
    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del dotenv_settings, file_secret_settings  # neither is a place we promise to look in
            return init_settings, env_settings, InitSettingsSource(settings_cls, values)

    try:
        return FromFile(**overrides)
    except ValidationError as error:
        first = error.errors()[0]
        name = [str(part) for part in first["loc"]]
        line = _line_of(text, name)
        where = Location(path, line) if line else Location("TOCSIN_" + "__".join(name).upper())
        raise SettingsError(f"{'.'.join(name)}: {first['msg']}", location=where) from error


def _line_of(text: str, name: list[str]) -> int:
    """Return the line on which the setting stands, counting from 1; 0 when it is not in the text."""
    section, key = (name[0], name[1]) if len(name) > 1 else ("", name[0])
    inside = not section
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[([^\]]+)\]", line)
        if header:
            inside = header[1].strip() == section
            if not section and header[1].strip() == key:
                return number
        elif inside and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return 0
