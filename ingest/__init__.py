"""MQTT in; readings, pickups and alerts out."""
