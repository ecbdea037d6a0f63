"""FastAPI: bins, readings, pickups; the pages people use. Never talks MQTT."""
