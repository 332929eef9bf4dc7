"""The built-in methods: one folder each, words and calendar only, no code."""
