"""Alerts out: from the durable outbox, by log, MQTT or webhook, at least once under one key."""
