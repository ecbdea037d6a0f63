"""A small MQTT 3.1.1 client: QoS 1, persistent session, a deadline on everything."""
