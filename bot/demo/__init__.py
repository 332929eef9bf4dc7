"""The demo: an invented circle lives six weeks in a few seconds, through the real engine."""
