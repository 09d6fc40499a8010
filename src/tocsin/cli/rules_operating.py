"""`tocsin rules stats|enable|disable|reload`: rules of the platform on this machine, running or not."""

from __future__ import annotations

import getpass
import os
import signal
from typing import Annotated

import typer

from tocsin.cli.printing import console, moment, print_json
from tocsin.cli.rules_content import ConfigOption, DataOption, JSONOption, RulesetOption, opened, settings_of
from tocsin.content import content_store
from tocsin.core.actor import Actor
from tocsin.core.clock import SystemClock
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.folder import running_on
from tocsin.rules.catalogue import RuleView
from tocsin.rules.store import SWITCHES_FILE
from tocsin.rules.switchbook import Switch, SwitchBook
from tocsin.rules.switches import SwitchKind, rule_number
from tocsin.settings import Settings

_SORTS = {
    "hits": lambda view: (-view.hits, view.id),
    "alerts": lambda view: (-view.alerts, view.id),
    "cost": lambda view: (-view.mean_ns, view.id),
    "last": lambda view: (-(view.last_hit_at or 0), view.id),
}

KindOption = Annotated[str, typer.Option("--kind", help="What is named: rule, file or group.")]


def stats(  # noqa: PLR0917 - typer reads options from the parameters
    ruleset: RulesetOption = None,
    sort: Annotated[str, typer.Option(help="hits, alerts, cost or last.")] = "hits",
    top: Annotated[int, typer.Option(min=1, max=100_000, help="So many rules.")] = 20,
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Show how often rules were the verdict and what trying them costs, as kept by the platform.

    Hits are counted exactly. Cost is CPU time of a rule's conditions, measured on about one event a second.

    Example: tocsin rules stats --sort cost --top 10
    """
    if sort not in _SORTS:
        raise InvalidError(f"{sort!r} is none of {', '.join(_SORTS)}")
    views = [view for view in opened(ruleset, data, config).catalogue.list() if view.hits or view.tries]
    views = sorted(views, key=_SORTS[sort])[:top]
    if json_:
        print_json(views)
        return
    console().print(f"{'rule':>6} {'level':>5} {'hits':>10} {'alerts':>8} {'cost':>10}  last hit")
    for view in views:
        console().print(_figures(view))


def enable(
    names: Annotated[list[str], typer.Argument(help="Rule ids, or names of files or groups.")],
    kind: KindOption = "rule",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Switch rules, files or groups on again. A running platform takes it up within seconds.

    Example: tocsin rules enable 5712
    """
    _turn(names, kind, settings_of(data, config), enabled=True, as_json=json_)


def disable(
    names: Annotated[list[str], typer.Argument(help="Rule ids, or names of files or groups.")],
    kind: KindOption = "rule",
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Switch rules, files or groups off; it stays so when content is imported again.

    A rule that is off gives no verdict; rules below it work on.

    Example: tocsin rules disable --kind file 0215-policy_rules.xml
    """
    _turn(names, kind, settings_of(data, config), enabled=False, as_json=json_)


def reload(
    data: DataOption = None,
    config: ConfigOption = None,
    json_: JSONOption = False,
) -> None:
    """Have the platform that runs on the data folder read its content again, and show what came of it.

    No event is lost, and what rules remember stays. Over the network: POST /api/v1/analysis/reload.
    Status 1 when more is refused than before.

    Example: tocsin rules reload --data /var/lib/tocsin
    """
    settings = settings_of(data, config)
    pid = running_on(settings.data)
    if pid is None:
        raise NotFoundError(f"no platform runs on {settings.data}")
    from tocsin.cli.rules_trail import reloads

    with reloads(settings) as awaited:
        os.kill(pid, signal.SIGHUP)
        details = awaited()
    if json_:
        print_json(details)
    else:
        rules, problems = details["rules"], details["problems"]
        console().print(
            f"{rules[1]} rules in force (before: {rules[0]}), {problems[1]} problems "
            f"(before: {problems[0]}), in {details['duration_ms']} ms"
        )
        for what in ("added", "changed", "removed"):
            if details[what]:
                console().print(f"{what}: {', '.join(details[what])}")
    raise typer.Exit(1 if details["problems"][1] > details["problems"][0] else 0)


def _turn(names: list[str], kind: str, settings: Settings, *, enabled: bool, as_json: bool) -> None:
    wanted = _kind(kind)
    if wanted == "rule":
        for name in names:
            rule_number(name)
    book, actor = SwitchBook(content_store(settings).folder / SWITCHES_FILE), operator()
    from tocsin.cli.rules_trail import recording

    with recording(settings) as record:
        for name in names:
            details = {"enabled": [None, enabled], "kind": wanted}
            record(actor, "enable" if enabled else "disable", "rule", name, details)
            book.turn(Switch(wanted, name, enabled, str(actor), SystemClock().now()))
    if as_json:
        print_json([{"kind": wanted, "subject": name, "enabled": enabled} for name in names])
    else:
        console().print(f"{wanted} {', '.join(names)}: {'on' if enabled else 'off'}")


def _kind(text: str) -> SwitchKind:
    kinds: dict[str, SwitchKind] = {"rule": "rule", "file": "file", "group": "group"}
    if text not in kinds:
        raise InvalidError(f"{text!r} is none of {', '.join(kinds)}")
    return kinds[text]


def operator() -> Actor:
    """Return who is at the command line."""
    try:
        return Actor("user", f"command-line:{getpass.getuser()}")
    except (KeyError, OSError):  # a user id without a name
        return Actor("user", "command-line")


def _figures(view: RuleView) -> str:
    cost = f"{view.mean_ns / 1_000:.1f} us" if view.tries else "-"
    return (
        f"{view.id:>6} {view.level:>5} {view.hits:>10} {view.alerts:>8} {cost:>10}  "
        f"{moment(view.last_hit_at)}  {view.description}"
    )
