"""Composition root: building folder, site database, engine, outbox, command line."""

__version__ = "0.1.0"
