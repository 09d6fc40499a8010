"""The scenario as data: scenes that become log lines with times of today."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from tocsin.core.clock import SECOND, to_datetime
from tocsin.core.errors import ContentError, Location

Form = Literal["syslog", "clf"]


class ScenarioError(ContentError):
    """The scenario's file cannot be used."""

    code = "scenario"


@dataclass(frozen=True, slots=True)
class Scene:
    """Lines of one kind: `lines` are written `repeat` times over, one every `every` microseconds."""

    name: str
    title: str
    host: str
    file: str
    form: Form
    start: int
    """Offset of the first line from now, in microseconds; negative is past."""
    every: int
    repeat: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """One outcome that must come about: an alert whose title holds `title`."""

    outcome: Literal["closed", "escalated", "observed"]
    title: str
    because: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story: its scenes, and what the platform should make of them."""

    name: str
    users: tuple[str, ...]
    scenes: tuple[Scene, ...]
    expected: tuple[Expected, ...]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts of the story, by name."""
        return tuple(sorted({scene.host for scene in self.scenes}))

    def lines(self, now: int) -> list[tuple[int, str, str]]:
        """Return every line as (time, host/file, text), in order, for a story that ends by `now`."""
        chance = random.Random(self.name)  # the same story every time
        made = [line for scene in self.scenes for line in _lines_of(scene, self.users, now, chance)]
        return sorted(made, key=lambda line: line[0])


def load_scenario(path: Path) -> Scenario:
    """Read a scenario; raises `ScenarioError` naming the file and what is wrong."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Scenario(
            name=data["name"],
            users=tuple(data["users"]),
            scenes=tuple(_scene(one) for one in data["scenes"]),
            expected=tuple(
                Expected(outcome, one["title"], one["because"])
                for outcome, wanted in data["expected"].items()
                for one in wanted
            ),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ScenarioError(f"not a scenario: {error!r}", location=Location(str(path))) from error


def _scene(data: dict[str, Any]) -> Scene:
    return Scene(
        name=data["name"],
        title=data["title"],
        host=data["host"],
        file=data["file"],
        form=data["form"],
        start=_offset(data["start"]),
        every=_offset(data["every"]),
        repeat=data.get("repeat", 1),
        lines=tuple(data["lines"]),
    )


def _offset(text: str) -> int:
    return round(float(text.removesuffix("s")) * SECOND)


def _lines_of(
    scene: Scene, users: tuple[str, ...], now: int, chance: random.Random
) -> Iterator[tuple[int, str, str]]:
    at = now + scene.start
    for i in range(scene.repeat):
        for template in scene.lines:
            filling = _filling(i, users, chance)
            yield at, f"{scene.host}/{scene.file}", template.format(at=_written(at, scene.form), **filling)
            at += scene.every


def _filling(i: int, users: tuple[str, ...], chance: random.Random) -> dict[str, str | int]:
    return {
        "i": i,
        "user": users[i % len(users)],
        "pid": chance.randint(1000, 32000),
        "port": chance.randint(32768, 60999),
        "octet": chance.randint(10, 60),
        "size": chance.randint(300, 20000),
        "page": chance.choice(
            ("", "index.html", "news", "about", "static/app.js", "static/app.css", "contact")
        ),
        "probe": f"{chance.choice(('admin', 'backup', 'old', 'test', 'wp-admin', '.git', 'cgi-bin'))}/{i}",
    }


def _written(at: int, form: Form) -> str:
    """Return the time as the log writes it, in UTC."""
    moment = to_datetime(at)
    if form == "clf":
        return moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f"{moment:%b} {moment.day:>2} {moment:%H:%M:%S}"
