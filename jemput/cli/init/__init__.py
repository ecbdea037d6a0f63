"""`jemput init`: a folder that is everything a town needs, from a few questions."""
