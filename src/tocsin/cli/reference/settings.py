"""The settings of the platform and of the agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tocsin.agent.settings import AgentSettings, CommandSettings, LogSettings, WatchSettings
from tocsin.cli.reference.docstrings import attribute_docstrings, summary, written_types
from tocsin.cli.reference.markdown import code, page, table
from tocsin.settings import Settings

_HEADING = ("setting", "type", "default", "meaning")

_WORKED_OUT: Mapping[str, str] = {
    "data": "`~/.local/share/tocsin`",
    "ingest.workers": "processors less one, at least 1",
}
"""Defaults that depend on the machine, in words."""

_PLATFORM = """\
The platform reads `tocsin.toml` of its working folder, or the file of `--config`. What `--data`, `--host` and
`--port` say goes before the environment, which goes before the file: `TOCSIN_HTTP__PORT=9000` sets `port` of
`[http]`. A list in the environment is JSON: `TOCSIN_CONTENT__RULES='["/etc/tocsin"]'`. An unknown setting is
refused with its line."""

_AGENT = "The agent reads the `[agent]` table of the file given with `--config`. Intervals are seconds."


def settings_page() -> str:
    """Return the page of settings."""
    parts = [_PLATFORM]
    for name, section in _sections():
        rows = list(_rows(name, section))
        parts += [f"## {code(f'[{name}]') if name else 'At the top'}", summary(section) + ".", _table(rows)]
    parts += ["## The agent: `[agent]`", _AGENT, table(_HEADING, _struct_rows(AgentSettings))]
    tables = (
        ("[[agent.logs]]", LogSettings),
        ("[[agent.fim]]", WatchSettings),
        ("[[agent.commands]]", CommandSettings),
    )
    for heading, struct in tables:
        parts += [f"### {code(heading)}", summary(struct) + ".", table(_HEADING, _struct_rows(struct))]
    return page("Settings", *parts)


def _table(rows: list[tuple[str, ...]]) -> str:
    return table((*_HEADING[:1], "environment", *_HEADING[1:]), rows)


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    yield "", Settings
    for name, info in Settings.model_fields.items():
        if _is_section(info):
            yield name, info.annotation  # type: ignore[misc]  # a section's annotation is its class


def _is_section(info: FieldInfo) -> bool:
    return isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)


def _rows(section: str, owner: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    types, said = written_types(owner), attribute_docstrings(owner)
    for name, info in owner.model_fields.items():
        if _is_section(info):
            continue
        full = f"{section}.{name}" if section else name
        variable = "TOCSIN_" + full.replace(".", "__").upper()
        yield code(name), code(variable), code(types[name]), _default(full, info), said.get(name, "")


def _default(full: str, info: FieldInfo) -> str:
    if info.default_factory is not None:
        return _WORKED_OUT[full]
    return _shown(info.default)


def _struct_rows(owner: type[msgspec.Struct]) -> Iterator[tuple[str, ...]]:
    types, said = written_types(owner), attribute_docstrings(owner)
    for field in msgspec.structs.fields(owner):
        default = "" if field.required else _shown(field.default)
        yield code(field.name), code(types[field.name]), default, said.get(field.name, "")


def _shown(value: Any) -> str:
    if value is None or value in ("", ()):
        return "none"
    return code(str(value).lower() if isinstance(value, bool) else str(value))
