"""One module for each revision of the tables, called rNNNN_what.py after its number."""
