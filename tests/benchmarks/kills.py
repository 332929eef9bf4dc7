"""The long run: the bot is killed again and again behind a failing network, and all is counted.

Run it as `python -m tests.benchmarks.kills --kills 200`. Half of the kills fall at a random
moment, the others at a step of posting or recording or around a request; all from a seed. It ends
with 1 when a post, a message or an answer is lost, doubled or out of order.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from tests.support.bot_process import Accounts, BotProcess
from tests.support.crowd import Crowd
from tests.support.driven_bot import STEPS
from tests.support.faulty import FaultyProxy, Rates
from tests.support.human import Human
from tests.support.ledger import Audit
from tests.support.life import moment
from tests.support.nursery import Nursery
from tests.support.synapse import Synapse, fresh_directory

RATES = Rates(too_many=0.05, bad_gateway=0.04, lost=0.06, delayed=0.05)
KILLS_A_CIRCLE = 25
"""A circle has some thirty prompts: with so many kills each, there is always one to come."""


class Run:
    """One run, from people who join to the count in the end."""

    def __init__(self, kills: int, seed: int) -> None:
        self.kills, self.seed = kills, seed
        self.chance = random.Random(seed)  # noqa: S311 - repeatable
        self.steps = 0

    async def __call__(self) -> Audit:
        """Return what was found."""
        async with AsyncExitStack() as stack:
            await self._prepare(stack)
            for number in range(self.kills):
                await self._round()
                if (number + 1) % 25 == 0:
                    self._say(f"{number + 1} kills, {len(self.crowd.ledger.said)} messages")
            return await self._count()

    async def _prepare(self, stack: AsyncExitStack) -> None:
        """Let three people join circles, with all well."""
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills-")))
        synapse = Synapse(stack.enter_context(fresh_directory()))
        await stack.enter_async_context(synapse)
        self.proxy = FaultyProxy(synapse.base_url, seed=self.seed)
        await stack.enter_async_context(self.proxy)
        people = []
        for name in ("fay", "ana", "ben"):
            account = await synapse.register(name, "secret")
            human = Human(synapse.base_url, account.user_id, account.access_token)
            people.append(await stack.enter_async_context(human))
        account, nursery = await synapse.register("keeper", "secret"), Nursery()
        stack.enter_context(nursery)
        now = moment("2025-02-20 10:00")
        bot = BotProcess(home, Accounts.on_matrix(self.proxy.url, account), now, nursery=nursery)
        bot.organisers = (people[0].user_id,)
        await stack.enter_async_context(bot)
        self.crowd = Crowd(bot, people, self.chance)
        for _ in range(max(1, self.kills // KILLS_A_CIRCLE)):
            await self.crowd.open_circle()
        self._say(f"{len(self.crowd.circles)} circles are open")
        self.proxy.rates = RATES

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
            around = self.chance.choice((self.proxy.before, self.proxy.after))
            around(matching=self.chance.choice(("send", "sync", "*")), do=bot.dying)
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
        self.proxy.behave()
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
    faults = run.proxy.faults
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
    given = options.parse_args()
    began = time.monotonic()
    run = Run(given.kills, given.seed)
    audit = asyncio.run(run())
    sys.stdout.write(report(run, audit, (time.monotonic() - began) / 60))
    return 1 if audit.faults else 0


if __name__ == "__main__":
    sys.exit(main())
