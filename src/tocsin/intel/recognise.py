"""What a bare value is: undo the usual defanging and name its kind."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from tocsin.core.errors import InvalidError
from tocsin.intel.kinds import KINDS, Kind, normalise

_DEFANGED_DOT = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\}|\[\.|\.\]", re.IGNORECASE)
_DEFANGED_AT = re.compile(r"\[@\]|\[at\]|\(at\)|\(@\)", re.IGNORECASE)
_DEFANGED_COLON = re.compile(r"\[:\]|\[://\]", re.IGNORECASE)
_DEFANGED_SCHEME = re.compile(r"^(?:hxxp|h\*\*p|meow|hXXp)(s?)(?=:)", re.IGNORECASE)
_FILE_ENDING = re.compile(
    r"[^/\\:*?\"<>|\s]+\.(?:exe|dll|sys|scr|ps1|psm1|vbs|vbe|js|jse|hta|bat|cmd|lnk|msi|jar|docx?|docm|xlsx?|"
    r"xlsm|pptx?|rtf|pdf|iso|img|7z|rar|gz|tgz|bin|elf|apk|dmg|php|aspx?|jsp|txt|tmp|dat|log|conf|xml|json|"
    r"zip|sh|py|pl|rs|md|so|ko|deb|rpm)",
    re.IGNORECASE | re.ASCII,
)
_FILES_LIKE_DOMAINS = frozenset({"zip", "sh", "py", "pl", "rs", "md", "so", "mov", "properties"})
"""Top-level domains that are far commoner as the ending of a file's name when there is only one dot."""


class Recognised(NamedTuple):
    """A value's kind and normalised spelling."""

    kind: Kind
    value: str


def refang(text: str) -> str:
    """Return the text with the usual defanging undone: `hxxp`, `[.]`, `(dot)`, `[@]`, `[:]`."""
    if "[" in text or "(" in text or "{" in text:
        text = _DEFANGED_COLON.sub(lambda found: found[0].strip("[]"), text)
        text = _DEFANGED_AT.sub("@", _DEFANGED_DOT.sub(".", text))
    return _DEFANGED_SCHEME.sub(r"http\1", text)


class Recogniser:
    """Names the kind of a value; knows the top-level domains, so `report.exe` is no domain. Thread safe."""

    def __init__(self, suffixes: PublicSuffixList | None = None) -> None:
        self._suffixes = suffixes or PublicSuffixList(only_icann=True, accept_unknown=False)

    def recognise(self, text: str) -> Recognised | None:
        """Return the kind and normalised value of a single value, or None when it is none we know."""
        value = refang(text.strip().strip("\"'`,;<>"))
        if not value or len(value) > 4_096:
            return None
        for kind in _candidates(value):
            found = self.read(kind, value)
            if found:
                return found
        return None

    def read(self, kind: str, value: str) -> Recognised | None:
        """Return `value` normalised as `kind`, or None when it is not of that kind."""
        try:
            normal = normalise(kind, value)
        except InvalidError:
            return None
        if kind == "domain" and not self.is_domain(normal):
            return None
        if kind == "url" and "://" not in value and not self._names_host(normal):
            return None
        if kind == "cidr" and normal.endswith(("/32", "/128")) and normal.endswith("/32") == ("." in normal):
            return Recognised("ip", normal.partition("/")[0])
        return Recognised(_KIND_OF[kind], normal)

    def _names_host(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        return self.read("ip", host) is not None or self.read("domain", host) is not None

    def is_domain(self, name: str) -> bool:
        """Say whether a normalised name lies below a public suffix and is not more likely a file."""
        if name.count(".") == 1 and name.rpartition(".")[2] in _FILES_LIKE_DOMAINS:
            return False
        return self._suffixes.privatesuffix(name) is not None


_KIND_OF: dict[str, Kind] = {kind: kind for kind in KINDS}  # type: ignore[misc]  # KINDS are Kind's own


def _candidates(value: str) -> tuple[str, ...]:
    if "://" in value:
        return ("url",)
    if "\\" in value:
        return ("registry",) if value.upper().startswith(("HK", "\\REGISTRY")) else ("path",)
    if value.startswith("/"):
        return ("path",)
    if "/" in value:
        return ("cidr", "url") if value[0].isalnum() else ("cidr",)
    if "@" in value:
        return ("email",)
    if value[:4].upper() == "CVE-":
        return ("cve",)
    if value[:2].upper() == "AS" and value[2:].isdigit():
        return ("asn",)
    return ("ip", "hash", "domain", *(("filename",) if _FILE_ENDING.fullmatch(value) else ()))
