"""Names of the ATT&CK techniques met most often; any well-formed id is accepted.

The ids and names are those of MITRE ATT&CK for Enterprise (https://attack.mitre.org).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tocsin.core.errors import InvalidError

_ID = re.compile(r"T\d{4}(\.\d{3})?")

NAMES = {
    "T1003": "OS Credential Dumping",
    "T1003.008": "/etc/passwd and /etc/shadow",
    "T1005": "Data from Local System",
    "T1014": "Rootkit",
    "T1016": "System Network Configuration Discovery",
    "T1018": "Remote System Discovery",
    "T1021": "Remote Services",
    "T1021.001": "Remote Desktop Protocol",
    "T1021.002": "SMB/Windows Admin Shares",
    "T1021.004": "SSH",
    "T1027": "Obfuscated Files or Information",
    "T1030": "Data Transfer Size Limits",
    "T1033": "System Owner/User Discovery",
    "T1036": "Masquerading",
    "T1040": "Network Sniffing",
    "T1041": "Exfiltration Over C2 Channel",
    "T1046": "Network Service Discovery",
    "T1047": "Windows Management Instrumentation",
    "T1048": "Exfiltration Over Alternative Protocol",
    "T1053": "Scheduled Task/Job",
    "T1053.003": "Cron",
    "T1053.005": "Scheduled Task",
    "T1053.006": "Systemd Timers",
    "T1055": "Process Injection",
    "T1057": "Process Discovery",
    "T1059": "Command and Scripting Interpreter",
    "T1059.001": "PowerShell",
    "T1059.003": "Windows Command Shell",
    "T1059.004": "Unix Shell",
    "T1059.006": "Python",
    "T1068": "Exploitation for Privilege Escalation",
    "T1070": "Indicator Removal",
    "T1070.001": "Clear Windows Event Logs",
    "T1070.002": "Clear Linux or Mac System Logs",
    "T1070.004": "File Deletion",
    "T1071": "Application Layer Protocol",
    "T1071.001": "Web Protocols",
    "T1071.004": "DNS",
    "T1078": "Valid Accounts",
    "T1078.003": "Local Accounts",
    "T1082": "System Information Discovery",
    "T1083": "File and Directory Discovery",
    "T1087": "Account Discovery",
    "T1098": "Account Manipulation",
    "T1098.004": "SSH Authorized Keys",
    "T1105": "Ingress Tool Transfer",
    "T1110": "Brute Force",
    "T1110.001": "Password Guessing",
    "T1110.003": "Password Spraying",
    "T1110.004": "Credential Stuffing",
    "T1112": "Modify Registry",
    "T1133": "External Remote Services",
    "T1136": "Create Account",
    "T1136.001": "Local Account",
    "T1140": "Deobfuscate/Decode Files or Information",
    "T1190": "Exploit Public-Facing Application",
    "T1204": "User Execution",
    "T1218": "System Binary Proxy Execution",
    "T1222": "File and Directory Permissions Modification",
    "T1485": "Data Destruction",
    "T1486": "Data Encrypted for Impact",
    "T1489": "Service Stop",
    "T1490": "Inhibit System Recovery",
    "T1496": "Resource Hijacking",
    "T1498": "Network Denial of Service",
    "T1499": "Endpoint Denial of Service",
    "T1505": "Server Software Component",
    "T1505.003": "Web Shell",
    "T1543": "Create or Modify System Process",
    "T1543.002": "Systemd Service",
    "T1543.003": "Windows Service",
    "T1546": "Event Triggered Execution",
    "T1547": "Boot or Logon Autostart Execution",
    "T1548": "Abuse Elevation Control Mechanism",
    "T1548.003": "Sudo and Sudo Caching",
    "T1552": "Unsecured Credentials",
    "T1552.004": "Private Keys",
    "T1556": "Modify Authentication Process",
    "T1562": "Impair Defenses",
    "T1562.001": "Disable or Modify Tools",
    "T1562.004": "Disable or Modify System Firewall",
    "T1564": "Hide Artifacts",
    "T1565": "Data Manipulation",
    "T1565.001": "Stored Data Manipulation",
    "T1566": "Phishing",
    "T1566.001": "Spearphishing Attachment",
    "T1566.002": "Spearphishing Link",
    "T1569": "System Services",
    "T1570": "Lateral Tool Transfer",
    "T1571": "Non-Standard Port",
    "T1572": "Protocol Tunneling",
    "T1574": "Hijack Execution Flow",
    "T1574.006": "Dynamic Linker Hijacking",
    "T1595": "Active Scanning",
    "T1595.001": "Scanning IP Blocks",
    "T1595.002": "Vulnerability Scanning",
    "T1595.003": "Wordlist Scanning",
}
"""Technique ids and their names."""


def technique_id(text: str) -> str:
    """Return the id in upper case; raises `InvalidError` when it is none."""
    wanted = text.strip().upper()
    if not _ID.fullmatch(wanted):
        raise InvalidError(f"{text!r} is no ATT&CK technique: T and four digits, with .nnn for a part of one")
    return wanted


def technique_name(identifier: str) -> str:
    """Return the technique's name, or its id when the name is not known here."""
    return NAMES.get(identifier, identifier)


def valid_techniques(identifiers: Iterable[str]) -> list[str]:
    """Return those that are ids, each once; detections may carry what a rule's author mistyped."""
    upper = (identifier.strip().upper() for identifier in identifiers)
    return list(dict.fromkeys(identifier for identifier in upper if _ID.fullmatch(identifier)))
