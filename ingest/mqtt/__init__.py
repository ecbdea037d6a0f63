"""MQTT 3.1.1, as much of it as hearing bins needs."""
