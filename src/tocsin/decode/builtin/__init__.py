"""Decoders that are code: what a Wazuh agent's modules send, under the names its rules know.

Source of the formats: Wazuh 4's documentation of its agent modules and of their alerts.
"""
