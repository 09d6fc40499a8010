"""Analyzers: what a value is, said with a verdict.

Imports nothing by itself: a child process that reads a file must start fast and small.
"""
