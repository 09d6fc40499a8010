"""Every reference page by its file name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tocsin.cli.reference.commands import command_page
from tocsin.cli.reference.events import event_page
from tocsin.cli.reference.http import openapi_document, route_page
from tocsin.cli.reference.playbooks import playbook_page
from tocsin.cli.reference.rules import rule_page
from tocsin.cli.reference.settings import settings_page

PAGES: Mapping[str, Callable[[], str]] = {
    "api.md": route_page,
    "cli.md": command_page,
    "events.md": event_page,
    "openapi.json": openapi_document,
    "playbooks.md": playbook_page,
    "rules.md": rule_page,
    "settings.md": settings_page,
}


def write_pages(folder: Path) -> list[Path]:
    """Write every page into the folder and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, page in PAGES.items():
        path = folder / name
        path.write_text(page(), encoding="utf-8")
        written.append(path)
    return written
