"""Configuration checks (SCA): the result of one check, or the score of a whole policy.

Source of the JSON: Wazuh 4's SCA module: `{"type": "check", "id", "policy", "policy_id", "check": {"id",
"title", .., "result" | "status", "reason"}}` and `{"type": "summary", "scan_id", "name", "policy_id",
"passed", "failed", "invalid", "total_checks", "score", ..}`. Either counts when it is not what the same
agent said last; a check then also says what its result was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.decode.jsondoc import JSONOptions, parse_object, put_document
from tocsin.decode.subject import Subject
from tocsin.decode.tracked import ANY, FIRST, Reading, Tracked

NAMES: frozenset[str] = frozenset({"sca"})
_RESULTS = ("passed", "failed", "not applicable")
_CHECK = ("id", "title", "description", "rationale", "remediation", "compliance", "references", "reason")
_PLACES = ("file", "directory", "process", "registry", "command")
_COUNTS = ("passed", "failed", "invalid", "total_checks", "score")
_SUMMARY = ("scan_id", "policy_id", "description", "file", *_COUNTS)
_OPTIONS = JSONOptions(keep_null=False, arrays_as_csv=True)


def read_sca(subject: Subject, raw: bytes) -> Any:
    """Read one event of the module; return the end of the scan in seconds, if it states one.

    Raises `ValueError` for what is no JSON object or no kind of event we know.
    """
    document = parse_object(raw)
    subject.decoder, subject.category = "sca", "ossec"
    kind = document.get("type")
    if kind == "check" and isinstance(document.get("check"), dict):
        _put_check(subject, document, document["check"])
    elif kind == "summary":
        _put_summary(subject, document)
    elif isinstance(kind, str):
        put_document(subject, {"sca": {"type": kind, "policy_id": document.get("policy_id")}}, _OPTIONS)
    else:
        raise ValueError(f"an event of type {kind!r} is not known")
    return document.get("end_time")


def _put_check(subject: Subject, document: Mapping[str, Any], check: Mapping[str, Any]) -> None:
    result = _result(check)
    shown: dict[str, Any] = {name: check.get(name) for name in (*_CHECK, *_PLACES)}
    shown["compliance"] = _compliance(check.get("compliance"))
    shown["result"] = result
    about = {"type": "check", "scan_id": document.get("id"), "policy": document.get("policy"), "check": shown}
    about["policy_id"] = document.get("policy_id")
    put_document(subject, {"sca": about}, _OPTIONS)
    readings = tuple(_reading(former) for former in _RESULTS if former != result)
    key = _key(subject, "check", document.get("policy_id") or document.get("policy"), check.get("id"))
    subject.tracked = Tracked(key, result, (Reading(FIRST), *readings, Reading(ANY)))


def _reading(former: str) -> Reading:
    name = "sca.check.previous_result"
    return Reading(former, values=((name, former),), fields=((f"data.{name}", former),))


def _put_summary(subject: Subject, document: Mapping[str, Any]) -> None:
    about: dict[str, Any] = {"type": "summary", "policy": document.get("name") or document.get("policy")}
    about.update({name: document.get(name) for name in _SUMMARY})
    put_document(subject, {"sca": about}, _OPTIONS)
    counts = [str(document.get(name)) for name in ("hash", "passed", "failed", "invalid", "score")]
    key = _key(subject, "summary", document.get("policy_id") or about["policy"])
    subject.tracked = Tracked(key, " ".join(counts), (Reading(FIRST), Reading(ANY)))


def _result(check: Mapping[str, Any]) -> str:
    """Return the result as rules know it; a check that could not be made has a status instead of one."""
    said = str(check.get("result") or check.get("status") or "").lower()
    return "not applicable" if said in ("", "invalid") else said


def _compliance(value: Any) -> dict[str, Any]:
    """Return requirements by framework: the module sends a mapping, a policy's text holds a list of them."""
    pairs: Iterator[tuple[str, Any]] = iter(())
    if isinstance(value, dict):
        pairs = iter(value.items())
    elif isinstance(value, list):
        pairs = (pair for one in value if isinstance(one, dict) for pair in one.items())
    return {str(name): requirements for name, requirements in pairs}


def _key(subject: Subject, *parts: Any) -> str:
    return "\x1f".join(["sca", subject.agent, *map(str, parts)])
