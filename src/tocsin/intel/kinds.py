"""Kinds of values, and the one spelling each value is kept, compared and searched in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Literal, get_args
from urllib.parse import SplitResult, urlsplit, urlunsplit

import idna
import xxhash

from tocsin.core.errors import InvalidError

Kind = Literal[
    "ip",
    "cidr",
    "domain",
    "url",
    "hash",
    "email",
    "filename",
    "path",
    "cve",
    "asn",
    "user",
    "host",
    "registry",
    "process",
    "mutex",
    "other",
]
KINDS: tuple[str, ...] = get_args(Kind)

HASH_LENGTHS = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
MAX_VALUE_LENGTH = 4_096

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN_IPV4 = re.compile(
    r"(?:(?:25[0-5]|2[0-4]\d|1?[1-9]?\d|10\d)\.){3}(?:25[0-5]|2[0-4]\d|1?[1-9]?\d|10\d)", re.ASCII
)
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_CVE = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_ASN = re.compile(r"(?:AS)?(\d{1,10})", re.ASCII | re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}


def normalise(kind: str, value: str) -> str:
    """Return `value` in the one spelling of its kind; raises `InvalidError` when it is none of that kind."""
    text = value.strip()
    if not text:
        raise InvalidError("the value is empty")
    if len(text) > MAX_VALUE_LENGTH:
        raise InvalidError(f"the value has {len(text)} characters, {MAX_VALUE_LENGTH} are allowed")
    if _CONTROL.search(text):
        raise InvalidError("the value has control characters")
    if kind not in KINDS:
        raise InvalidError(f"{kind!r} is not a kind of value")
    return _NORMALISERS.get(kind, str)(text)


def match_key(kind: str, value: str) -> str:
    """Return what two normalised values must share to be the same: a URL is compared without its scheme."""
    if kind == "url":
        return value.partition("://")[2] or value
    return value


def key_hash(kind: str, key: str) -> int:
    """Return the 64-bit hash under which a `match_key` stands in the index (xxh3 of `kind:key`)."""
    return xxhash.xxh3_64_intdigest(f"{kind}:{key}".encode("utf-8", "surrogatepass"))


def signed(number: int) -> int:
    """Return an unsigned 64-bit number as the signed one databases keep."""
    return number - (1 << 64) if number >= 1 << 63 else number


def unsigned(number: int) -> int:
    """Undo `signed`."""
    return number + (1 << 64) if number < 0 else number


def address(text: str) -> str:
    """Return an IP address compressed, IPv4-mapped IPv6 as IPv4, without brackets or zone."""
    if _PLAIN_IPV4.fullmatch(text):
        return text
    bare = text.strip("[]").partition("%")[0]
    try:
        parsed = ipaddress.ip_address(bare)
    except ValueError as error:
        raise InvalidError(f"{text!r} is not an IP address") from error
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise InvalidError(f"{text!r} is not a network") from error


def domain_name(text: str) -> str:
    """Return a domain name in lower case and Punycode, without dots at either end."""
    name = text.lower().strip(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise InvalidError(f"{text!r} is not a domain name: {error}") from error
    if len(name) > 253 or "." not in name or not all(_LABEL.fullmatch(part) for part in name.split(".")):
        raise InvalidError(f"{text!r} is not a domain name")
    if name.rpartition(".")[2].isdigit():
        raise InvalidError(f"{text!r} is not a domain name: the last label is a number")
    return name


def _url(text: str) -> str:
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError as error:
        raise InvalidError(f"{text!r} is not a URL: {error}") from error
    scheme = parts.scheme.lower()
    if not parts.hostname:
        raise InvalidError(f"{text!r} is not a URL: it names no host")
    location = _netloc(parts, _url_host(parts.hostname), None if port == _DEFAULT_PORTS.get(scheme) else port)
    return urlunsplit((scheme, location, parts.path or "/", parts.query, ""))


def _url_host(host: str) -> str:
    try:
        found = address(host)
    except InvalidError:
        return domain_name(host) if "." in host else host
    return f"[{found}]" if ":" in found else found


def _netloc(parts: SplitResult, host: str, port: int | None) -> str:
    user = parts.netloc.rpartition("@")[0]
    return f"{user}@{host}" * bool(user) + host * (not user) + (f":{port}" if port is not None else "")


def _hash(text: str) -> str:
    digits = text.lower()
    if len(digits) not in HASH_LENGTHS or not _HEX.fullmatch(digits):
        raise InvalidError(f"{text!r} is not the hexadecimal form of a known hash")
    return digits


def _email(text: str) -> str:
    local, at, domain = text.lower().rpartition("@")
    if not at or not local or len(local) > 64 or any(character.isspace() for character in local):
        raise InvalidError(f"{text!r} is not an e-mail address")
    return f"{local}@{domain_name(domain)}"


def _cve(text: str) -> str:
    if not _CVE.fullmatch(text.upper()):
        raise InvalidError(f"{text!r} is not a CVE identifier")
    return text.upper()


def _asn(text: str) -> str:
    found = _ASN.fullmatch(text)
    if not found:
        raise InvalidError(f"{text!r} is not the number of an autonomous system")
    return f"AS{int(found[1])}"


_NORMALISERS: dict[str, Callable[[str], str]] = {
    "ip": address,
    "cidr": _network,
    "domain": domain_name,
    "url": _url,
    "hash": _hash,
    "email": _email,
    "cve": _cve,
    "asn": _asn,
    "filename": str.lower,
    "host": str.lower,
    "registry": str.lower,
}
