"""The first start: what is asked, the logins, and the files that come of it."""

from bot.init.asking import place
from bot.init.given import Given
from bot.init.starting import again, anew
from bot.init.stopped import Stopped

__all__ = ["Given", "Stopped", "again", "anew", "place"]
