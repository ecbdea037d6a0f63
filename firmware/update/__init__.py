"""Another application over MQTT: whole and authentic before it runs, on trial before it stays."""
