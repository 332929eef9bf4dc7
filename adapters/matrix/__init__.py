"""Matrix: the bot as an account on a homeserver.

Nothing here imports nio before an account is opened, so that importing the application stays
quick.
"""
