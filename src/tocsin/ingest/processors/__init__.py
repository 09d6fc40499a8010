"""Ingest pipelines: what an operator wants done to a source's events before rules and people see them."""
