"""The clock: whether ours agrees with that of the service which the bot lives on."""

from bot.check.findings import Finding, fail, ok, warn

FAR_APART = 60.0
"""Seconds from which on the bot's own rules about time break."""


def clock_finding(about: str, whose: str, ahead: float, most: float) -> Finding:
    """Return whether a clock that is `ahead` of ours by seconds is so by more than `most`."""
    apart = max(abs(ahead) - 1, 0)  # the header tells whole seconds
    if apart < most:
        return ok(about, f"It agrees with {whose}'s.")
    way = "behind" if ahead > 0 else "ahead of"
    say = fail if apart >= FAR_APART else warn
    return say(
        about,
        f"This machine is {apart:.0f} seconds {way} {whose}.",
        "Prompts would go out at the wrong time, and answers count for the wrong phase.",
        "Set the clock, and keep it right with NTP.",
    )
