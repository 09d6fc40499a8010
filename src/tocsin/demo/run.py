"""Runs the demo: platform, agent, scenario, story."""

from __future__ import annotations

import secrets
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from tocsin import journal
from tocsin.app import open_platform
from tocsin.content import own_content
from tocsin.core.errors import TocsinError
from tocsin.demo.scenario import Scenario, load_scenario
from tocsin.demo.stage import Stage
from tocsin.demo.story import Verified, verify
from tocsin.demo.teller import Client, tell
from tocsin.platform import Platform
from tocsin.settings import Settings
from tocsin.settings_sections import ContentSettings, HTTPSettings

LOGIN = "demo"
ANALYST = "alex"
_CHUNK = 60
_CHUNK_PAUSE_S = 0.08
_PATIENCE_S = 40.0


def run_demo(*, stay: bool, port: int) -> int:
    """Tell the story; returns 0 when every expected outcome came about, else 1.

    With `stay` the platform goes on until Ctrl-C after the story.
    """
    journal.configure()
    console = Console()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as name:
        folder = Path(name)
        platform = open_platform(_settings(folder, port))
        try:
            platform.start()
            return _play(console, platform, folder, stop, stay=stay)
        finally:
            platform.stop()


def _settings(folder: Path, port: int) -> Settings:
    lists = own_content() / "demo" / "warninglists"
    return Settings(
        data=folder / "data",
        http=HTTPSettings(port=port),
        content=ContentSettings(warninglists=(lists,)),
    )


def _play(console: Console, platform: Platform, folder: Path, stop: threading.Event, *, stay: bool) -> int:
    password = secrets.token_urlsafe(12)
    client = _client(platform, password)
    scenario = load_scenario(own_content() / "demo" / "scenario.yml")
    _prepare(platform)
    stage = Stage(folder, platform.url, scenario.hosts)
    try:
        stage.start_agent(_token(client))
        console.print(
            f"Tocsin runs at {platform.url}: log in as [bold]{LOGIN}[/bold] with [bold]{password}[/bold]\n"
        )
        verified = _act(console, client, stage, scenario, stop)
        tell(console, client, client.get("/events/count")["count"], verified)
        if stay:
            console.print(f"\n[bold]{platform.url}[/bold]  {LOGIN} / {password}    Ctrl-C ends the demo.")
            stop.wait()
    finally:
        stage.clear()
    return 0 if all(one.met for one in verified) else 1


def _client(platform: Platform, password: str) -> Client:
    client = Client(platform.url)
    setup = {"token": platform.setup_token(), "login": LOGIN, "password": password}
    client.post("/setup", setup)
    analyst = {
        "login": ANALYST,
        "name": "Alex, on call",
        "role": "analyst",
        "password": secrets.token_urlsafe(16),
    }
    client.post("/users", analyst)
    return client


def _token(client: Client) -> str:
    return str(client.post("/agents/tokens", {"name": "demo"})["token"])


def _prepare(platform: Platform) -> None:
    """Load the indicator feed that names the intruder's download."""
    platform.import_feed(own_content() / "demo" / "indicators.csv", "demo-feed")


def _act(
    console: Console, client: Client, stage: Stage, scenario: Scenario, stop: threading.Event
) -> list[Verified]:
    with Progress(console=console, transient=True) as progress:
        _wait(progress, "The agent takes stock of this host", lambda: _agent_is_ready(client, stage), stop)
        _feed(progress, stage, scenario)
        stage.change_passwd()
        stage.open_port()
        _wait(progress, "Alerts are enriched and decided on", lambda: _is_settled(client, scenario), stop)
    return verify(scenario.expected, client.alerts())


def _feed(progress: Progress, stage: Stage, scenario: Scenario) -> None:
    """Write the scenario's lines into the watched files, in order of time."""
    lines = scenario.lines(time.time_ns() // 1000)
    task = progress.add_task(f"{scenario.name}: {len(lines)} lines", total=len(lines))
    for first in range(0, len(lines), _CHUNK):
        chunk = lines[first : first + _CHUNK]
        for file in sorted({file for _, file, _ in chunk}):
            stage.append(file, [text for _, of, text in chunk if of == file])
        progress.advance(task, len(chunk))
        time.sleep(_CHUNK_PAUSE_S)  # a host does not write its day at once


def _agent_is_ready(client: Client, stage: Stage) -> bool:
    """The agent is ready when it has told which ports listen: from then on a new one is news."""
    if not stage.agent_runs():
        raise TocsinError(f"the demo's agent ended: {stage.agent_says()}")
    agents = client.get("/agents")["items"]
    if not agents or agents[0]["status"] != "active":
        return False
    return bool(client.get("/events/count?q=decoder.name:syscollector")["count"])


def _is_settled(client: Client, scenario: Scenario) -> bool:
    """Everything is settled when the expected came about and no alert waits for its decision."""
    alerts = client.alerts()
    decided = all(alert.reasons or alert.case_number for alert in alerts)
    return decided and all(one.met for one in verify(scenario.expected, alerts))


def _wait(progress: Progress, what: str, is_done: Callable[[], bool], stop: threading.Event) -> None:
    """Wait until it is done or patience ends; a late end is told by the story, not here."""
    task = progress.add_task(what, total=None)
    deadline = time.monotonic() + _PATIENCE_S
    while not stop.is_set() and time.monotonic() < deadline:
        if is_done():
            break
        time.sleep(0.25)
    progress.update(task, total=1, completed=1)
