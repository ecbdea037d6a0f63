"""What this firmware calls itself in its status."""

VERSION = "0.1.0"
