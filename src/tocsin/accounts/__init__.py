"""Who may do what: users, sessions, API keys, roles and the audit trail."""
