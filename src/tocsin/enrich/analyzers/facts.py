"""Facts that stand in an address, a domain, a URL or a hash itself."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import re
from collections import Counter
from urllib.parse import SplitResult, unquote, urlsplit

import idna
from publicsuffixlist import PublicSuffixList

from tocsin.core.addresses import is_documentation
from tocsin.enrich.base import About, AnalysisError, Artifact, Context, Observable, Report, Taxonomy, Verdict
from tocsin.enrich.verdict import worst

_HASHES = {32: "MD5", 40: "SHA-1", 56: "SHA-224", 64: "SHA-256", 96: "SHA-384", 128: "SHA-512"}
_EMPTY = {
    hashlib.new(name, usedforsecurity=False).hexdigest()
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
}
_HEX = re.compile(r"[0-9a-fA-F]+", re.ASCII)
_PROGRAM = re.compile(
    r"\.(?:exe|dll|scr|com|pif|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|lnk|msi|jar|sh|elf|bin|apk|iso|img)$",
    re.IGNORECASE,
)
_DOUBLE_ENCODED = re.compile(r"%25[0-9a-fA-F]{2}")
_NAMESPACE = "Facts"


def _taxonomies(facts: dict[str, tuple[Verdict, str]]) -> tuple[Taxonomy, ...]:
    return tuple(Taxonomy(level, _NAMESPACE, name, value) for name, (level, value) in facts.items())


class AddressAnalyzer:
    """Says what kind of address it is."""

    about = About(
        "address-facts",
        "1.0",
        "Version, scope (private, reserved, multicast) and reverse name of an address.",
        frozenset({"ip"}),
        cache_s=86_400,
    )
    configuration = ""

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Information only."""
        try:
            address = ipaddress.ip_address(observable.value.strip("[]"))
        except ValueError as error:
            raise AnalysisError(f"{observable.value[:100]!r} is not an address") from error
        scope = _scope(address)
        embedded = _embedded(address)
        return Report(
            "info",
            f"{scope} IPv{address.version} address",
            (Taxonomy("info", _NAMESPACE, "scope", scope),),
            tuple(Artifact("ip", each) for each in embedded),
            {
                "version": address.version,
                "scope": scope,
                "is_global": address.is_global,
                "reverse_pointer": address.reverse_pointer,
                "exploded": address.exploded,
                "embedded": embedded,
            },
        )


def _scope(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if is_documentation(address):
        return "documentation"
    for name in ("loopback", "unspecified", "link_local", "multicast", "reserved", "private"):
        if getattr(address, f"is_{name}"):
            return name.replace("_", "-")
    return "global" if address.is_global else "shared"


def _embedded(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[str]:
    """Return the IPv4 addresses an IPv6 one carries: mapped, 6to4, Teredo (server, client)."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return [str(each) for each in found if each is not None]


class DomainAnalyzer:
    """Says what stands out in a domain name."""

    about = About(
        "domain-facts",
        "1.0",
        "Registered domain, Punycode and mixed scripts, length, digits and entropy of a name.",
        frozenset({"domain", "host"}),
        cache_s=86_400,
    )
    configuration = ""

    def __init__(self, suffixes: PublicSuffixList | None = None) -> None:
        self._suffixes = suffixes or PublicSuffixList(accept_unknown=True)

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Suspicious when scripts are mixed, or when the name looks made by a program."""
        name = observable.value.strip().strip(".").lower()
        if not name or len(name) > 253 or any(character.isspace() for character in name):
            raise AnalysisError(f"{observable.value[:100]!r} is not a name")
        registered = self._suffixes.privatesuffix(name) or ""
        label = registered.partition(".")[0] or name.partition(".")[0]
        decoded = _decoded(name)
        facts = _name_facts(name, label, decoded)
        return Report(
            worst(level for level, _ in facts.values()),
            f"{registered or name}: " + ", ".join(f"{key} {value}" for key, (_, value) in facts.items()),
            _taxonomies(facts),
            (Artifact("domain", registered),) if registered and registered != name else (),
            {
                "registered_domain": registered,
                "public_suffix": self._suffixes.publicsuffix(name) or "",
                "labels": name.count(".") + 1,
                "length": len(name),
                "decoded": decoded,
                "entropy": round(entropy(label), 3),
                "digits": sum(character.isdigit() for character in label),
            },
        )


def _name_facts(name: str, label: str, decoded: str) -> dict[str, tuple[Verdict, str]]:
    digits = sum(character.isdigit() for character in label)
    facts: dict[str, tuple[Verdict, str]] = {"length": ("info", str(len(name)))}
    if "xn--" in name or not name.isascii():
        facts["punycode"] = ("info", decoded)
        if scripts := _mixed_scripts(decoded):
            facts["mixed-scripts"] = ("suspicious", "+".join(scripts))
    if len(label) >= 12 and entropy(label) >= 3.6 and (digits >= 4 or _vowel_share(label) < 0.15):
        facts["random-looking"] = ("suspicious", f"entropy {entropy(label):.2f}")
    return facts


def _decoded(name: str) -> str:
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return name


def _mixed_scripts(name: str) -> list[str]:
    """Return the scripts of the first label that mixes any two of Latin, Greek, Cyrillic and Armenian."""
    for label in name.split("."):
        found = {script for character in label if (script := _script(ord(character)))}
        if len(found) > 1:
            return sorted(found)
    return []


def _script(code: int) -> str:
    if code < 0x80:
        return "Latin" if chr(code).isalpha() else ""
    for name, first, last in (
        ("Latin", 0xC0, 0x24F),
        ("Greek", 0x370, 0x3FF),
        ("Cyrillic", 0x400, 0x52F),
        ("Armenian", 0x530, 0x58F),
    ):
        if first <= code <= last:
            return name
    return ""


def _vowel_share(label: str) -> float:
    letters = [character for character in label if character.isalpha()]
    return sum(character in "aeiouy" for character in letters) / len(letters) if letters else 0.0


def entropy(text: str) -> float:
    """Return Shannon's entropy of the characters in bits per character; 0 for no text."""
    total = len(text)
    return (
        -sum(count / total * math.log2(count / total) for count in Counter(text).values()) if total else 0.0
    )


class URLAnalyzer:
    """Says what stands out in a URL."""

    about = About(
        "url-facts",
        "1.0",
        "User information, port, address as host, Punycode, program at the end, encoding of a URL.",
        frozenset({"url"}),
        cache_s=86_400,
    )
    configuration = ""

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Suspicious when it hides where it leads, or fetches a program from a bare address."""
        try:
            parts = urlsplit(observable.value.strip())
            port, host = parts.port, parts.hostname
        except ValueError as error:
            raise AnalysisError(f"not a URL: {error}") from error
        if not host or len(observable.value) > 8_192:
            raise AnalysisError("not a URL: it names no host")
        facts = _url_facts(parts, host, port)
        is_address = "host-is-address" in facts
        return Report(
            worst(level for level, _ in facts.values()),
            ", ".join(f"{name} {value}" for name, (_, value) in facts.items()) or "nothing stands out",
            _taxonomies(facts),
            (Artifact("ip" if is_address else "domain", host),),
            {
                "scheme": parts.scheme,
                "host": host,
                "port": port,
                "path": parts.path[:2_000],
                "query": parts.query[:2_000],
                "decoded_path": unquote(parts.path[:2_000]),
            },
        )


def _url_facts(parts: SplitResult, host: str, port: int | None) -> dict[str, tuple[Verdict, str]]:
    facts: dict[str, tuple[Verdict, str]] = {}
    is_address = _is_address(host)
    if "@" in parts.netloc:
        facts["user-information"] = ("suspicious", parts.netloc.rpartition("@")[0][:100])
    if port is not None and port not in {80, 443}:
        facts["port"] = ("info", str(port))
    if is_address:
        facts["host-is-address"] = ("info", host)
    if "xn--" in host or not host.isascii():
        facts["punycode"] = ("info", _decoded(host))
    if program := _PROGRAM.search(parts.path):
        facts["program"] = ("suspicious" if is_address else "info", program[0])
    if _DOUBLE_ENCODED.search(parts.path) or _DOUBLE_ENCODED.search(parts.query):
        facts["double-encoded"] = ("suspicious", "yes")
    return facts


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.isdigit() or host.startswith("0x")  # how browsers read a bare number
    return True


class HashAnalyzer:
    """Says which algorithm a hash is of."""

    about = About(
        "hash-facts",
        "1.0",
        "Algorithm of a hash by its length; names the hashes of the empty file.",
        frozenset({"hash"}),
        cache_s=86_400,
    )
    configuration = ""

    def run(self, observable: Observable, context: Context) -> Report:  # noqa: ARG002 - the contract's
        """Safe when it is the hash of no bytes at all."""
        digits = observable.value.strip().lower()
        algorithm = _HASHES.get(len(digits))
        if algorithm is None or not _HEX.fullmatch(digits):
            raise AnalysisError(f"{observable.value[:140]!r} is not a hash")
        is_empty = digits in _EMPTY
        verdict: Verdict = "safe" if is_empty else "info"
        return Report(
            verdict,
            f"{algorithm} of the empty file" if is_empty else algorithm,
            (Taxonomy(verdict, _NAMESPACE, "algorithm", algorithm),),
            full={"algorithm": algorithm, "empty_file": is_empty},
        )
