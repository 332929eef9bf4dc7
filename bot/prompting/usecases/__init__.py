"""The verbs of prompting: planned, composed, answered, looked after."""
