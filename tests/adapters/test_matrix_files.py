"""What people attach on Matrix: named with their messages, and fetched when it is a picture."""

from adapters.matrix.platform import MatrixPlatform
from bot.conversation.model import File, MessageRef, RoomRef
from tests.contracts.matrix import settings
from tests.support.human import Human, NewHuman
from tests.support.pictures import png
from tests.support.synapse import NewAccount, Synapse


async def test_pictures_that_fit_come_with_their_content_and_others_are_named(
    synapse: Synapse, new_account: NewAccount, new_human: NewHuman
) -> None:
    account, ana = await new_account("bot"), await new_human("ana")
    room = await ana.create_room("Room", public=True)
    async with (
        Human(synapse.base_url, account.user_id, account.access_token) as hands,
        MatrixPlatform(settings(synapse.base_url, account)) as bot,
    ):
        await hands.join(room)
        where = RoomRef("matrix", room)
        loaf = await ana.send_file(room, "loaf.png", png(b"loaf"), "image/png")
        plan = await ana.send_file(room, "plan.txt", b"a plan")
        words = await ana.say(room, "only words")
        shown = await bot.fetch(MessageRef(where, loaf))
        assert shown is not None
        assert shown.files == ("loaf.png",)
        assert await bot.files(MessageRef(where, loaf), largest=1000) == (
            File("loaf.png", "image/png", png(b"loaf"), "loaf.png"),
        )
        assert await bot.files(MessageRef(where, loaf), largest=10) == (
            File("loaf.png", "image/png", b"", "loaf.png"),
        )
        (other,) = await bot.files(MessageRef(where, plan), largest=1000)
        assert (other.name, other.content) == ("plan.txt", b"")
        assert await bot.files(MessageRef(where, words), largest=1000) == ()
        await ana.redact(room, loaf)
        assert await bot.files(MessageRef(where, loaf), largest=1000) == ()
