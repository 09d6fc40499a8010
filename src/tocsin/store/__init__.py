"""The event log: its contract and its adapters."""
