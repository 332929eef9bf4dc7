"""A member's data: shown, forgotten, kept no longer than promised."""
