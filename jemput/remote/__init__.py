"""What devices are told and what they say of themselves: configuration, commands, updates."""
