"""Playbooks: definition, engine and decisions."""
