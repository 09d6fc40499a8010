"""Asks the platform over its API, as any client would, and prints the story."""

from __future__ import annotations

import json
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from rich.console import Console

from tocsin.demo.story import AlertOutcome, CaseOutcome, Verified, alert_outcome

_TIMEOUT_S = 30


class Client:
    """A small client of the platform on this machine, logged in with a session."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Any:
        """Return the document at `path` under `/api/v1`."""
        return self._ask(urllib.request.Request(f"{self.url}/api/v1{path}"))  # noqa: S310 - our own address

    def post(self, path: str, document: Any) -> Any:
        """Send a document to `path` and return the answer."""
        headers = {"Content-Type": "application/json", "X-Requested-With": "tocsin"}
        body = json.dumps(document).encode()
        return self._ask(urllib.request.Request(f"{self.url}/api/v1{path}", body, headers))  # noqa: S310

    def alerts(self) -> list[AlertOutcome]:
        """Return every alert with the reasons of its decisions."""
        items = self.get("/alerts?limit=200&sort=created_at")["items"]
        return [alert_outcome(one, self.get(f"/alerts/{one['id']}/decisions")["items"]) for one in items]

    def case(self, number: int) -> CaseOutcome:
        """Return a case with what hangs on it."""
        case = self.get(f"/cases/{number}")
        observables = self.get(f"/cases/{number}/observables")["items"]
        return CaseOutcome(
            number=number,
            title=case["title"],
            assignee=case["assignee"],
            tasks=case["task_count"],
            observables=tuple((one["kind"], one["value"], one["verdict"]) for one in observables),
            techniques=tuple(one["id"] for one in case["techniques"]),
            timeline=len(self.get(f"/cases/{number}/timeline")["items"]),
        )

    def _ask(self, request: urllib.request.Request) -> Any:
        with self._opener.open(request, timeout=_TIMEOUT_S) as answer:
            return json.load(answer)


def tell(console: Console, client: Client, events: int, verified: list[Verified]) -> None:
    """Print what happened, with links into the console."""
    alerts = client.alerts()
    console.rule("[bold]What happened")
    console.print(f"{events} events in, {len(alerts)} alerts opened.  [dim]{client.url}/alerts[/dim]\n")
    for alert in alerts:
        if alert.status == "closed":
            _closed(console, client, alert)
    for number in sorted({alert.case_number for alert in alerts if alert.case_number}):
        _case(console, client, client.case(number), [a for a in alerts if a.case_number == number])
    for alert in alerts:
        if alert.status not in ("closed", "imported"):
            _left(console, client, alert)
    _expectations(console, verified)


def _closed(console: Console, client: Client, alert: AlertOutcome) -> None:
    console.print(f"[green]closed by itself[/green]  #{alert.number} {alert.title} ({alert.events} events)")
    console.print(f"   as {alert.resolution}  [dim]{client.url}/alerts/{alert.id}[/dim]")
    _reasons(console, alert.reasons)


def _case(console: Console, client: Client, case: CaseOutcome, alerts: list[AlertOutcome]) -> None:
    to = f" to {case.assignee}" if case.assignee else ""
    console.print(f"[bold red]escalated{to}[/bold red]  case #{case.number} {case.title}")
    console.print(f"   [dim]{client.url}/cases/{case.number}[/dim]")
    for alert in alerts:
        console.print(f"   from alert #{alert.number} {alert.title} ({alert.events} events)")
        _reasons(console, alert.reasons)
    console.print(f"   {case.tasks} tasks, {case.timeline} timeline entries, {', '.join(case.techniques)}")
    for kind, value, verdict in case.observables:
        console.print(f"   observable {kind} {value}: {verdict or 'no verdict'}", highlight=False)
    console.print()


def _left(console: Console, client: Client, alert: AlertOutcome) -> None:
    console.print(f"[yellow]left to you[/yellow]  #{alert.number} {alert.title} ({alert.events} events)")
    console.print(f"   [dim]{client.url}/alerts/{alert.id}[/dim]")
    _reasons(console, alert.reasons)


def _reasons(console: Console, reasons: tuple[str, ...]) -> None:
    for reason in reasons:
        console.print(f"   · {reason}", highlight=False)


def _expectations(console: Console, verified: list[Verified]) -> None:
    console.rule("[bold]As expected?")
    for one in verified:
        mark = "[green]yes[/green]" if one.met else "[bold red]NO[/bold red] "
        console.print(f"{mark}  {one.expected.outcome}: {one.expected.title} ({one.expected.because})")
