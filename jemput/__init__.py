"""What a bin, a reading and a pickup are, and what must happen when a bin fills."""
