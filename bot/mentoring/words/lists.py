"""What is said to who offers and seeks, and what is held of them."""

from collections.abc import Sequence

from bot.conversation.model import Block, Document, bullets, document, paragraph, say
from bot.mentoring.model import Pair, Profile, Side
from bot.mentoring.words.phrases import language_names, listed, reasons, spoken_hours


def noted(profile: Profile, offered: Sequence[str]) -> Document:
    """Return what was understood of an offer or a wish; `offered` is what there is for a wish."""
    what = "You offer to be a mentor for" if profile.side is Side.OFFER else "You seek a mentor for"
    items = [
        f"Topics, the most important one first: {listed(profile.topics)}",
        f"Languages: {language_names(profile.languages)}",
        f"Hours on your clocks ({profile.zone}): {spoken_hours(profile.hours)}",
    ]
    if profile.side is Side.OFFER:
        items.append(f"At a time: {profile.capacity} (only you see this)")
    blocks: list[Block] = [paragraph(f"Thank you. {what} {listed(profile.topics)}.")]
    blocks.append(bullets(items))
    if offered:
        blocks.append(paragraph(f"On offer in this circle so far: {listed(offered)}."))
    blocks.append(
        paragraph(
            "When a facilitator makes the pairs, I ask you privately before anyone is introduced. "
            "To change something, give the command again; with the one word stop in place of the "
            "topics I take you off the list."
        )
    )
    return document(*blocks)


def off_the_list(side: Side, *, was_on: bool) -> Document:
    """Return the answer to stop."""
    doing = "offer to be a mentor" if side is Side.OFFER else "seek a mentor"
    if not was_on:
        return say(f"You did not {doing} here, so there is nothing to take back.")
    return say(f"Done: you no longer {doing} here. A match that you have goes on as it is.")


def held(profiles: Sequence[Profile], pairs: Sequence[tuple[Pair, int, str]]) -> Document:
    """Return what mentoring holds of somebody: profiles, and pairs as `(pair, self, partner)`."""
    items = [
        f"You {profile.side} ({spoken_hours(profile.hours)}, {profile.zone}; "
        f"{language_names(profile.languages)}"
        + (f"; {profile.capacity} at a time" if profile.side is Side.OFFER else "")
        + f"): {listed(profile.topics)}"
        for profile in profiles
    ]
    items += [
        f"Match {pair.id} with {partner}, you as {'mentor' if me == pair.mentor else 'mentee'}, "
        f"proposed on {pair.proposed_at.date()}: {pair.state}. {reasons(pair.fit, yours=True)}"
        + " You said yes to my carrying words between you."
        * (me in pair.relay)
        for pair, me, partner in pairs
    ]
    return document(paragraph("Mentoring:"), bullets(items)) if items else Document()
