"""Circlekeeper: a facilitator's partner for learning circles."""
