"""Whether the platform is well, and its figures."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry, Counter

from tocsin.store.base import StoreError


def test_all_well(client_as: Any) -> None:
    """Anyone may ask and learns only that."""
    answer = client_as(None, store=SimpleNamespace(last_commit=lambda: 7)).get("/healthz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "checks": {"database": "ok", "store": "ok"}},
    )


def test_a_log_that_does_not_answer_shows(client_as: Any) -> None:
    """503 for load balancers, and no word of the reason."""

    def broken() -> int:
        raise StoreError("no such file /secret/path")

    answer = client_as(None, store=SimpleNamespace(last_commit=broken)).get("/healthz")
    assert (answer.status_code, answer.json()["checks"]["store"]) == (503, "degraded")
    assert "secret" not in answer.text


def test_a_full_disk_shows(client_as: Any) -> None:
    """Who watches the platform learns that nothing more is stored before the senders' spools are full."""
    answer = client_as(None, pipeline=SimpleNamespace(is_full=lambda: True)).get("/healthz")
    assert (answer.status_code, answer.json()["checks"]["ingest"]) == (503, "degraded")


def test_figures_are_for_those_who_may(client_as: Any) -> None:
    """Prometheus calls with a key of a role that reads sources; an agent's does not do."""
    registry = CollectorRegistry()
    Counter("tocsin_test", "A count.", registry=registry).inc()
    answer = client_as("read-only", metrics=registry).get("/metrics")
    assert "tocsin_test_total 1.0" in answer.text
    assert client_as("agent", metrics=registry).get("/metrics").status_code == 403
    assert client_as(None, metrics=registry).get("/metrics").status_code == 401
    assert client_as("read-only").get("/metrics").status_code == 404
