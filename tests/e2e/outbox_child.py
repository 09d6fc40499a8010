"""A process that writes messages and delivers them until it is killed: see `test_outbox_crash`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tocsin.accounts import Audit
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.sealing import seal_of
from tocsin.notify import delivery
from tocsin.notify.channels import of_settings
from tocsin.notify.model import Happening
from tocsin.notify.service import Notifications, Settings


def main() -> None:
    """Write messages `first` to `last`, then deliver."""
    folder, url, first, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    delivery.LEASE = 200_000  # a fifth of a second, so that the next life need not wait
    database, clock = Database(f"sqlite:///{folder / 'tocsin.db'}"), SystemClock()
    channels = {"hook": {"kind": "webhook", "url": url, "per_minute": 0}}
    base, _ = of_settings(channels, {"all": {"channels": ["hook"]}}, "test")
    service = Notifications(database, clock, Audit(clock), seal_of(folder), settings=Settings(base=base))
    for number in range(first, last):
        with database.write() as tx:
            happening = Happening(
                event="alert.opened",
                subject_type="alert",
                subject_id=f"alert_{number}",
                number=number,
                title=f"number {number}",
                at=number + 1,
            )
            service.tell(tx, happening)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
    service.delivery.run(threading.Event())


if __name__ == "__main__":
    main()
