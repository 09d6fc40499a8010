"""Facts of files, YARA and e-mail, through real child processes."""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tocsin.core.errors import NotFoundError
from tocsin.enrich.analyzers.files import FileAnalyzer, MailAnalyzer, YaraAnalyzer
from tocsin.enrich.base import AnalysisError, Context, Observable, Report, StoredFile
from tocsin.enrich.child import ChildProcess

RULE = 'rule evil { strings: $a = "EVIL" condition: $a }\n'


class Shelf:
    """A store of one file, and an extractor of words with a dot."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, "file"

    def find(self, sha256: str) -> StoredFile:
        path = self.folder / sha256
        if not path.exists():
            raise NotFoundError("no such file")
        return StoredFile(path, self.name)

    def in_text(self, text: str) -> list[Any]:
        return [SimpleNamespace(kind="domain", value=word) for word in text.split() if word.endswith(".com")]

    def put(self, content: bytes, name: str = "file") -> Observable:
        digest = hashlib.sha256(content).hexdigest()
        (self.folder / digest).write_bytes(content)
        self.name = name
        return Observable("file", digest)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def run(analyzer: Any, observable: Observable) -> Report:
    report: Report = analyzer.run(observable, Context(0))
    return report


def test_facts_of_a_file(shelf: Shelf) -> None:
    """Hashes, size, type, strings in both widths, and the values within."""
    content = b"%PDF-1.4\n" + b"\x00see evil.com now\x00\x00" + "wide secret".encode("utf-16-le")
    report = run(FileAnalyzer(shelf, ChildProcess(), shelf), shelf.put(content, "a.pdf"))
    assert report.verdict == "info"
    assert report.full["md5"] == hashlib.md5(content).hexdigest()
    assert report.full["size_bytes"] == len(content)
    assert "Portable Document" in report.summary
    assert {"see evil.com now", "wide secret"} <= set(report.full["strings"])
    assert ("domain", "evil.com") in {(each.kind, each.value) for each in report.artifacts}


@pytest.mark.parametrize(
    ("content", "name", "verdict"),
    [
        (b"MZ\x90\x00" + b"\x00" * 200, "invoice.pdf", "suspicious"),
        (b"MZ\x90\x00" + b"\x00" * 200, "setup.exe", "info"),
        (b"plain text here", "invoice.pdf.exe", "suspicious"),
        (b"", "empty.txt", "info"),
    ],
)
def test_disguised_program_is_suspicious(shelf: Shelf, content: bytes, name: str, verdict: str) -> None:
    """A program under a document's name, or a program's ending after a document's."""
    assert run(FileAnalyzer(shelf, ChildProcess(), shelf), shelf.put(content, name)).verdict == verdict


def test_unknown_file_is_refused(shelf: Shelf) -> None:
    """A path, and the hash of a file not kept, are refused before anything starts."""
    for value in ("/etc/passwd", "../x", "a" * 64):
        with pytest.raises(AnalysisError):
            run(FileAnalyzer(shelf, ChildProcess(), shelf), Observable("file", value))


def test_yara_rules_match(shelf: Shelf, tmp_path: Path) -> None:
    """Rules of every readable file are used; a broken one is named and the rest run."""
    rules = tmp_path / "rules"
    (rules / "sub").mkdir(parents=True)
    (rules / "a.yar").write_text(RULE)
    (rules / "sub" / "b.yara").write_text(
        'rule odd { meta: verdict = "suspicious" strings: $a = "ODD" condition: $a }'
    )
    (rules / "broken.yar").write_text("rule x {")
    (rules / "steal.yar").write_text('include "/etc/passwd"\n')
    analyzer = YaraAnalyzer(shelf, ChildProcess(), rules)
    report = run(analyzer, shelf.put(b"this is EVIL and ODD"))
    assert report.verdict == "malicious"
    assert {"evil", "odd"} == {each["rule"] for each in report.full["matches"]}
    assert {"broken.yar", "steal.yar"} == {each["path"] for each in report.full["refused_rules"]}
    assert run(analyzer, shelf.put(b"only ODD")).verdict == "suspicious"
    assert run(analyzer, shelf.put(b"nothing")).verdict == "info"


def test_changed_rules_change_the_configuration(shelf: Shelf, tmp_path: Path) -> None:
    """A report made with other rules is not taken from the cache."""
    rules = tmp_path / "rules"
    rules.mkdir()
    analyzer = YaraAnalyzer(shelf, ChildProcess(), rules)
    before = analyzer.configuration
    (rules / "a.yar").write_text(RULE)
    assert analyzer.configuration != before


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Boss <boss@corp.com>"
    message["To"] = "bob@corp.com"
    message["Reply-To"] = "thief@evil.com"
    message["Subject"] = "Pay"
    message["Authentication-Results"] = "mx; spf=fail smtp.mailfrom=x; dkim=none; dmarc=fail"
    message.set_content("pay at evil.com today")
    message.add_alternative('<a href="http://evil.com/x">click</a>', subtype="html")
    message.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="invoice.exe")
    return message


def test_facts_of_a_mail(shelf: Shelf) -> None:
    """Senders, failed checks, foreign reply address, attachments and values within."""
    report = run(MailAnalyzer(shelf, ChildProcess(), shelf), shelf.put(mail().as_bytes()))
    assert report.verdict == "suspicious"
    facts = {each.predicate: (each.level, each.value) for each in report.taxonomies}
    assert facts["spf"] == ("suspicious", "fail")
    assert facts["dkim"] == ("info", "none")
    assert facts["reply-to"] == ("suspicious", "evil.com")
    assert facts["program"] == ("suspicious", "invoice.exe")
    artifacts = {(each.kind, each.value) for each in report.artifacts}
    assert {
        ("email", "boss@corp.com"),
        ("email", "thief@evil.com"),
        ("domain", "evil.com"),
        ("hash", hashlib.sha256(b"MZ").hexdigest()),
        ("filename", "invoice.exe"),
    } <= artifacts
    assert "http://evil.com/x" in report.full["text"]


def nested(depth: int) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (level, level) for level in range(depth)
    )
    return b"From: a@b.com\n" + head + b"\nend\n"


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff" * 500, b"just text\n", nested(60), nested(3_000)],
    ids=["empty", "binary", "text", "deep", "very deep"],
)
def test_no_mail_is_refused(shelf: Shelf, content: bytes) -> None:
    """What is no message, or is nested without end, raises and does not hang."""
    with pytest.raises(AnalysisError):
        run(MailAnalyzer(shelf, ChildProcess(), shelf), shelf.put(content))


def test_malformed_headers_do_not_stop_the_rest(shelf: Shelf) -> None:
    """Headers the parser chokes on are kept as they stand."""
    content = (
        b"From: =?utf-8?q?=FF?= <a@b.com>\nTo: <<>>,,;@\nDate: never\n"
        b"Content-Type: text/plain; charset=nonsense\n"
        b"Content-Disposition: attachment; filename*=x''%ZZ\nMessage-ID: <<x>\n\n\xff body evil.com\n"
    )
    report = run(MailAnalyzer(shelf, ChildProcess(), shelf), shelf.put(content))
    assert "a@b.com" in report.full["addresses"]["from"]
