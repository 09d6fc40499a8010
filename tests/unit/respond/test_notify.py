"""The step that tells people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tocsin.core.actor import Actor
from tocsin.core.errors import InvalidError

ALICE = Actor("user", "alice")


class Notifier:
    def __init__(self) -> None:
        self.told = []

    def post(self, tx, channels, notice):
        if "nowhere" in channels:
            raise InvalidError("there is no channel 'nowhere'")
        self.told.append((channels, notice))
        return channels


@pytest.fixture
def run(world, tmp_path):
    """Run one `notify` step on an alert; returns the run and what was told."""

    def start(arguments, notifier):
        world.parts = replace(world.parts, notifier=notifier)
        folder = tmp_path / "playbooks"
        folder.mkdir()
        step = f"  - name: tell\n    action: notify\n    with: {arguments}\n"
        (folder / "p.yml").write_text(f"name: p\nsteps:\n{step}")
        service = world.service([folder])
        assert service.problems == ()
        alert_id = world.detect("r", "k", world.event(1, source__ip="192.0.2.1"))
        found = service.run("p", "alert", alert_id, ALICE)
        service.dispatcher.step()
        with world.database.read() as tx:
            return service.run_of(tx, found.id), alert_id

    return start


def test_channels_are_told_with_facts_filled_in(run):
    """The title is the alert's unless given; the key is of the run and the step, so that it is told once."""
    notifier = Notifier()
    done, alert_id = run('{channels: [soc], message: "look at {alert.group_key}"}', notifier)
    assert "success" == done.status
    ((channels, notice),) = notifier.told
    assert (("soc",), "look at k", alert_id) == (channels, notice.body, notice.subject_id)
    assert f"run:{done.id}:tell" == notice.key
    assert {"channels": ["soc"], "title": notice.title} == done.steps[0].output


@pytest.mark.parametrize(
    ("notifier", "words"), [(None, "tells nobody"), (Notifier(), "no channel 'nowhere'")]
)
def test_a_step_that_reaches_nobody_fails(run, notifier, words):
    """An unknown channel, or a platform without any, is a failed step and not a silent one."""
    done, _ = run("{channels: [nowhere], message: x}", notifier)
    assert "failure" == done.status
    assert words in done.error
