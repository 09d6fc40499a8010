"""Tocsin: a security incident response platform in one package."""

from tocsin.native import install

__version__ = "0.1.0"

install()
