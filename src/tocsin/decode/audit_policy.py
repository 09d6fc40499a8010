"""Names of the audit policy's categories, which Windows events state as message numbers (`%%8273`).

Source: Microsoft's documentation of event 4719 and of advanced audit policy settings.
"""

from __future__ import annotations

_CATEGORY_NAMES = (
    "System",
    "Logon/Logoff",
    "Object Access",
    "Privilege Use",
    "Detailed Tracking",
    "Policy Change",
    "Account Management",
    "DS Access",
    "Account Logon",
)
CATEGORIES = {f"%%{8272 + offset}": name for offset, name in enumerate(_CATEGORY_NAMES)}
"""Category names by number."""

_SUBCATEGORY_NAMES = {
    12288: (
        "Security State Change",
        "Security System Extension",
        "System Integrity",
        "IPsec Driver",
        "Other System Events",
    ),
    12544: (
        "Logon",
        "Logoff",
        "Account Lockout",
        "IPsec Main Mode",
        "Special Logon",
        "IPsec Quick Mode",
        "IPsec Extended Mode",
        "Other Logon/Logoff Events",
        "Network Policy Server",
        "User / Device Claims",
        "Group Membership",
    ),
    12800: (
        "File System",
        "Registry",
        "Kernel Object",
        "SAM",
        "Other Object Access Events",
        "Certification Services",
        "Application Generated",
        "Handle Manipulation",
        "File Share",
        "Filtering Platform Packet Drop",
        "Filtering Platform Connection",
        "Detailed File Share",
        "Removable Storage",
        "Central Access Policy Staging",
    ),
    13056: ("Sensitive Privilege Use", "Non Sensitive Privilege Use", "Other Privilege Use Events"),
    13312: (
        "Process Creation",
        "Process Termination",
        "DPAPI Activity",
        "RPC Events",
        "Plug and Play Events",
        "Token Right Adjusted Events",
    ),
    13568: (
        "Audit Policy Change",
        "Authentication Policy Change",
        "Authorization Policy Change",
        "MPSSVC Rule-Level Policy Change",
        "Filtering Platform Policy Change",
        "Other Policy Change Events",
    ),
    13824: (
        "User Account Management",
        "Computer Account Management",
        "Security Group Management",
        "Distribution Group Management",
        "Application Group Management",
        "Other Account Management Events",
    ),
    14080: (
        "Directory Service Access",
        "Directory Service Changes",
        "Directory Service Replication",
        "Detailed Directory Service Replication",
    ),
    14336: (
        "Credential Validation",
        "Kerberos Service Ticket Operations",
        "Other Account Logon Events",
        "Kerberos Authentication Service",
    ),
}
SUBCATEGORIES = {
    f"%%{first + offset}": name
    for first, names in _SUBCATEGORY_NAMES.items()
    for offset, name in enumerate(names)
}
"""Subcategory names by number."""

CHANGES = {
    "%%8448": "Success removed",
    "%%8449": "Success added",
    "%%8450": "Failure removed",
    "%%8451": "Failure added",
}
"""What a change did to a subcategory, by number."""
