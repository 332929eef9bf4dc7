"""`python -m bot` is `circlekeeper`."""

from bot.cli import main

main()
