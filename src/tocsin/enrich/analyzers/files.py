"""Analyze files: facts, YARA rules, e-mail. What reads the content runs in a child process."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xxhash

from tocsin.core.errors import NotFoundError
from tocsin.enrich.analyzers.yarascan import rule_files
from tocsin.enrich.base import (
    About,
    AnalysisError,
    Artifact,
    Context,
    FileStore,
    Observable,
    Report,
    StoredFile,
    Taxonomy,
    Verdict,
)
from tocsin.enrich.child import ChildProcess
from tocsin.enrich.ports import TextExtractor
from tocsin.enrich.verdict import read_verdict, worst

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PROGRAM = re.compile(
    r"\.(?:exe|dll|scr|com|pif|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|lnk|msi|jar|iso|img)$", re.IGNORECASE
)
_DOCUMENT = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|txt|jpe?g|png|gif|csv|rtf|zip|html?)(?:\.|$)", re.IGNORECASE
)
_FOUND_KINDS = frozenset({"ip", "domain", "url", "email", "hash"})
_MAX_FOUND = 100


def _stored(files: FileStore, observable: Observable) -> StoredFile:
    value = observable.value.strip().lower()
    if not _SHA256.fullmatch(value):
        raise AnalysisError("a file is named by its SHA-256")
    try:
        return files.find(value)
    except NotFoundError as error:
        raise AnalysisError("the file is not kept here") from error


def _artifacts(extractor: TextExtractor, texts: Iterable[str]) -> list[Artifact]:
    found: dict[Artifact, None] = {}
    for text in texts:
        for each in extractor.in_text(text):
            if each.kind in _FOUND_KINDS:
                found.setdefault(Artifact(each.kind, each.value))
        if len(found) >= _MAX_FOUND:
            break
    return list(found)[:_MAX_FOUND]


class FileAnalyzer:
    """Hashes, type, entropy and strings of a file."""

    about = About(
        "file-facts",
        "1.0",
        "Hashes, type, entropy and strings of a file; values found in the strings.",
        frozenset({"file"}),
        timeout_s=30,
        cache_s=86_400,
    )
    configuration = ""

    def __init__(self, files: FileStore, child: ChildProcess, extractor: TextExtractor) -> None:
        self._files, self._child, self._extractor = files, child, extractor

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Suspicious when a program goes under a document's name or under two endings."""
        stored = _stored(self._files, observable)
        found = self._child.run("file", {"path": str(stored.path)}, self.about.timeout_s)
        strings: Sequence[str] = found["strings"]
        name = found["types"][0]["name"] if found["types"] else "unknown type"
        verdict, reason = _disguise(stored.name, found["program"])
        hashes = [Artifact("hash", found[algorithm]) for algorithm in ("md5", "sha1", "sha256")]
        return Report(
            verdict,
            f"{name}, {found['size_bytes']} bytes" + f"; {reason}" * bool(reason),
            (
                Taxonomy(verdict, "File", "type", name),
                Taxonomy("info", "File", "entropy", f"{found['entropy']:.2f}"),
            ),
            (*hashes, *_artifacts(self._extractor, strings)),
            {**found, "strings": strings[:200], "name": stored.name, "disguise": reason},
        )


def _disguise(name: str, program: str) -> tuple[Verdict, str]:
    if program and program != "script" and _DOCUMENT.search(name):
        return "suspicious", f"a {program} under the name of a document"
    if _PROGRAM.search(name) and _DOCUMENT.search(name[: name.rfind(".")]):
        return "suspicious", "a program's ending after a document's"
    return "info", ""


class YaraAnalyzer:
    """YARA rules of a folder over a file."""

    about = About(
        "yara",
        "1.0",
        "Scans a file with the YARA rules of the configured folder.",
        frozenset({"file"}),
        timeout_s=60,
        cache_s=86_400,
    )

    def __init__(self, files: FileStore, child: ChildProcess, rules: Path) -> None:
        self._files, self._child, self._rules = files, child, rules

    @property
    def configuration(self) -> str:
        """Changes with any rule file's name, size or time."""
        digest = xxhash.xxh3_64()
        for path in rule_files(self._rules):
            with contextlib.suppress(FileNotFoundError):  # removed since the folder was listed
                status = path.stat()
                digest.update(f"{path}|{status.st_size}|{status.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Malicious on any match, or what the rule's own `verdict` in its metadata says."""
        stored = _stored(self._files, observable)
        request = {"path": str(stored.path), "rules": str(self._rules), "timeout_s": self.about.timeout_s - 5}
        found = self._child.run("yara", request, self.about.timeout_s)
        levels = [(str(match["rule"]), _level(match)) for match in found["matches"]]
        names = ", ".join(name for name, _ in levels[:10])
        return Report(
            worst(level for _, level in levels),
            f"{len(levels)} rule(s) match: {names}" if levels else "no rule matches",
            tuple(Taxonomy(level, "YARA", "rule", name) for name, level in levels),
            full=found,
        )


def _level(match: Mapping[str, Any]) -> Verdict:
    stated = match["metadata"].get("verdict")
    return "malicious" if stated is None else read_verdict(stated)


class MailAnalyzer:
    """Headers, addresses, URLs and attachments of an e-mail."""

    about = About(
        "e-mail",
        "1.0",
        "Headers, senders, SPF/DKIM/DMARC results, links and attachments of a message (.eml).",
        frozenset({"file"}),
        timeout_s=30,
        cache_s=86_400,
    )
    configuration = ""

    def __init__(self, files: FileStore, child: ChildProcess, extractor: TextExtractor) -> None:
        self._files, self._child, self._extractor = files, child, extractor

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Suspicious when a check of the sender failed, answers go elsewhere, or a program is attached."""
        stored = _stored(self._files, observable)
        found = self._child.run("mail", {"path": str(stored.path)}, self.about.timeout_s)
        facts = _mail_facts(found)
        senders = found["addresses"]["from"]
        addresses = [address for group in found["addresses"].values() for address in group]
        return Report(
            worst(level for level, _ in facts.values()),
            f"from {', '.join(senders) or 'nobody'}: "
            + ", ".join(f"{name} {value}" for name, (_, value) in facts.items()),
            tuple(Taxonomy(level, "Mail", name, value) for name, (level, value) in facts.items()),
            (
                *(Artifact("email", address) for address in addresses),
                *(Artifact("hash", each["sha256"]) for each in found["attachments"]),
                *(Artifact("filename", each["name"]) for each in found["attachments"] if each["name"]),
                *_artifacts(self._extractor, (found["text"], *found["received"])),
            ),
            {**found, "text": found["text"][:20_000]},
        )


def _mail_facts(found: Mapping[str, Any]) -> dict[str, tuple[Verdict, str]]:
    facts: dict[str, tuple[Verdict, str]] = {"attachments": ("info", str(len(found["attachments"])))}
    for check, result in found["results"].items():
        facts[check] = ("suspicious" if result in {"fail", "softfail", "permerror"} else "info", result)
    addresses = found["addresses"]
    domains = {name: {each.rpartition("@")[2] for each in addresses[name]} for name in ("from", "reply-to")}
    if domains["reply-to"] and domains["from"] and domains["reply-to"].isdisjoint(domains["from"]):
        facts["reply-to"] = ("suspicious", ", ".join(sorted(domains["reply-to"])))
    programs = [each["name"] for each in found["attachments"] if _PROGRAM.search(each["name"])]
    if programs:
        facts["program"] = ("suspicious", ", ".join(programs)[:200])
    return facts
