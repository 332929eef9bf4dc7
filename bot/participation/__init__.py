"""What the circle sees of itself: contributions, counted by query."""
