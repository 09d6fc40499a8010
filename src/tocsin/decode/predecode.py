"""Pre-decoding: program, host and time from the fixed positions of a line's header.

Formats as Wazuh 4 knows them, first match wins; only separators are checked. Beyond them we read
RFC 5424 headers, a `<PRI>` in front, and ISO times of any precision.
"""

from __future__ import annotations

import re

from tocsin.decode.subject import Subject

_RUN = r"[A-Za-z0-9()\-./@_]"
_HOST = re.compile(rf"{_RUN}*")
_PROGRAM = re.compile(rf"({_RUN}+)(?::|\[([0-9]+)\]:) ?|({_RUN}+)\[([0-9]+)\] ")
_AIX = re.compile(rf"{_RUN}+\|[A-Za-z0-9_]+:[a-z]+ ({_RUN}+)(?:\[([0-9]+)\])?: ?")
_PRIORITY = re.compile(r"<([0-9]{1,3})>")
_RFC5424 = re.compile(
    r"1 (\S{1,40}) (\S{1,255}) (\S{1,48}) (\S{1,128}) \S{1,32} "
    r"(?:-|(?:\[(?:[^\]\"]|\"(?:[^\"\\]|\\.)*\")*\])+)(?: |$)(?:\xef\xbb\xbf)?"
)
_ISO_HEADER = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})? )"
    rf"{_RUN}+ {_RUN}+(?:\[[0-9]+\])?:"
)
"""An ISO time that upstream would cut in the wrong place; only when host and program follow."""
_XFERLOG = re.compile(r".{3} .{3} .{2} .{2}:.{2}:.{2} .{4} [0-9]+ ", re.DOTALL)
_APACHE_ERROR = re.compile(r"\[(.{3} .{3} .{2} .{2}:.{2}:.{2} .{4})\] ", re.DOTALL)
_ASL = re.compile(r"\[Time ([0-9]{4}\.[0-9]{2}\.[0-9]{2} [0-9:]{8} UTC)\] \[")
_SQUID = re.compile(r"1[0-9]{9}\.[0-9]{3} +")


def predecode(subject: Subject) -> None:
    """Find the header of `subject.log`, keep its parts and cut it off."""
    log = subject.log
    if log.startswith("<"):
        log = _priority(subject, log)
    # The classic header first: nearly every line that has one has this.
    if log[15:16] == " " and log[9:10] == ":" == log[12:13] and log[3:4] == " " == log[6:7] and len(log) > 16:
        _header(subject, log, log[:15], 16)
        return
    if log.startswith("M\xc3\xa4r "):
        subject.log = "Mar" + log[4:]
        predecode(subject)
        return
    cut = _dated(log)
    if cut:
        _header(subject, log, log[: cut - 1], cut)
    else:
        _date_only(subject, log)


def _priority(subject: Subject, log: str) -> str:
    match = _PRIORITY.match(log)
    if match is None or int(match.group(1)) > 191:
        return log
    subject.fields["log.syslog.facility.code"], subject.fields["log.syslog.severity.code"] = divmod(
        int(match.group(1)), 8
    )
    subject.log = rest = log[match.end() :]
    return _rfc5424(subject, rest)


def _rfc5424(subject: Subject, log: str) -> str:
    match = _RFC5424.match(log)
    if match is None:
        return log
    time, host, program, pid = (text if text != "-" else "" for text in match.groups())
    subject.timestamp, subject.hostname, subject.program = time, host, program
    subject.pid = pid if pid.isdigit() else ""
    subject.log = log[match.end() :]
    return ""


def _dated(log: str) -> int:
    """Return where the text after the time begins, for the formats that a host may follow; else 0."""
    if log[4:5] == "-" == log[7:8] and log[13:14] == ":" == log[16:17]:
        if log[10:11] == "T":
            return _iso_t(log)
        if log[10:11] == " ":
            if log[19:20] == "," and len(log) > 23:
                return 24
            if log[19:20] == "." and log[26:27] in ("+", "-") and log[31:32] == " " and len(log) > 32:
                return 32 if "0" <= log[0] <= "9" else 0
    spaces = log[4:5] == " " == log[8:9] == log[11:12] == log[20:21]
    colons = log[14:15] == ":" == log[17:18]
    return 21 if spaces and colons and len(log) > 20 and "0" <= log[0] <= "9" else 0


def _iso_t(log: str) -> int:
    if len(log) > 32:
        if log[22:23] == ":" and log[25:26] == " ":
            return 26
        if log[19:20] == ".":
            if log[26:27] == ":":
                return 30
            if log[29:30] == ":":
                return 33
    whole = _ISO_HEADER.match(log)
    if whole is not None:
        return whole.end(1)
    return 32 if len(log) > 32 and log[19:20] == "." else 0


def _header(subject: Subject, log: str, timestamp: str, at: int) -> None:
    """Read host and program from `at` on and cut the log there."""
    subject.timestamp = timestamp
    if log[at : at + 1] == " ":
        at += 1
    host = _HOST.match(log, at)
    end = host.end() if host else at
    if log[end : end + 2] == ": ":
        subject.program, at = log[at:end], end + 2
    elif log[end : end + 1] == " ":
        subject.hostname = log[at:end]
        at = _program(subject, log, end + 1)
    else:
        at = end
    if log.startswith("[ID ", at):
        close = log.find("]", at)
        at = close + 2 if close >= 0 else at
    subject.log = log[at:]


def _program(subject: Subject, log: str, at: int) -> int:
    match = _PROGRAM.match(log, at)
    if match is not None:
        name, pid, other, other_pid = match.groups()
        subject.program, subject.pid = name or other, pid or other_pid or ""
        return match.end()
    match = _AIX.match(log, at)
    if match is not None:
        subject.program, subject.pid = match.group(1), match.group(2) or ""
        return match.end()
    return at


def _date_only(subject: Subject, log: str) -> None:
    if log[2:3] == "/" and _cut_snort(subject, log):
        return
    if log.startswith("["):
        match = _APACHE_ERROR.match(log)
        if match is not None:
            subject.timestamp, subject.log = match.group(1), log[match.end() :]
        elif log.startswith("[Time "):
            _asl(subject, log)
    elif log.startswith("1"):
        match = _SQUID.match(log)
        if match is not None:
            subject.timestamp, subject.log = match.group().rstrip(" "), log[match.end() :]
    elif log[24:25] == " " and log[13:14] == ":" and _XFERLOG.match(log):
        subject.timestamp, subject.log = log[:24], log[25:]


def _cut_snort(subject: Subject, log: str) -> bool:
    if log[5:6] == "/" and log[10:11] == "-" and _clock(log, 11):  # suricata
        subject.timestamp, subject.log = log[:26], log[28:]
        return True
    if log[5:6] == "-" and _clock(log, 6):
        subject.timestamp, subject.log = log[:21], log[23:]
        return True
    return False


def _clock(log: str, at: int) -> bool:
    """Whether `hh:mm:ss.ffffff` and two spaces may stand there: only what separates the numbers counts."""
    colons = log[at + 2 : at + 3] == ":" == log[at + 5 : at + 6]
    return colons and log[at + 8 : at + 9] == "." and log[at + 15 : at + 17] == "  "


def _asl(subject: Subject, log: str) -> None:
    match = _ASL.match(log)
    start = log.find("[Message ")
    if match is None or start < 0:
        return
    subject.timestamp = match.group(1)
    subject.program, subject.hostname = _asl_part(log, "[Sender "), _asl_part(log, "[Host ")
    subject.log = log[start + 9 :].partition("]")[0]


def _asl_part(log: str, mark: str) -> str:
    start = log.find(mark)
    end = log.find("]", start)
    return log[start + len(mark) : end] if 0 <= start < end else ""
