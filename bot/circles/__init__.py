"""A circle's life: its charter, its people, its calendar, the method it follows."""
