"""Routes of analyzers and jobs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tocsin.api.enrich import router
from tocsin.api.services import Services
from tocsin.enrich.catalogue import Means, native_analyzers
from tocsin.enrich.service import EnrichmentService

ClientAs = Callable[..., TestClient]


@pytest.fixture
def enrichment(platform: Services) -> EnrichmentService:
    analyzers, _ = native_analyzers(Means())
    return EnrichmentService(platform.db, platform.clock, analyzers, platform.audit)


def test_catalogue(client_as: ClientAs, enrichment: EnrichmentService) -> None:
    """Every analyzer is listed with its kinds and scales."""
    items = client_as("analyst", [router], enrichment=enrichment).get("/api/v1/analyzers").json()["items"]
    assert [each["name"] for each in items] == ["address-facts", "domain-facts", "hash-facts", "url-facts"]
    assert items[0]["kinds"] == ["ip"]
    assert items[0]["local"] is True


def test_run_and_read_back(client_as: ClientAs, enrichment: EnrichmentService) -> None:
    """A run returns ended jobs with reports, read back by their ids; a second run comes from the cache."""
    client = client_as("analyst", [router], enrichment=enrichment)
    order = {"kind": "ip", "value": "8.8.1.1", "tlp": 2, "pap": 2, "observable_id": "obs_1"}
    (job,) = client.post("/api/v1/analyzers/run", json=order).json()["items"]
    assert (job["analyzer"], job["status"], job["from_cache"]) == ("address-facts", "success", False)
    assert job["report"]["full"]["scope"] == "global"
    assert client.get(f"/api/v1/jobs/{job['id']}").json() == job
    assert client.get("/api/v1/jobs", params={"observable_id": "obs_1"}).json()["items"] == [job]
    (again,) = client.post("/api/v1/analyzers/run", json=order).json()["items"]
    assert again["from_cache"] is True


def test_failed_job_says_why(client_as: ClientAs, enrichment: EnrichmentService) -> None:
    """A value the analyzer cannot read gives a failed job, not an error."""
    client = client_as("analyst", [router], enrichment=enrichment)
    (job,) = client.post("/api/v1/analyzers/run", json={"kind": "ip", "value": "junk"}).json()["items"]
    assert (job["status"], job["report"]) == ("failure", None)
    assert "not an address" in job["error"]


def test_who_may_run(client_as: ClientAs, enrichment: EnrichmentService) -> None:
    """Running needs analyzers:run; unknown names and jobs are not found; nobody is nobody."""
    order = {"kind": "ip", "value": "8.8.1.1"}
    reader = client_as("read-only", [router], enrichment=enrichment)
    assert reader.post("/api/v1/analyzers/run", json=order).status_code == 403
    assert reader.get("/api/v1/analyzers").status_code == 200
    analyst = client_as("analyst", [router], enrichment=enrichment)
    assert analyst.post("/api/v1/analyzers/run", json={**order, "analyzers": ["x"]}).status_code == 404
    assert analyst.post("/api/v1/analyzers/run", json={**order, "tlp": 9}).status_code in {400, 422}
    assert analyst.get("/api/v1/jobs/job_x").status_code == 404
    assert client_as(None, [router], enrichment=enrichment).get("/api/v1/jobs/x").status_code == 401
