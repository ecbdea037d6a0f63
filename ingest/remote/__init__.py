"""Devices' remote life: what they say of themselves is kept, what they are told is said."""
