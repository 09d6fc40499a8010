"""The routes of playbooks, runs and decisions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.same_thread import SameThread
from tocsin.api.playbooks import router
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.core.detection import Detection, EventRef
from tocsin.respond.action import Parts
from tocsin.respond.service import PlaybookService

PLAYBOOK = """\
name: shut
steps:
  - name: weigh
    action: verdict
    with:
      escalate_at: 50
      close_at: -10
      lines: [{name: always, when: "*", points: -20, reason: It always is.}]
  - name: close
    action: close
    with: {resolution: benign}
"""


@pytest.fixture
def alerts(platform, tmp_path):
    cases = CaseService(platform.clock, platform.audit, FileStore(tmp_path / "files"))
    return AlertService(platform.clock, platform.audit, cases)


@pytest.fixture
def playbooks(platform, alerts, tmp_path):
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "shut.yml").write_text(PLAYBOOK)
    (folder / "bad.yml").write_text("name: bad\nsteps: 1\n")
    nothing = SimpleNamespace()
    parts = Parts(
        database=platform.db,
        alerts=alerts,
        cases=alerts._cases,
        log=nothing,
        count_events=nothing,
        extractor=nothing,
        enricher=nothing,
        roster=nothing,
    )
    clock, announcer = platform.clock, platform.announcer
    service = PlaybookService(
        parts, SameThread(), [folder], clock=clock, announcer=announcer, audit=platform.audit
    )
    service.launch()
    return service


@pytest.fixture
def alert_id(platform, alerts):
    detection = Detection("r", "r", "sigma", "v", 2, "k", "t", "", 1, (EventRef("s~1", 1),))
    with platform.db.write() as tx:
        return alerts.record(tx, detection).alert_id


def test_playbooks_are_listed_with_their_problems(client_as, playbooks):
    """A refused one says where and why."""
    client = client_as("read-only", [router], playbooks=playbooks)
    good, bad = client.get("/api/v1/playbooks").json()["items"]
    assert ("shut", ["weigh", "close"], []) == (
        good["name"],
        [step["name"] for step in good["steps"]],
        good["problems"],
    )
    assert "bad.yml:2" in bad["problems"][0]
    assert client.get("/api/v1/playbooks/shut").json()["text"] == PLAYBOOK


def test_a_run_by_hand_closes_and_its_decision_is_undone(client_as, playbooks, platform, alerts, alert_id):
    """From the button to the closed alert and back."""
    client = client_as("analyst", [router], playbooks=playbooks)
    order = {"subject_type": "alert", "subject_id": alert_id}
    run = client.post("/api/v1/playbooks/shut/run", json=order)
    assert (202, "waiting") == (run.status_code, run.json()["status"])
    playbooks.dispatcher.step()
    found = client.get(f"/api/v1/runs/{run.json()['id']}").json()
    assert ("success", ["success", "success"]) == (
        found["status"],
        [step["status"] for step in found["steps"]],
    )
    assert len(client.get("/api/v1/runs", params={"subject_id": alert_id}).json()["items"]) == 1
    decision_id = found["steps"][0]["output"]["decision"]
    decision = client.get(f"/api/v1/decisions/{decision_id}").json()
    assert ("close", True) == (decision["outcome"], decision["undoable"])
    assert client.get(f"/api/v1/decisions/{decision_id}/replay").json()["changed"] is False
    undone = client.post(f"/api/v1/decisions/{decision_id}/undo", json={"reason": "no"}).json()
    assert (False, "no") == (undone["undoable"], undone["undo_reason"])
    with platform.db.read() as tx:
        assert alerts.get(tx, alert_id).status == "new"
    assert client.post(f"/api/v1/decisions/{decision_id}/undo", json={}).status_code == 409


def test_a_reader_runs_and_undoes_nothing(client_as, playbooks, alert_id):
    """Default deny."""
    client = client_as("read-only", [router], playbooks=playbooks)
    order = {"subject_type": "alert", "subject_id": alert_id}
    assert client.post("/api/v1/playbooks/shut/run", json=order).status_code == 403
    assert client.post("/api/v1/decisions/x/undo", json={}).status_code == 403


def test_unknown_things_are_not_found(client_as, playbooks):
    """Playbook, run, decision, alert."""
    client = client_as("analyst", [router], playbooks=playbooks)
    for path in ("playbooks/x", "runs/x", "decisions/x"):
        assert client.get(f"/api/v1/{path}").status_code == 404
    order = {"subject_type": "alert", "subject_id": "alert_x"}
    assert client.post("/api/v1/playbooks/shut/run", json=order).status_code == 404
