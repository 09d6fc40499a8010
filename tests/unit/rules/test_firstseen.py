"""First sights of keys."""

from __future__ import annotations

from tocsin.rules.firstseen import FirstSeen


def test_a_key_is_first_once() -> None:
    """Every further sight is none, whatever came between."""
    seen = FirstSeen()
    assert [True, True, False] == [seen.is_first(key, "syslog") for key in ("a", "b", "a")]


def test_near_duplicates_of_intrusion_detection_become_one() -> None:
    """Once three keys agree in more than 14 characters, all further ones that do are the same."""
    seen = FirstSeen()
    keys = [f"snort 1:2000:10 {number}" for number in range(7)]
    assert [True, True, True, True, False, False, False] == [seen.is_first(key, "ids") for key in keys]
    assert all(seen.is_first(key + "x", "syslog") for key in keys)


def test_only_recent_keys_are_compared() -> None:
    """A near-duplicate more than 32 keys back is forgotten as such."""
    seen = FirstSeen()
    for number in range(3):
        seen.is_first(f"snort 1:2000:10 {number}", "ids")
    for number in range(32):
        seen.is_first(f"{number} other", "ids")
    assert seen.is_first("snort 1:2000:10 a", "ids")
    assert seen.is_first("snort 1:2000:10 b", "ids")


def test_state_is_restored() -> None:
    """Keys and near-duplicates survive."""
    before, after = FirstSeen(), FirstSeen()
    for number in range(3):
        before.is_first(f"snort 1:2000:10 {number}", "ids")
    after.restore(before.state())
    assert [True, False] == [after.is_first(f"snort 1:2000:10 {text}", "ids") for text in "xy"]
