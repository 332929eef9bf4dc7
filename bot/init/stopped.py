"""Why nothing was set up."""


class Stopped(Exception):
    """The setup ended before anything was written; the text says why and what to do."""
