"""Reports as they go out: mail takes the file along, other channels a link, and owners are told by mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.mailbox import mail_server
from harness.recorder import recording
from tocsin.accounts import Audit
from tocsin.core.clock import ManualClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError
from tocsin.dashboards.ports import Told
from tocsin.notify import service as services
from tocsin.notify.service import Notifications
from tocsin.notify.tables import PreferenceRow
from tocsin.notifying import ReportPost, open_notifications
from tocsin.settings import load_settings

NOW = 1_800_000_000_000_000
TOLD = Told(
    "report:1", "Report: Logins", "It was made.\n", NOW, "logins", "report_1", "logins.pdf", "application/pdf"
)


class Shelf:
    """The files of reports."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"report_1": b"%PDF-1.7"}

    def content(self, file_id: str) -> bytes | None:
        return self.files.get(file_id)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield database
    database.close()


def opened(folder: Path, db: Database, *, mail: int = 1, hook: str = "http://127.0.0.1:1") -> Notifications:
    config = folder / "tocsin.toml"
    config.write_text(
        '[notify]\nurl = "https://soc.example.org/"\npersonal = "mail"\n'
        f'[notify.channels.hook]\nkind = "webhook"\nurl = "{hook}"\n'
        f'[notify.channels.mail]\nkind = "email"\nhost = "127.0.0.1"\nport = {mail}\nsecurity = "none"\n'
        'sender = "t@example.org"\nto = ["soc@example.org"]\n'
    )
    clock = ManualClock(NOW)
    service, problems = open_notifications(load_settings(config), db, folder, clock, Audit(clock))
    assert problems == ()
    service.files = Shelf()
    service.refresh(now=True)
    return service


def test_mail_takes_the_file_along_and_others_the_link(tmp_path: Path, db: Database) -> None:
    """Each once, by the key of the report."""
    with mail_server() as box, recording() as web:
        service = opened(tmp_path, db, mail=box.port, hook=web.url)
        post = ReportPost(service)
        for _ in range(2):
            with db.write() as tx:
                assert ["mail", "hook"] == post.send(tx, ["mail", "fax", "hook"], TOLD)
        service.delivery.step()
    (mail,) = box.mails
    (file,) = mail.iter_attachments()  # type: ignore[attr-defined]  # an EmailMessage
    assert ("logins.pdf", "application/pdf", b"%PDF-1.7") == (
        *(file.get_filename(), file.get_content_type()),
        file.get_content(),
    )
    assert "Report: Logins" == mail["Subject"]
    (request,) = web.requests
    assert "https://soc.example.org/dashboards/logins?reports=1" == request.json["link"]
    assert b"%PDF" not in request.body


def test_a_file_that_is_gone_or_too_large_is_said(
    tmp_path: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message goes out all the same."""
    with mail_server() as box:
        service = opened(tmp_path, db, mail=box.port)
        monkeypatch.setattr(services, "LARGEST_FILE", 3)
        with db.write() as tx:
            ReportPost(service).send(tx, ["mail"], TOLD)
        service.delivery.step()
        service.files = None
        with db.write() as tx:
            ReportPost(service).send(tx, ["mail"], replace(TOLD, key="report:2"))
        service.delivery.step()
    said = [mail.get_content() for mail in box.mails]  # type: ignore[attr-defined]  # an EmailMessage
    assert "The file is too large for a mail: follow the link." in said[0]
    assert "The file is no longer kept." in said[1]


def test_channels_are_named_and_checked(tmp_path: Path, db: Database) -> None:
    """Those that can be used."""
    post = ReportPost(opened(tmp_path, db))
    assert [("hook", "Webhook"), ("mail", "E-mail")] == list(post.channels())
    post.check(["mail"])
    with pytest.raises(InvalidError, match="no channel 'mial'; did you mean 'mail'"):
        post.check(["mial"])


def test_an_owner_is_told_by_mail_where_they_want_it(tmp_path: Path, db: Database) -> None:
    """At the address they gave; whoever gave none is not."""
    told = Told("report-failed:1", "Report failed", "No ink.\n", NOW, "logins")
    with mail_server() as box:
        service = opened(tmp_path, db, mail=box.port)
        with db.write() as tx:
            tx.add(PreferenceRow(login="ann", address="ann@example.org", events=[], updated_at=NOW))
        service.refresh(now=True)
        with db.write() as tx:
            for owner in ("ann", "bob"):
                ReportPost(service).tell_owner(tx, owner, told)
        service.delivery.step()
    ((mail),) = box.mails
    assert ("ann@example.org", "Report failed") == (mail["To"], mail["Subject"])
