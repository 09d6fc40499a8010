"""The reference pages, written from the code: `python -m tocsin.cli.reference FOLDER`.

The same code gives the same bytes on every machine, so that a test can compare them.
"""
