"""The console: an invented community in memory, for the demo, for tests and for trying things."""
