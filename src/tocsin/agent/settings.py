"""The `[agent]` table of a TOML file: what to watch, where to send it, how much to keep.

The table may stand in a file of its own or beside the platform's tables in one `tocsin.toml`.
"""

from __future__ import annotations

import os
import re
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from tocsin.agent.errors import SettingsError
from tocsin.core.errors import Location


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pattern of log files. `path` may hold `*`, `?`, `[...]` and `**`."""

    path: str
    from_start: bool = False
    """Read what is already in the files when the pattern is seen for the first time."""
    format: Literal["line", "json"] = "line"
    host: str = ""
    """The host whose logs these are, when another host's are kept here; empty: this one's."""


class WatchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file or folder whose integrity is watched."""

    path: str
    recursive: bool = True
    diff: bool = False
    """Keep the text of small text files and report what changed in it. Never done for files that look
    like secrets (`shadow`, private keys)."""
    ignore: tuple[str, ...] = ()
    """Shell patterns; a path that fits one, whole or by its last part, is left alone."""


class CommandSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command that is run again and again, whose output is sent as log lines."""

    command: tuple[str, ...]
    """The program and its arguments; no shell is involved."""
    alias: str = ""
    """What rules see as the command's name; empty: the command itself."""
    interval: float = 360.0
    whole: bool = False
    """Send all output as one record, which rules can compare with the one before."""
    timeout: float = 30.0
    """The command is ended when it takes longer."""


class AgentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an agent is told. Intervals are seconds unless the name says otherwise."""

    server: str = ""
    """Address of the platform, `https://host[:port]` or `http://...`; empty: as enrolled."""
    name: str = ""
    """How this host is called in the console; empty: its host name."""
    state: str = ""
    """Folder of spool, baselines and key; empty: see `default_state`."""
    ca: str = ""
    """PEM file of the authorities to trust for https; empty: the system's."""
    logs: tuple[LogSettings, ...] = ()
    journal: bool = False
    journal_command: str = "journalctl"
    fim: tuple[WatchSettings, ...] = ()
    fim_interval: float = 300.0
    fim_max_hash_mb: float = 64.0
    """Larger files are watched without a hash."""
    commands: tuple[CommandSettings, ...] = ()
    ports: bool = True
    ports_interval: float = 10.0
    hidden: bool = True
    hidden_interval: float = 600.0
    inventory: bool = True
    inventory_interval: float = 300.0
    heartbeat_interval: float = 15.0
    poll_ms: float = 100.0
    """How often log files are looked at."""
    spool_limit_mb: float = 256.0
    """When it is three quarters full, log files wait to be read. When it is full all the same, because the
    server is away for long, the oldest records are refused and counted."""

    @property
    def host_name(self) -> str:
        """The configured name, or the host's own."""
        return self.name or socket.gethostname()

    @property
    def state_folder(self) -> Path:
        """The configured state folder, or the default one."""
        return Path(self.state).expanduser() if self.state else default_state()


_AT = re.compile(r" - at `(?P<path>[^`]+)`$")
_TOML_LINE = re.compile(r"at line (?P<line>\d+), column (?P<column>\d+)")


def default_state() -> Path:
    """Return `/var/lib/tocsin-agent` for root, else a folder under the user's state home."""
    if os.geteuid() == 0:
        return Path("/var/lib/tocsin-agent")
    return Path(os.environ.get("XDG_STATE_HOME", "~/.local/state")).expanduser() / "tocsin-agent"


def load_settings(path: Path) -> AgentSettings:
    """Read and check the `[agent]` table of `path`.

    Raises `SettingsError` with file, key, reason and, when it can be found, the line.
    """
    text = _read(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _TOML_LINE.search(str(error))
        line, column = (int(place["line"]), int(place["column"])) if place else (0, 0)
        raise SettingsError(str(error), location=Location(str(path), line, column)) from error
    table = document.get("agent")
    if not isinstance(table, dict):
        raise SettingsError("there is no [agent] table", location=Location(str(path)))
    settings = _convert(table, text, path)
    _check(settings, text, path)
    return settings


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot be read: {error}", location=Location(str(path))) from error


def _convert(table: dict[str, Any], text: str, path: Path) -> AgentSettings:
    try:
        return msgspec.convert(table, AgentSettings)
    except msgspec.ValidationError as error:
        message = str(error)
        place = _AT.search(message)
        key = place["path"].removeprefix("$").lstrip(".") if place else ""
        unknown = re.search(r"unknown field `(\w+)`", message)
        name = unknown[1] if unknown else key.rsplit(".", 1)[-1].split("[")[0]
        where = f"agent.{key}" if key else "agent"
        raise SettingsError(
            f"{where}: {_AT.sub('', message)}", location=Location(str(path), line_of_key(text, name))
        ) from error


def _check(settings: AgentSettings, text: str, path: Path) -> None:
    for key, reason in _faults(settings):
        line = line_of_key(text, key.rsplit(".", 1)[-1])
        raise SettingsError(f"agent.{key}: {reason}", location=Location(str(path), line))


def _faults(settings: AgentSettings) -> Iterator[tuple[str, str]]:
    """Yield key and reason of each value that cannot be used."""
    if settings.server and not settings.server.startswith(("http://", "https://")):
        yield "server", f"{settings.server!r} begins with neither http:// nor https://"
    for name in ("fim_interval", "ports_interval", "hidden_interval", "inventory_interval"):
        if getattr(settings, name) < 1:
            yield name, "must be at least 1 second"
    for name, least in (("poll_ms", 10), ("spool_limit_mb", 1), ("heartbeat_interval", 0.1)):
        if getattr(settings, name) < least:
            yield name, f"must be at least {least}"
    for key, paths in (("logs.path", settings.logs), ("fim.path", settings.fim)):
        for one in paths:
            if not one.path.startswith("/"):
                yield key, f"{one.path!r} is not an absolute path"
    for command in settings.commands:
        key, reason = _fault(command)
        if reason:
            yield f"commands.{key}", reason


def _fault(command: CommandSettings) -> tuple[str, str]:
    """Return the key and the reason for which a command cannot be used; empty when it can."""
    if not command.command or not command.command[0]:
        return "command", "names no program"
    if "'" in command.alias or "\n" in command.alias:
        return "alias", "must hold neither quotes nor line ends"
    if command.interval < 1 or not 0 < command.timeout <= 600:
        return "interval", "interval is at least 1 second, timeout at most 600"
    return "", ""


def line_of_key(text: str, key: str) -> int:
    """Return the first line within `[agent...]` that assigns `key`, or 0 when none is found."""
    inside = False
    sought = re.compile(rf"""(^|[{{,\s]){re.escape(key)}\s*=""") if key else None
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([\w.]+)", line)
        if header:
            inside = header[1] == "agent" or header[1].startswith("agent.")
            if inside and sought is None:
                return number
        elif inside and sought and sought.search(line):
            return number
    return 0
