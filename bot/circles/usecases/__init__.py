"""The verbs of a circle's life, one module for each side of it."""
