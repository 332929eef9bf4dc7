"""What the bot on Discord remembers of what it heard."""

import random

import pytest

from adapters.discord.cursor import LATEST, MANY, MOST, SECOND, Cursor

NOON = 1_500_000_000_000 << 20


def test_a_token_holds_all_and_is_small() -> None:
    cursor = Cursor(NOON, guilds={1, 2}, rooms={"1-5": True, "1-6": False}, direct={7: None})
    cursor.note(5, NOON + 1)
    assert Cursor.read(cursor.token) == cursor
    assert cursor.token == (
        f'{{"v":1,"base":{NOON},"heard":{{"5":[{NOON},{NOON + 1}]}},'
        '"guilds":[1,2],"rooms":{"1-5":1,"1-6":0},"direct":[7]}'
    )


@pytest.mark.parametrize("token", ["s123_456", "[]", '{"v":2}', '{"v":1}', ""])
def test_a_token_of_another_kind_is_refused(token: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        Cursor.read(token)


def test_a_message_is_new_once_also_when_a_later_one_came_first() -> None:
    cursor = Cursor(NOON)
    cursor.note(5, NOON + 2)
    assert [cursor.is_new(5, NOON + each) for each in range(4)] == [False, True, False, True]
    assert cursor.whole_until(5) == NOON
    assert cursor.is_new(6, NOON + 2)


def test_what_was_heard_seconds_ago_is_taken_for_whole() -> None:
    cursor = Cursor(NOON)
    cursor.note(5, NOON + 1 * SECOND)
    cursor.note(5, NOON + 5 * SECOND)
    assert cursor.whole_until(5) == NOON
    cursor.note(5, NOON + 12 * SECOND)
    assert cursor.whole_until(5) == NOON + 1 * SECOND
    for number in range(MOST * 2):
        cursor.note(5, NOON + 13 * SECOND + number)
    assert len(cursor.heard[5]) == MOST


def test_the_token_of_a_busy_server_stays_small_and_forgets_nothing() -> None:
    dice = random.Random(7)  # noqa: S311 - no secret
    cursor, now, told = Cursor(NOON), NOON, []
    for _ in range(5_000):
        now += dice.randrange(1, 2 * SECOND)
        channel = dice.randrange(400)
        assert cursor.is_new(channel, now)
        cursor.note(channel, now)
        cursor.move_on()
        told.append((channel, now))
    assert not any(cursor.is_new(channel, message) for channel, message in told)
    assert all(cursor.is_new(channel, now + 1) for channel in range(400))
    assert now - cursor.base <= 2 * LATEST
    assert len(cursor.token) < 40_000


def test_the_base_waits_until_many_channels_have_news() -> None:
    cursor = Cursor(NOON)
    for channel in range(MANY - 1):
        cursor.note(channel, NOON + 2 * LATEST + channel)
        cursor.move_on()
    assert cursor.base == NOON
    cursor.note(MANY, NOON + 3 * LATEST)
    cursor.move_on()
    assert cursor.base == NOON + 2 * LATEST
    assert len(cursor.heard) == MANY - 1


def test_what_was_said_before_the_bot_saw_a_channel_is_settled() -> None:
    cursor = Cursor(NOON)
    cursor.note(5, NOON + 9)
    cursor.settle(5, NOON + 4)
    assert [cursor.is_new(5, NOON + each) for each in (3, 4, 5, 9)] == [False, False, True, False]
    cursor.settle(5, NOON - 1)
    assert cursor.whole_until(5) == NOON + 4


def test_the_latest_direct_conversations_are_remembered() -> None:
    cursor = Cursor(NOON)
    for channel in range(400):
        cursor.befriend(channel)
    cursor.befriend(150)
    assert list(cursor.direct)[-2:] == [399, 150]
    assert (len(cursor.direct), 99 in cursor.direct, 150 in cursor.direct) == (300, False, True)
