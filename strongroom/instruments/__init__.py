"""Sensors as managed instruments: adopting, replacing, moving, calibrating and taking out of service (C47)."""
