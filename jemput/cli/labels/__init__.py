"""Labels to print: what hangs in the street says which one it is, and where to look it up."""
