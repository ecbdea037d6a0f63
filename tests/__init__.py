"""What is promised, and proved. A folder's name says what its tests may touch.

domain       pure code; milliseconds
firmware     the device's files, on CPython and on a real MicroPython
contract     golden bytes that two sides must agree on
integration  one part with its real servers
faults       kills, outages, poison: what must not be lost
journey      the whole arrow, as a person would see it
shape        the house itself: arrows, lengths, pins
bench        how fast
"""
