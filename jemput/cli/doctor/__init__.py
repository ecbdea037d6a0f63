"""`jemput doctor`: what is wrong with what Jemput stands on, and the command that mends it."""
