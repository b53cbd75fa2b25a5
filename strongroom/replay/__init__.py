"""Recorded series played over real MQTT to a real engine, and a report of what it did."""
