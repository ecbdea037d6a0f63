"""What stands on the desk instead of copper. Runs on CPython and on MicroPython alike."""
