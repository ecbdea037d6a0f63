"""A broker that does as it is told, and lies where it is told to."""
