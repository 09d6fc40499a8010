"""The counts of every source, over restarts too."""

from __future__ import annotations

from tocsin.core.clock import ManualClock
from tocsin.core.database import Database
from tocsin.ingest.ledger import Ledger

NOW = 1_700_000_000_000_000


def test_counts_what_became_of_records(database: Database) -> None:
    """Received is the sum of the rest; a refusal keeps its reason, count and time."""
    clock = ManualClock(NOW)
    ledger = Ledger(database, clock)
    ledger.received("s", 10)
    ledger.settled("s", stored=6, duplicates=1, collected_at=NOW - 250_000)
    clock.advance(5)
    ledger.refused("s", "busy", 2)
    account = ledger.account("s")
    assert (account.received, account.stored, account.duplicates, account.refused) == (10, 6, 1, 2)
    assert account.under_way == 1
    assert account.lag_us == 250_000
    assert account.last_at == NOW
    [refusal] = account.refusals.values()
    assert (refusal.reason, refusal.count, refusal.last_at) == ("busy", 2, NOW + 5)


def test_survives_a_restart(database: Database) -> None:
    """What one run wrote, the next goes on with."""
    first = Ledger(database, ManualClock(NOW))
    first.start()
    first.received("s", 3)
    first.settled("s", stored=1, duplicates=0)
    first.refused("s", "busy", 2)
    first.stop()
    second = Ledger(database, ManualClock(NOW))
    second.load()
    assert second.accounts() == first.accounts()
    second.received("s", 1)
    second.settled("s", stored=1, duplicates=0)
    second.flush()
    third = Ledger(database, ManualClock(NOW))
    third.load()
    assert third.account("s").stored == 2


def test_says_what_a_killed_run_left_open(database: Database) -> None:
    """Records that were received and whose end is unknown do not stay under way for ever."""
    killed = Ledger(database, ManualClock(NOW))
    killed.received("s", 5)
    killed.settled("s", stored=2, duplicates=0)
    killed.flush()
    ledger = Ledger(database, ManualClock(NOW))
    ledger.load()
    account = ledger.account("s")
    assert account.under_way == 0
    assert account.refusals["unacknowledged when the platform was killed"].count == 3


def test_counts_what_a_killed_run_had_stored_and_not_counted(database: Database) -> None:
    """The event log knows better: received is still the sum of the rest, for a source never written too."""
    killed = Ledger(database, ManualClock(NOW))
    killed.received("syslog:udp:a", 7)
    killed.settled("syslog:udp:a", stored=5, duplicates=0)
    killed.received("agent:a", 4)
    killed.refused("agent:a", "lost at the agent before sending", 4)
    killed.received("syslog:udp:b", 5)
    killed.refused("syslog:udp:b", "not stored: store", 5)
    killed.received("import:a", 1)
    killed.settled("import:a", stored=1, duplicates=0)
    killed.flush()
    ledger = Ledger(database, ManualClock(NOW))
    ledger.load({"syslog:udp:a": 9, "syslog:udp:b": 7, "agent:a": 10, "bulk:k:new": 3, "import:a": 50})
    counts = {
        account.source: (account.received, account.stored, account.refused, account.under_way)
        for account in ledger.accounts()
    }
    assert counts == {
        "syslog:udp:a": (9, 9, 0, 0),
        "syslog:udp:b": (7, 2, 5, 0),
        "agent:a": (10, 6, 4, 0),
        "bulk:k:new": (3, 3, 0, 0),
        "import:a": (1, 1, 0, 0),
    }


def test_bounds_the_reasons(database: Database) -> None:
    """Reasons that carry content cannot fill the memory."""
    ledger = Ledger(database, ManualClock(NOW))
    for number in range(500):
        ledger.refused("s", f"reason {number} " + "x" * 1000)
    account = ledger.account("s")
    assert len(account.refusals) == 51
    assert account.refused == 500
    assert max(map(len, account.refusals)) <= 200
    ledger.flush()


def test_an_unwritable_database_loses_no_count(database: Database) -> None:
    """What could not be written is written the next time."""
    ledger = Ledger(database, ManualClock(NOW))
    ledger.received("s", 1)
    with database.write() as tx:
        tx.connection().exec_driver_sql("ALTER TABLE ingest_sources RENAME TO away")
    ledger.flush()
    with database.write() as tx:
        tx.connection().exec_driver_sql("ALTER TABLE away RENAME TO ingest_sources")
    ledger.flush()
    after = Ledger(database, ManualClock(NOW))
    after.load()
    assert after.account("s").received == 1


def test_keeps_the_newest_of_what_was_refused(database: Database) -> None:
    """Three beginnings for each reason, over a restart too; the count goes on."""
    ledger = Ledger(database, ManualClock(NOW))
    ledger.received("s", 6)
    ledger.refused("s", "bad", 5, [b"%d" % number for number in range(5)])
    ledger.flush()
    ledger.refused("s", "bad", 1, [b"x" * 2_000])
    ledger.flush()
    after = Ledger(database, ManualClock(NOW))
    after.load()
    refusal = after.account("s").refusals["bad"]
    assert [(sample.text[:3], sample.size_bytes) for sample in refusal.samples] == [
        ("3", 1),
        ("4", 1),
        ("xxx", 2_000),
    ]
    assert len(refusal.samples[-1].text) == 1_024
    assert refusal.count == 6
    assert after.accounts() == ledger.accounts()


def test_tells_losses_from_faults(database: Database) -> None:
    """What was fine and was lost, what nobody wants, what could not be taken."""
    ledger = Ledger(database, ManualClock(NOW))
    ledger.received("s", 6)
    for reason in ("not stored: store", "dropped: noise", "document too large", "not taken: busy"):
        ledger.refused("s", reason)
    account = ledger.account("s")
    assert [refusal.kind for refusal in account.refusals.values()] == ["lost", "dropped", "faulty", "lost"]
    assert account.lost == 2


def test_what_was_dropped_is_not_taken_for_stored(database: Database) -> None:
    """A dropped record has a sequence and no event: the mark of a killed run says nothing of it."""
    killed = Ledger(database, ManualClock(NOW))
    killed.received("syslog:tcp:a", 10)
    killed.settled("syslog:tcp:a", stored=6, duplicates=0)
    killed.refused("syslog:tcp:a", "dropped: noise", 4)
    killed.flush()
    ledger = Ledger(database, ManualClock(NOW))
    ledger.load({"syslog:tcp:a": 10})
    account = ledger.account("syslog:tcp:a")
    assert (account.received, account.stored, account.refused) == (10, 6, 4)


def test_a_source_is_known_before_it_sends(database: Database) -> None:
    """It is written down at once."""
    Ledger(database, ManualClock(NOW)).open("beats:a:filebeat")
    after = Ledger(database, ManualClock(NOW))
    after.read()
    assert [account.source for account in after.accounts()] == ["beats:a:filebeat"]
