"""A town without hardware.

Imports only `firmware`, so agreement with the host is proved, not assumed.
"""
