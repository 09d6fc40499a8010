"""`python -m tocsin` is the `tocsin` command."""

from __future__ import annotations

from tocsin.cli.main import run

if __name__ == "__main__":
    run()
