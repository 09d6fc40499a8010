"""The platform keeps its log on a real OpenSearch: lines in, alert out, search and counts work."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from harness.opensearch import indices
from harness.processes import Server
from harness.sending import Sender
from harness.waiting import until

ADDRESS = "203.0.113.77"
GUESSES = [
    f"Nov 24 10:00:{second:02} web-01 sshd[4000]: Failed password for invalid user admin{second} "
    f"from {ADDRESS} port {40000 + second} ssh2".encode()
    for second in range(20)
]


@pytest.mark.slow
def test_platform_runs_on_opensearch(opensearch: str, tmp_path: Path) -> None:
    """Password guessing sent by an agent opens an alert, is found by a search, and survives a restart."""
    with indices(opensearch) as layout:
        settings = f'[store]\nkind = "opensearch"\nurl = "{opensearch}"\nprefix = "{layout.prefix}"\n'
        (tmp_path / "tocsin.toml").write_text(settings)
        server = Server(tmp_path)
        server.start()
        try:
            assert Sender(server, "web-01").batch(GUESSES).is_success
            client = server.client()
            until(lambda: _alerts(client))
            asked = {"q": f"source.ip:{ADDRESS}"}
            until(lambda: client.get("/events/count", params=asked).json()["count"] == len(GUESSES))
            found = client.get("/events", params=asked | {"limit": 5}).json()["items"]
            assert 5 == len(found)
            server.kill()
            server.start()
            assert len(GUESSES) == client.get("/events/count", params=asked).json()["count"]
            kept = f"{opensearch}/{layout.alias}/_count"
            until(lambda: httpx.get(kept).json()["count"] >= len(GUESSES))
        finally:
            server.close()
    assert not (tmp_path / "data" / "events" / "days").exists()


def _alerts(client: httpx.Client) -> list[dict[str, str]]:
    items = client.get("/alerts", params={"limit": 200}).json()["items"]
    return [alert for alert in items if ADDRESS in str(alert)]
