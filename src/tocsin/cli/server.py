"""`tocsin up`: the platform for real."""

from __future__ import annotations

import gc
import logging
import signal
import threading
from pathlib import Path
from typing import Any

import typer

from tocsin import journal
from tocsin.app import open_platform
from tocsin.settings import Settings, load_settings

GARBAGE_AFTER = 20_000
"""Objects made before those made since are looked through for garbage: events are many and make no cycles.

Measured with 500 rules that follow the log: with Python's own 700, a fifth of detection's time went there.
"""


def spare_what_is_loaded() -> None:
    """Never look through what exists now for garbage again: rules and tables stay, and are a million objects.

    Measured with 4,252 rules: each look through them takes 0.6 s, a tenth of detection's time. What of them
    is let go later is freed all the same unless it refers to itself.
    """
    gc.collect()
    gc.freeze()


def run_server(config: Path | None, *, data: Path | None, host: str | None, port: int | None) -> int:
    """Run the platform until SIGTERM or SIGINT; returns the exit status. SIGHUP reloads the rules."""
    settings = settings_with(config, data=data, host=host, port=port)
    journal.configure(logging.INFO)
    gc.set_threshold(GARBAGE_AFTER)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    platform = open_platform(settings)
    signal.signal(signal.SIGHUP, lambda *_: platform.ask_reload())
    try:
        platform.start()
        spare_what_is_loaded()
        greet(platform)
        stop.wait()
        typer.echo("Stopping: what was accepted is being stored.")
    finally:
        platform.stop()
    return 0


def settings_with(
    config: Path | None, *, data: Path | None = None, host: str | None = None, port: int | None = None
) -> Settings:
    """Read the settings with what the command line says on top."""
    overrides: dict[str, Any] = {} if data is None else {"data": data}
    http = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    if http:
        overrides["http"] = http
    return load_settings(config, **overrides)


def greet(platform: Any) -> None:
    """Say where the platform is, what was refused, and how to set the first password."""
    typer.echo(f"Tocsin is running at {platform.url} with its data in {platform.folder}")
    for problem in platform.problems:
        typer.echo(f"refused: {problem}", err=True)
    token = platform.setup_token()
    if token:
        typer.echo(f"Set the administrator's password here, once: {platform.url}/setup?token={token}")
