"""Import, change and list indicators."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tocsin.core.actor import Actor
from tocsin.core.errors import ContentError, InvalidError, NotFoundError
from tocsin.intel.drafts import Defaults
from tocsin.intel.service import ImportOrder

if TYPE_CHECKING:
    from conftest import Intel

ANALYST = Actor("user", "alice")


def test_import_twice_is_as_good_as_once(intel: Intel) -> None:
    """The second import of the same file adds, updates and removes nothing."""
    first = intel.load("8.8.1.1\nevil.com\n")
    second = intel.load("8.8.1.1\nevil.com\n")
    assert (first.added, first.unchanged) == (2, 0)
    assert (second.added, second.updated, second.removed, second.unchanged) == (0, 0, 0, 2)
    assert intel.values() == ["8.8.1.1", "evil.com"]


def test_import_replaces_the_feed_and_no_other(intel: Intel) -> None:
    """What left the file leaves the feed; what changed is updated; another feed's same value stays."""
    intel.load("8.8.1.1\nevil.com\n")
    intel.load("8.8.1.1\n", feed="other")
    done = intel.load("value,confidence\nevil.com,99\nbad.net,50\n")
    assert (done.added, done.updated, done.removed) == (1, 1, 1)
    assert intel.values(feed="feed") == ["bad.net", "evil.com"]
    assert intel.values(feed="other") == ["8.8.1.1"]


def test_refusals_are_kept_with_the_feed(intel: Intel) -> None:
    """Feeds list how many were refused and when they were imported."""
    done = intel.load("8.8.1.1\nnoise\n")
    assert [(2, "noise")] == [(each.line, each.value) for each in done.refused]
    with intel.db.read() as tx:
        (feed,) = intel.service.feeds(tx)
    assert (feed.name, feed.format, feed.indicators, feed.refused) == ("feed", "freetext", 1, 1)
    assert feed.last_import_at == intel.clock.now()


def test_failed_import_keeps_the_indicators(intel: Intel) -> None:
    """A file refused whole is noted with the feed, whose indicators stay."""
    intel.load("8.8.1.1")
    order = ImportOrder("feed", "misp")
    with pytest.raises(ContentError) as caught:
        intel.service.read_file(b"{", "x.json", order)
    with intel.db.write() as tx:
        intel.service.note_failure(tx, order, caught.value)
    with intel.db.read() as tx:
        (feed,) = intel.service.feeds(tx)
    assert "x.json" in feed.last_error
    assert intel.values() == ["8.8.1.1"]


def test_every_change_is_audited(intel: Intel) -> None:
    """Import, addition, deletion and a warninglist's switch each leave an entry."""
    intel.load("8.8.1.1")
    with intel.db.write() as tx:
        intel.service.add(tx, [intel.service.draft("evil.com")], ANALYST)
        intel.service.delete(tx, intel.service.indicators(tx).items[0].id, ANALYST)
        intel.service.enable_warninglist(tx, "Private networks", False, ANALYST)
    assert [(action, kind) for _, action, kind, _ in intel.trail.entries] == [
        ("import", "feed"),
        ("add", "indicator"),
        ("delete", "indicator"),
        ("change", "warninglist"),
    ]


def test_single_indicators_are_added_beside_the_rest(intel: Intel) -> None:
    """Adding keeps what the feed has; adding again with another confidence updates."""
    with intel.db.write() as tx:
        one = intel.service.draft("EVIL.com", defaults=Defaults(confidence=10))
        assert intel.service.add(tx, [one, one], ANALYST).added == 1
        assert intel.service.add(tx, [intel.service.draft("8.8.1.1", "ip")], ANALYST).added == 1
        assert intel.service.add(tx, [replace(one, confidence=90)], ANALYST).updated == 1
    assert intel.values() == ["8.8.1.1", "evil.com"]


def test_bad_value_cannot_be_added(intel: Intel) -> None:
    """A value that is none, or not of the kind said, is refused."""
    for value, kind in (("noise", None), ("evil.com", "ip"), ("x.exe", "domain")):
        with pytest.raises(InvalidError):
            intel.service.draft(value, kind)
    with intel.db.write() as tx, pytest.raises(InvalidError):
        intel.service.add(tx, [replace(intel.service.draft("evil.com"), value="Evil.com")], ANALYST)


def test_unknown_indicator_cannot_be_deleted(intel: Intel) -> None:
    """An identifier that is none raises not found."""
    for identifier in ("ind_99", "nonsense", "ind_" + "9" * 5):
        with intel.db.write() as tx, pytest.raises(NotFoundError):
            intel.service.delete(tx, identifier, ANALYST)


def test_pages_hold_every_indicator_once(intel: Intel) -> None:
    """Following the cursor gives all, newest first, with the total."""
    intel.load("\n".join(f"8.8.1.{number}" for number in range(25)))
    seen: list[str] = []
    cursor: str | None = None
    with intel.db.read() as tx:
        while True:
            page = intel.service.indicators(tx, cursor=cursor, limit=10)
            assert page.total == 25
            seen += [each.value for each in page.items]
            cursor = page.cursor
            if cursor is None:
                break
    assert seen == [f"8.8.1.{number}" for number in reversed(range(25))]


def test_indicators_are_filtered(intel: Intel) -> None:
    """By part of the value, kind and feed; wildcards in the text are plain characters."""
    intel.load("8.8.1.1\nevil.com\nworse-evil.net\n")
    assert intel.values(q="EVIL") == ["evil.com", "worse-evil.net"]
    assert intel.values(q="%") == []
    assert intel.values(kind="ip") == ["8.8.1.1"]
    assert intel.values(feed="nobody") == []
    for bad in ({"kind": "nonsense"}, {"cursor": "x"}):
        with pytest.raises(InvalidError):
            intel.values(**bad)


@pytest.mark.parametrize(
    ("feed", "defaults"),
    [(" ", Defaults()), ("f", Defaults(confidence=101)), ("f", Defaults(tlp=9)), ("x" * 201, Defaults())],
)
def test_bad_order_is_refused(feed: str, defaults: Defaults) -> None:
    """A feed needs a name, and its defaults stay on their scales."""
    with pytest.raises(InvalidError):
        ImportOrder(feed, defaults=defaults)


def test_warninglist_out_of_use_stays_out(intel: Intel) -> None:
    """The switch is kept in the database and applied from it."""
    with intel.db.write() as tx:
        intel.service.enable_warninglist(tx, "Private networks", False, ANALYST)
    with intel.db.read() as tx:
        intel.service.apply_warninglists(tx)
    assert {"Private networks": False} == {
        each.name: each.enabled for each in intel.service.warninglists() if not each.enabled
    }
    assert intel.lists.hits("ip", "10.0.0.1") == []
    with intel.db.write() as tx, pytest.raises(NotFoundError):
        intel.service.enable_warninglist(tx, "nonsense", True, ANALYST)


def test_real_list_of_addresses_is_imported(intel: Intel, real_data: Path) -> None:
    """All of IPsum's 120,000 addresses are read; a part of them loads, and loads again without a change."""
    path = real_data / "intel" / "ipsum" / "ipsum.txt"
    _, reading = intel.service.read_path(path, ImportOrder("ipsum"))
    assert (len(reading.drafts) > 119_000, reading.refused) == (True, 0)
    part = b"\n".join(path.read_bytes().splitlines()[:10_000])
    assert intel.load(part).added > 9_900
    again = intel.load(part)
    assert (again.added, again.updated, again.removed) == (0, 0, 0)
