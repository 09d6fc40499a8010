"""Alerts, cases and all that hangs on them."""
