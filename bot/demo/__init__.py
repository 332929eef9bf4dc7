"""The demo: an invented circle lives its six weeks through the real engine."""
