"""How MISP's words map to ours. Source: MISP core format, `misp-rfc` draft-20, and its type list."""

from __future__ import annotations

from tocsin.core.severity import TLP
from tocsin.intel.kinds import Kind

_KINDS: dict[str, Kind] = {
    "ip": "ip",
    "ip-src": "ip",
    "ip-dst": "ip",
    "domain": "domain",
    "hostname": "domain",
    "fqdn": "domain",
    "url": "url",
    "uri": "url",
    "link": "url",
    "md5": "hash",
    "sha1": "hash",
    "sha224": "hash",
    "sha256": "hash",
    "sha384": "hash",
    "sha512": "hash",
    "email": "email",
    "email-src": "email",
    "email-dst": "email",
    "email-reply-to": "email",
    "mail": "email",
    "filename": "filename",
    "vulnerability": "cve",
    "as": "asn",
    "regkey": "registry",
    "mutex": "mutex",
}
_TLP = {
    "clear": TLP.CLEAR,
    "white": TLP.CLEAR,
    "green": TLP.GREEN,
    "amber": TLP.AMBER,
    "amber+strict": TLP.AMBER_STRICT,
    "red": TLP.RED,
}


def kind_of_misp_type(name: str) -> Kind | None:
    """Return the kind of a MISP attribute type that is not composite, or None when it is no indicator."""
    return _KINDS.get(name)


def parts_of(name: str, value: str) -> list[tuple[Kind, str]]:
    """Return the kinds and values of a MISP attribute; the parts of a composite that mean nothing alone go.

    `filename|sha256` gives only the hash: a common file name beside it would match everywhere. A port is
    never an indicator of its own; `regkey|value` keeps the key.
    """
    if name == "malware-sample":
        name = "filename|md5"
    names = name.split("|")
    values = value.split("|", len(names) - 1) if len(names) > 1 else [value]
    found = [(kind, text) for part, text in zip(names, values, strict=False) if (kind := _KINDS.get(part))]
    if len(names) > 1 and any(kind == "hash" for kind, _ in found):
        found = [(kind, text) for kind, text in found if kind != "filename"]
    return found


def tlp_of(text: str) -> int | None:
    """Return the TLP level of `amber`, `tlp:amber` or `2`; None when it is none."""
    name = text.strip().lower().removeprefix("tlp:")
    if name in _TLP:
        return _TLP[name]
    return int(name) if name in {"0", "1", "2", "3", "4"} else None
