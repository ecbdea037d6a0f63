"""The way to the broker and back, with a deadline on every step."""
