"""How well calls and emptyings fit what a recording shows: pure scores, no rule of its own."""
