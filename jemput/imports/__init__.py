"""Bins from a spreadsheet or a map, and back: what is imported is what export gives."""
