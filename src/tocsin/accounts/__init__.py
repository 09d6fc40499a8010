"""Users, roles, sessions, API keys and the audit trail."""

from tocsin.accounts.audit import Audit, AuditEntry, AuditFilter
from tocsin.accounts.errors import UnauthenticatedError
from tocsin.accounts.permissions import PERMISSIONS, ROLES, Permission, Principal, Role
from tocsin.accounts.service import Accounts
from tocsin.accounts.sessions import SessionLimits

__all__ = [
    "PERMISSIONS",
    "ROLES",
    "Accounts",
    "Audit",
    "AuditEntry",
    "AuditFilter",
    "Permission",
    "Principal",
    "Role",
    "SessionLimits",
    "UnauthenticatedError",
]
