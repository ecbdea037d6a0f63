"""Ultrasonic sensors behind one surface: `ping(temperature_c)` gives millimetres or raises Fault.

Pins, UARTs and clocks are handed in, so that the same files run on a board and on a desk.
"""
