"""The bot is killed at every step, its homeserver goes away, it is put out: nothing is lost."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.bot_process import Accounts, BotProcess
from tests.support.crowd import Crowd
from tests.support.driven_bot import STEPS
from tests.support.faulty import Exchange, FaultyProxy, Rates
from tests.support.human import Human
from tests.support.ledger import due_prompts
from tests.support.life import body, moment
from tests.support.nursery import Nursery
from tests.support.synapse import Synapse

SEED = 20250303

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Stage:
    """A crowd in one circle, the proxy that its bot goes through, and how well both are."""

    crowd: Crowd
    proxy: FaultyProxy
    sound: bool = True


class Stages:
    """Gives the stage to one test after the other, and a new one after a test that failed."""

    def __init__(
        self, synapse: Synapse, nursery: Nursery, stack: AsyncExitStack, root: Path
    ) -> None:
        self.synapse, self.stack = synapse, stack
        self._nursery, self._root, self._number = nursery, root, 0
        self._stage: Stage | None = None

    async def stage(self) -> Stage:
        """Return a stage on which nothing went wrong."""
        if self._stage is None or not self._stage.sound:
            self._number += 1
            self._stage = await self._new()
        return self._stage

    async def human(self, name: str) -> Human:
        """Return a new person."""
        account = await self.synapse.register(f"{name}-{secrets.token_hex(4)}", "secret")
        human = Human(self.synapse.base_url, account.user_id, account.access_token)
        return await self.stack.enter_async_context(human)

    async def _new(self) -> Stage:
        account = await self.synapse.register(f"keeper-{secrets.token_hex(4)}", "secret")
        people = [await self.human(name) for name in ("fay", "ana", "ben")]
        proxy = FaultyProxy(self.synapse.base_url, seed=SEED)
        await self.stack.enter_async_context(proxy)
        directory = self._root / str(self._number)
        directory.mkdir()
        now = moment("2025-02-20 10:00")
        accounts = Accounts.on_matrix(proxy.url, account)
        bot = BotProcess(directory, accounts, now, nursery=self._nursery)
        bot.organisers = (people[0].user_id,)
        await self.stack.enter_async_context(bot)
        crowd = Crowd(bot, people, random.Random(SEED))  # noqa: S311 - repeatable
        await crowd.open_circle()
        await crowd.life.until("2025-02-25 12:00")
        return Stage(crowd, proxy)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stages(
    synapse: Synapse, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stages]:
    """Give what makes stages: a circle takes longer to begin than most tests take."""
    with Nursery() as nursery:
        async with AsyncExitStack() as stack:
            yield Stages(synapse, nursery, stack, tmp_path_factory.mktemp("kills"))


@pytest_asyncio.fixture(loop_scope="module")
async def stage(stages: Stages) -> AsyncIterator[Stage]:
    """Give three people in an open circle, and their bot behind a proxy, all well."""
    given = await stages.stage()
    given.sound = False
    yield given
    given.proxy.behave()


async def whole(stage: Stage) -> None:
    """Start the bot, let it come to rest, and assert that everything is there, once."""
    crowd = stage.crowd
    if not crowd.bot.running:
        await crowd.bot.start()
    await crowd.settled()
    crowd.bot.clock.advance(minutes=10)
    await crowd.settled()
    audit = await crowd.audit()
    assert audit.faults == [], f"seed {SEED}"
    assert audit.prompts > 0
    assert crowd.bot.mishaps() == []
    stage.sound = True


async def noise_until_it_dies(crowd: Crowd) -> None:
    """Let time and people go on until the bot is dead, and a little longer."""
    for _ in range(200):
        crowd.forward()
        await crowd.act()
        if not crowd.bot.running:
            break
        await asyncio.sleep(0.2)
    await crowd.bot.dies()
    await crowd.act(2)


async def test_a_kill_at_each_step_loses_and_doubles_nothing(stage: Stage) -> None:
    crowd = stage.crowd
    before = crowd.bot.kills
    for nth, step in enumerate(STEPS):
        await crowd.bot.stop()
        await crowd.bot.start(dies_at=step, nth=1 + nth % 2, wait=False)
        await crowd.make()
        await crowd.make()
        await noise_until_it_dies(crowd)
    assert crowd.bot.kills - before == len(STEPS)
    await whole(stage)


async def test_a_kill_around_each_request_loses_and_doubles_nothing(stage: Stage) -> None:
    crowd, proxy = stage.crowd, stage.proxy
    for kind in ("send", "sync"):
        for around in (proxy.before, proxy.after):
            await crowd.bot.stop()
            await crowd.bot.start(wait=False)
            around(matching=kind, do=crowd.bot.dying)
            await noise_until_it_dies(crowd)
    await whole(stage)


async def test_random_kills_and_a_failing_network_lose_and_double_nothing(stage: Stage) -> None:
    crowd, proxy = stage.crowd, stage.proxy
    proxy.rates = Rates(too_many=0.05, bad_gateway=0.04, lost=0.06, delayed=0.05)
    for _ in range(15):
        crowd.forward()
        await crowd.act(2)
        await asyncio.sleep(crowd.chance.uniform(0, 1.5))
        await crowd.bot.kill()
        await crowd.act(2)
        await crowd.bot.start(wait=False)
    assert proxy.faults["lost"] > 0
    proxy.behave()
    await whole(stage)


async def test_a_kill_while_a_direct_room_is_made_makes_no_second_one(
    stage: Stage, stages: Stages
) -> None:
    crowd, proxy = stage.crowd, stage.proxy
    cleo = await stages.human("cleo")
    fay, room = crowd.people[0], crowd.circles[0][1]
    await fay.invite(room, cleo.user_id)
    await cleo.join(room)
    await crowd.bot.stop()
    asked = await cleo.say(room, "!my circles")
    crowd.ledger.asked[asked] = "in no circle"
    for around in (proxy.before, proxy.after):
        await crowd.bot.start(wait=False)
        around(matching="create_room", do=crowd.bot.dying)
        await crowd.bot.dies()
    await crowd.bot.start()
    await crowd.bot.heard(fay)
    assert len(await cleo.invitations()) == 1
    await cleo.accept_invites()
    crowd.people.append(cleo)
    await whole(stage)
    crowd.people.remove(cleo)
    del crowd.ledger.asked[asked]


async def test_a_homeserver_that_stops_and_starts_costs_nothing(
    stage: Stage, synapse: Synapse
) -> None:
    crowd = stage.crowd
    await crowd.act(3)
    try:
        await synapse.stop(crash=True)
        crowd.forward()
        await asyncio.sleep(1)
    finally:
        await synapse.start()
    await crowd.act(3)
    await whole(stage)


async def test_a_long_absence_is_filled_from_the_rooms_history(stage: Stage) -> None:
    """A server shows a hundred events at most; the others are fetched."""
    crowd = stage.crowd
    before = len(crowd.ledger.said)
    await crowd.bot.kill()
    for _ in range(60):
        await asyncio.gather(*(crowd.talk() for _ in range(4)))
    await crowd.act(20)
    assert len(crowd.ledger.said) > before + 200
    await whole(stage)


async def test_a_bot_that_was_put_out_comes_back_and_goes_on(stage: Stage) -> None:
    crowd = stage.crowd
    bot, fay, (name, room) = crowd.bot, crowd.people[0], crowd.circles[0]
    returns = await said(crowd, "I am back.")
    await crowd.act(3)
    await bot.heard(fay)
    await fay.kick(room, bot.user_id, "a mistake")
    await fay.say(room, "nobody counts this")
    await bot.heard(fay)
    assert bot.rows("SELECT gone FROM room") == [(1,)]
    assert await crowd.life.told(fay, "I was removed from a room") == 1
    known = set(await due_prompts(bot, name))
    assert await a_prompt_is_due(crowd) > known
    await fay.invite(room, bot.user_id)
    await bot.until(lambda: bot.rows("SELECT gone FROM room") == [(0,)], "the bot is back")
    await crowd.act(3)
    await a_prompt_is_due(crowd)
    await whole(stage)
    assert await said(crowd, "I am back.") == returns + 1
    assert await said(crowd, "I am Circlekeeper") == 1


async def test_a_bot_that_was_put_out_while_it_was_dead_comes_back(stage: Stage) -> None:
    crowd = stage.crowd
    bot, fay, room = crowd.bot, crowd.people[0], crowd.circles[0][1]
    returns = await said(crowd, "I am back.")
    await bot.kill()
    await fay.kick(room, bot.user_id)
    await fay.invite(room, bot.user_id)
    await bot.start(wait=False)
    for _ in range(100):
        if await said(crowd, "I am back.") > returns:
            break
        await asyncio.sleep(0.1)
    await crowd.act(3)
    await a_prompt_is_due(crowd)
    await whole(stage)


async def test_a_post_that_the_server_has_forgotten_is_looked_for(stage: Stage) -> None:
    await killed_after_a_post_to_a_forgetful_server(stage)
    stage.crowd.bot.clock.advance(hours=1)
    await whole(stage)


async def test_the_audit_sees_a_doubled_post(stage: Stage) -> None:
    """A server that forgets at once breaks what Matrix promises: the one fault we cannot mend."""
    await killed_after_a_post_to_a_forgetful_server(stage)
    await stage.crowd.bot.start()
    await stage.crowd.settled()
    audit = await stage.crowd.audit()
    assert len(audit.doubled) == 1
    assert audit.lost == audit.out_of_order == []


async def killed_after_a_post_to_a_forgetful_server(stage: Stage) -> None:
    """Let a post's answer be lost with the bot, and the server forget the post's identity."""

    async def forget(exchange: Exchange) -> None:
        exchange.path += secrets.token_hex(4)

    stage.proxy.before(matching="send", do=forget, times=None)
    stage.proxy.after(matching="send", do=stage.crowd.bot.dying)
    stage.crowd.forward()
    await stage.crowd.bot.dies()


async def a_prompt_is_due(crowd: Crowd) -> set[str]:
    """Let time go by until there is another prompt for the room; return all that were due."""
    name = crowd.circles[0][0]
    before = due = set(await due_prompts(crowd.bot, name))
    while due == before:
        crowd.forward()
        await crowd.bot.settled()
        due = set(await due_prompts(crowd.bot, name))
    return due


async def said(crowd: Crowd, words: str) -> int:
    """Return how often the bot has said something in the circle's room."""
    posts = await crowd.life.posts(crowd.people[0], crowd.circles[0][1])
    return sum(words in body(post) for post in posts)
