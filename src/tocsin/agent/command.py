"""The agent's commands, for `python -m tocsin.agent` and `tocsin agent` alike."""

from __future__ import annotations

import logging
import os
import resource
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tocsin import __version__
from tocsin.agent.errors import AgentError, UnauthorizedError
from tocsin.agent.heartbeat import STATUS_NAME
from tocsin.agent.identity import Identity, load_identity, save_identity
from tocsin.agent.inventory import read_inventory
from tocsin.agent.runtime import Agent
from tocsin.agent.server import HTTPServer
from tocsin.agent.settings import AgentSettings, load_settings

log = logging.getLogger(__name__)

_OPEN_FILES = 4096

EXIT_REFUSED = 4
"""Exit status when the server does not accept the agent: starting again alone will not help."""
TOKEN_VARIABLE = "TOCSIN_AGENT_TOKEN"  # noqa: S105 - the name of a variable


def settings_for(config: Path | None, state: Path | None = None) -> AgentSettings:
    """Return the settings of a file, or the defaults; `state` replaces the state folder."""
    settings = load_settings(config) if config else AgentSettings()
    return msgspec.structs.replace(settings, state=str(state)) if state else settings


def enrol(settings: AgentSettings, *, server: str, token: str, name: str = "", ca: str = "") -> Identity:
    """Join a server with a token and keep the key in the state folder.

    Raises `UnauthorizedError` for a token the server refuses, `LinkError` when it does not answer.
    """
    url = server or settings.server
    if not url:
        raise AgentError("no server: give --server or set agent.server in the settings")
    if not token:
        raise AgentError(f"no token: give --token or set {TOKEN_VARIABLE}")
    called = name or settings.host_name
    authorities = ca or settings.ca
    facts = read_inventory()
    host = {key: facts[key] for key in ("hostname", "os", "kernel", "architecture", "addresses")}
    client = HTTPServer(url, ca=authorities)
    try:
        agent_id, key = client.enrol(token, called, {**host, "version": __version__})
    finally:
        client.close()
    identity = Identity(agent_id, key, url, called, authorities)
    save_identity(settings.state_folder, identity)
    return identity


def run(settings: AgentSettings) -> int:
    """Run until SIGTERM or SIGINT; return the exit status.

    An agent that is not enrolled enrols itself first when `TOCSIN_AGENT_TOKEN` is set.
    """
    identity = load_identity(settings.state_folder)
    if identity is None:
        token = os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            raise AgentError(f"not enrolled ({settings.state_folder}): run `tocsin agent enrol` first")
        identity = enrol(settings, server="", token=token)
    url = settings.server or identity.server
    if urlsplit(url).scheme == "http" and urlsplit(url).hostname not in ("localhost", "127.0.0.1", "::1"):
        log.warning("%s is not encrypted: logs and this agent's key can be read on the way", url)
    _allow_files()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log.info("agent %s sends to %s", identity.agent_id, url)
    try:
        Agent(settings, identity).run(stop)
    except UnauthorizedError as error:
        log.error("%s", error.message)  # noqa: TRY400 - the traceback says nothing more
        return EXIT_REFUSED
    return 0


def _allow_files() -> None:
    """Raise the limit of open files as far as this process may: each log followed is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def status(settings: AgentSettings) -> Mapping[str, Any]:
    """Return what the agent last said of itself; `state` is `dead` when it ended without saying so."""
    folder = settings.state_folder
    identity = load_identity(folder)
    if identity is None:
        return {"state": "not enrolled", "folder": str(folder)}
    try:
        said = msgspec.json.decode((folder / STATUS_NAME).read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        return {"state": "never started", "agent_id": identity.agent_id, "server": identity.server}
    except msgspec.MsgspecError as error:
        raise AgentError(f"{folder / STATUS_NAME} cannot be read: {error}") from error
    if said.get("state") == "running" and not _is_alive(said.get("pid")):
        said["state"] = "dead"
    return said


def _is_alive(pid: object) -> bool:
    return isinstance(pid, int) and Path(f"/proc/{pid}").exists()


def describe(status: Mapping[str, Any]) -> str:
    """Return the status as a few lines for people."""
    lines = [f"{status['state']}: agent {status.get('agent_id', '-')} -> {status.get('server', '-')}"]
    if spool := status.get("spool"):
        lines.append(
            f"spool: {spool['records']} records wait ({spool['bytes'] / 1e6:.1f} MB),"
            f" acknowledged up to {spool['acknowledged']}, refused {spool['refused']}"
        )
        lines.append(f"server last heard: {status.get('server_heard_at') or 'never'}")
    for name, one in (status.get("collectors") or {}).items():
        figures = ", ".join(
            f"{key} {value}" for key, value in one.items() if key not in ("state", "detail") and value
        )
        lines.append(
            f"{name}: {one['state']}" + "".join(f"; {part}" for part in (figures, one["detail"]) if part)
        )
    return "\n".join(lines)
