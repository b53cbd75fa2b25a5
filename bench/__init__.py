"""Measurements. Each module runs as ``python -m bench.NAME --json`` and ends with one JSON line."""
