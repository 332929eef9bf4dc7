"""The long run: the bot is killed again and again behind a failing network, and all is counted.

Run it as `python -m tests.benchmarks.kills --kills 200`, on a real homeserver, or with
`--on discord` on the stand-in for Discord. Half of the kills fall at a random
moment, the others at a step of posting or recording or around a request; all from a seed. It ends
with 1 when a post, a message or an answer is lost, doubled or out of order.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

from tests.support.bot_process import Accounts, BotProcess
from tests.support.crowd import Crowd
from tests.support.discord.server import StandIn
from tests.support.driven_bot import STEPS
from tests.support.faulty import FaultyProxy, Rates
from tests.support.guild_crowd import GuildCrowd, Resident
from tests.support.human import Human
from tests.support.ledger import Audit
from tests.support.life import moment
from tests.support.nursery import Nursery
from tests.support.synapse import Synapse, fresh_directory

RATES = Rates(too_many=0.05, bad_gateway=0.04, lost=0.06, delayed=0.05)
NAMES = ("fay", "ana", "ben")
KILLS_A_CIRCLE = 25
"""A circle has some thirty prompts: with so many kills each, there is always one to come."""


class Network(Protocol):
    """What the bot is connected to, which fails on request."""

    @property
    def counted(self) -> Mapping[str, int]:
        """How often what went wrong: too_many, bad_gateway, lost."""
        ...

    async def prepare(self, stack: AsyncExitStack, run: "Run") -> Crowd:
        """Return people who share a place with a bot that runs, with all well."""
        ...

    def fail(self) -> None:
        """Fail from now on as often as RATES say."""
        ...

    def behave(self) -> None:
        """Fail no more."""
        ...

    def kill_around_a_request(self, bot: BotProcess, chance: random.Random) -> None:
        """Let the next request of one kind be the bot's last."""
        ...


class OnMatrix:
    """A real Synapse behind a proxy."""

    @property
    def counted(self) -> Mapping[str, int]:
        """How often what went wrong."""
        return self._proxy.faults

    async def prepare(self, stack: AsyncExitStack, run: "Run") -> Crowd:
        """Return three people with accounts there."""
        synapse = Synapse(stack.enter_context(fresh_directory()))
        await stack.enter_async_context(synapse)
        self._proxy = FaultyProxy(synapse.base_url, seed=run.seed)
        await stack.enter_async_context(self._proxy)
        people = []
        for name in NAMES:
            account = await synapse.register(name, "secret")
            human = Human(synapse.base_url, account.user_id, account.access_token)
            people.append(await stack.enter_async_context(human))
        account = await synapse.register("keeper", "secret")
        bot = run.bot(stack, Accounts.on_matrix(self._proxy.url, account))
        bot.organisers = (people[0].user_id,)
        await stack.enter_async_context(bot)
        return Crowd(bot, people, run.chance)

    def fail(self) -> None:
        """Fail from now on as often as RATES say."""
        self._proxy.rates = RATES

    def behave(self) -> None:
        """Fail no more."""
        self._proxy.behave()

    def kill_around_a_request(self, bot: BotProcess, chance: random.Random) -> None:
        """Let the next request of one kind be the bot's last."""
        around = chance.choice((self._proxy.before, self._proxy.after))
        around(matching=chance.choice(("send", "sync", "*")), do=bot.dying)


class OnDiscord:
    """The stand-in for Discord."""

    @property
    def counted(self) -> Mapping[str, int]:
        """How often what went wrong."""
        return self._discord.faults.counted

    async def prepare(self, stack: AsyncExitStack, run: "Run") -> Crowd:
        """Return three people with accounts there."""
        self._discord = await stack.enter_async_context(StandIn())
        bot = run.bot(stack, Accounts.on_discord(self._discord, reads=True))
        people = [Resident(self._discord, self._discord.human(n), bot) for n in NAMES]
        bot.organisers = (people[0].user_id,)
        crowd = GuildCrowd(bot, people, run.chance, standin=self._discord)  # type: ignore[arg-type]  # residents have the hands of people
        await stack.enter_async_context(bot)
        return crowd

    def fail(self) -> None:
        """Fail from now on as often as RATES say."""
        self._discord.faults.rates = RATES

    def behave(self) -> None:
        """Fail no more."""
        self._discord.faults.behave()

    def kill_around_a_request(self, bot: BotProcess, chance: random.Random) -> None:
        """Let the next request of one kind be the bot's last."""

        async def die() -> None:
            if bot.process is not None and bot.process.poll() is None:
                bot.process.kill()

        asked = chance.choice(
            (r"POST /channels/\d+/messages$", r"/interactions/", r"/webhooks/", "")
        )
        self._discord.faults.around(asked, die, after=bool(chance.randrange(2)))


NETWORKS: Mapping[str, Callable[[], Network]] = {"matrix": OnMatrix, "discord": OnDiscord}


class Run:
    """One run, from people who join to the count in the end."""

    def __init__(self, kills: int, seed: int, network: Network) -> None:
        self.kills, self.seed, self.network = kills, seed, network
        self.chance = random.Random(seed)  # noqa: S311 - repeatable
        self.steps = 0

    async def __call__(self) -> Audit:
        """Return what was found."""
        async with AsyncExitStack() as stack:
            self.crowd = await self.network.prepare(stack, self)
            for _ in range(max(1, self.kills // KILLS_A_CIRCLE)):
                await self.crowd.open_circle()
            self._say(f"{len(self.crowd.circles)} circles are open")
            self.network.fail()
            for number in range(self.kills):
                await self._round()
                if (number + 1) % 25 == 0:
                    self._say(f"{number + 1} kills, {len(self.crowd.ledger.said)} messages")
            return await self._count()

    def bot(self, stack: AsyncExitStack, accounts: Accounts) -> BotProcess:
        """Return the bot, which is not started yet."""
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills-")))
        nursery = stack.enter_context(Nursery())
        return BotProcess(home, accounts, moment("2025-02-20 10:00"), nursery=nursery)

    async def _round(self) -> None:
        """Kill the bot once, while people and time go on, and start it again."""
        bot, crowd = self.crowd.bot, self.crowd
        if not bot.running:
            await bot.start(wait=False)
        crowd.forward()
        await crowd.act(2)
        way = self.chance.random()
        if way < 0.5:
            for _ in range(3):
                crowd.forward()
                await asyncio.sleep(self.chance.uniform(0, 0.5))
        else:
            await self._doomed(around_a_request=way < 0.65)
        await bot.kill()
        await crowd.act(self.chance.randrange(3))

    async def _doomed(self, *, around_a_request: bool) -> None:
        """Start the bot so that it dies by itself, and wait until it has."""
        bot, crowd = self.crowd.bot, self.crowd
        counted = bot.kills
        await bot.kill()
        bot.kills = counted
        if around_a_request:
            await bot.start(wait=False)
            self.network.kill_around_a_request(bot, self.chance)
        else:
            nth = self.chance.randint(1, 3)
            await bot.start(dies_at=self.chance.choice(STEPS), nth=nth, wait=False)
        until = time.monotonic() + 10
        while bot.running and time.monotonic() < until:
            await crowd.act()
            crowd.forward()
            await asyncio.sleep(0.1)
        if not bot.running:
            self.steps += 1
            await bot.dies()

    async def _count(self) -> Audit:
        """Let the bot come to rest with a network that works, and compare."""
        bot, crowd = self.crowd.bot, self.crowd
        self.network.behave()
        await bot.start()
        await crowd.settled()
        bot.clock.advance(minutes=10)
        await crowd.settled()
        audit = await crowd.audit()
        audit.out_of_order += [f"logged: {each.get('event')}" for each in bot.mishaps()]
        return audit

    def _say(self, words: str) -> None:
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()


def report(run: Run, audit: Audit, minutes: float) -> str:
    """Return the figures."""
    faults = run.network.counted
    lines = [
        f"kills            {run.crowd.bot.kills} ({run.steps} of them at a step, seed {run.seed})",
        f"posts            {audit.posts} ({audit.prompts} prompts, {audit.answers} answers)",
        f"messages         {audit.messages}",
        f"429              {faults['too_many']}",
        f"502              {faults['bad_gateway']}",
        f"lost answers     {faults['lost']}",
        f"lost             {len(audit.lost)}",
        f"doubled          {len(audit.doubled)}",
        f"out of order     {len(audit.out_of_order)}",
        f"minutes          {minutes:.1f}",
    ]
    return "\n".join([*lines, *audit.faults]) + "\n"


def main() -> int:
    """Run it, say what came of it, and return the exit status."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--on", choices=sorted(NETWORKS), default="matrix")
    given = options.parse_args()
    began = time.monotonic()
    run = Run(given.kills, given.seed, NETWORKS[given.on]())
    audit = asyncio.run(run())
    sys.stdout.write(report(run, audit, (time.monotonic() - began) / 60))
    return 1 if audit.faults else 0


if __name__ == "__main__":
    sys.exit(main())
