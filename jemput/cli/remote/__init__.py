"""`jemput device` from afar: configuration, commands, updates."""
