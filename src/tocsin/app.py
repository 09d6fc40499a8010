"""Composition root: settings to parts to a running platform. Alone in knowing which adapter is used."""
