"""What runs on the bin. MicroPython; imports nothing of this repository."""
