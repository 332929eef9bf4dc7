"""The homeserver, the people and the failing proxy do what the tests of the bot rely on."""

import asyncio
import signal
import sys
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from tests.support.faulty import (
    Exchange,
    FaultyProxy,
    Rates,
    answering,
    bad_gateway,
    delay,
    kind_of,
    lose,
    sigkill,
    too_many,
)
from tests.support.human import Human, Json, NewHuman, NotSeen, Refused, together
from tests.support.synapse import Synapse, SynapseFailed, fresh_directory

SENDER = """
import json, sys, urllib.request
url, token, text = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
data = json.dumps({"msgtype": "m.text", "body": text}).encode()
urllib.request.urlopen(urllib.request.Request(url, data, headers, method="PUT")).read()
"""


def bodies(events: list[Json]) -> list[str]:
    """Return what was said, in order."""
    return [event["content"]["body"] for event in events if event["type"] == "m.room.message"]


async def say_much(human: Human, room: str) -> None:
    """Say more than the default limits allow."""
    for number in range(30):
        await human.say(room, str(number))


def through(proxy: FaultyProxy, human: Human) -> Human:
    """Return the same session, reaching the homeserver through the proxy."""
    return Human(proxy.url, human.user_id, human.access_token)


async def test_two_people_talk_and_both_see_all_of_it(new_human: NewHuman) -> None:
    anna, ben = await new_human("anna"), await new_human("ben")
    room = await anna.create_room("North", invite=[ben.user_id])
    assert await ben.accept_invites() == [room]
    await anna.say(room, "What did we learn?", mentions=[ben.user_id])
    await ben.say(room, "To ask sooner.")
    assert bodies(await anna.history(room)) == ["What did we learn?", "To ask sooner."]
    assert bodies(await ben.messages(room)) == ["What did we learn?", "To ask sooner."]
    assert await anna.members(room) == {anna.user_id, ben.user_id}


async def test_a_history_longer_than_a_page_is_complete(new_human: NewHuman) -> None:
    anna = await new_human("anna")
    room = await anna.create_room("Long")
    said = [str(number) for number in range(40)]
    for text in said:
        await anna.say(room, text)
    assert bodies(await anna.history(room, page_size=7)) == said


async def test_threads_replies_edits_and_redactions_are_seen(new_human: NewHuman) -> None:
    anna, ben = await new_human("anna"), await new_human("ben")
    room = await anna.create_room("Open", public=True)
    await ben.join(room)
    root = await anna.say(room, "Prompt")
    answer = await ben.say(room, "Anser", thread=root)
    await ben.say(room, "Answering that", thread=root, reply_to=answer)
    edit = await ben.edit(room, answer, "Answer")
    reaction = await anna.react(room, answer, "✅")
    slip = await ben.say(room, "Not meant for here")
    await ben.redact(room, slip, "slip")

    events = {event["event_id"]: event for event in await anna.history(room)}
    assert events[answer]["content"]["m.relates_to"]["event_id"] == root
    assert events[answer]["content"]["m.relates_to"]["is_falling_back"]
    assert events[edit]["content"]["m.new_content"]["body"] == "Answer"
    assert events[reaction]["content"]["m.relates_to"]["key"] == "✅"
    assert events[slip]["content"] == {}
    assert slip not in {event["event_id"] for event in await anna.messages(room)}


async def test_waiting_sees_the_past_and_what_comes_and_says_what_it_missed(
    new_human: NewHuman,
) -> None:
    anna, ben = await new_human("anna"), await new_human("ben")
    room = await anna.create_room("Open", public=True)
    await ben.join(room)
    async with asyncio.TaskGroup() as tasks:
        later = tasks.create_task(ben.wait_for_text(room, "hello"))
        await asyncio.sleep(0.2)
        said = await anna.say(room, "hello there")
    assert later.result()["event_id"] == said
    assert (await ben.wait_for_text(room, "hello"))["event_id"] == said
    with pytest.raises(NotSeen, match="hello there"):
        await ben.wait_for_text(room, "goodbye", timeout=0.2)


async def test_a_direct_room_is_found_by_both(new_human: NewHuman) -> None:
    anna, ben = await new_human("anna"), await new_human("ben")
    async with asyncio.TaskGroup() as tasks:
        found = tasks.create_task(ben.direct_room_with(anna.user_id))
        room = await anna.open_direct_room(ben.user_id)
    assert found.result() == room
    assert await ben.direct_room_with(anna.user_id) == room
    assert await anna.direct_room_with(ben.user_id) == room
    with pytest.raises(NotSeen):
        await anna.direct_room_with("@nobody:circle.test", timeout=0.1)


async def test_invitations_are_turned_down_and_people_put_out(new_human: NewHuman) -> None:
    anna, ben, cleo = [await new_human(name) for name in ("anna", "ben", "cleo")]
    room = await anna.create_room("North", invite=[ben.user_id, cleo.user_id])
    assert await ben.reject_invites() == [room]
    assert await ben.invitations() == []
    assert await cleo.wait_for_invite(room) == room
    await anna.kick(room, cleo.user_id, "too loud")
    await anna.ban(room, ben.user_id)
    with pytest.raises(Refused, match="banned"):
        await ben.join(room)
    await anna.unban(room, ben.user_id)
    await anna.invite(room, ben.user_id)
    await ben.accept_invites()
    await ben.leave(room)
    assert await anna.members(room) == {anna.user_id}


@pytest.mark.parametrize("version", ["11", "12"])
async def test_power_is_given_and_taken(new_human: NewHuman, version: str) -> None:
    anna, ben = await new_human("anna"), await new_human("ben")
    powers = {ben.user_id: 50} | ({anna.user_id: 100} if version == "11" else {})
    room = await anna.create_room("North", public=True, room_version=version, power_levels=powers)
    await ben.join(room)
    await ben.set_state(room, "m.room.topic", {"topic": "mine"})
    await anna.set_power_level(room, ben.user_id, None)
    with pytest.raises(Refused, match="M_FORBIDDEN") as refused:
        await ben.set_state(room, "m.room.topic", {"topic": "still mine"})
    assert refused.value.status == 403
    assert (await ben.state(room, "m.room.topic"))["topic"] == "mine"


async def test_an_upgraded_room_points_to_its_successor(new_human: NewHuman) -> None:
    anna = await new_human("anna")
    room = await anna.create_room("Old", room_version="11")
    successor = await anna.upgrade_room(room, "12")
    assert (await anna.state(room, "m.room.tombstone"))["replacement_room"] == successor
    assert (await anna.state(successor, "m.room.create"))["predecessor"]["room_id"] == room


async def test_files_go_up_and_come_down(new_human: NewHuman) -> None:
    anna = await new_human("anna")
    room = await anna.create_room("Files")
    event = await anna.event(room, await anna.send_file(room, "a note.txt", b"ours"))
    assert await anna.download(event["content"]["url"]) == b"ours"


async def test_a_restarted_server_keeps_its_address_and_all_that_was_said() -> None:
    with fresh_directory() as directory:
        async with Synapse(directory) as server:
            account = await server.register("anna", "secret")
            async with await Human.login(server.base_url, "anna", "secret") as anna:
                assert anna.user_id == account.user_id
                room = await anna.create_room("North")
                await anna.say(room, "before")
                url = server.base_url
                await server.restart()
                assert server.base_url == url
                await anna.say(room, "after")
                await server.stop(crash=True)
                assert not server.running
                await server.start()
                assert bodies(await anna.history(room)) == ["before", "after"]


async def test_default_limits_hold_and_can_be_lifted_for_one() -> None:
    with fresh_directory() as directory:
        async with Synapse(directory, default_limits=True) as server:
            account = await server.register("anna", "secret")
            async with Human(server.base_url, account.user_id, account.access_token) as anna:
                room = await anna.create_room("Limits")
                with pytest.raises(Refused, match="M_LIMIT_EXCEEDED"):
                    await say_much(anna, room)
                await server.override_ratelimit(account.user_id)
                await say_much(anna, room)


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = Synapse(tmp_path, settings={"database": {"name": "papyrus"}})
    with pytest.raises(SynapseFailed, match="papyrus"):
        await server.start()
    assert not server.running


async def test_two_servers_run_side_by_side(new_human: NewHuman, synapse: Synapse) -> None:
    with fresh_directory() as directory:
        async with Synapse(directory, server_name="other.test") as other:
            assert other.base_url != synapse.base_url
            account = await other.register("anna", "secret")
            assert account.user_id == "@anna:other.test"
    await (await new_human("anna")).create_room("Still here")


async def test_a_faultless_proxy_is_not_noticed(synapse: Synapse, new_human: NewHuman) -> None:
    anna, ben = await new_human("anna"), await new_human("ben")
    async with FaultyProxy(synapse.base_url) as proxy, through(proxy, ben) as behind:
        room = await anna.create_room("Open", public=True)
        await together(behind, room=room)
        async with asyncio.TaskGroup() as tasks:
            heard = tasks.create_task(behind.wait_for_text(room, "hello"))
            await proxy.reached("sync", 2)
            await anna.say(room, "hello")
        assert heard.result()["sender"] == anna.user_id
        sent = await behind.send_file(room, "large.bin", bytes(3_000_000), "image/png")
        event = await behind.event(room, sent)
        assert len(await behind.download(event["content"]["url"])) == 3_000_000
        assert (proxy.counts["send"], proxy.counts["upload"], proxy.counts["join"]) == (1, 1, 1)
        assert proxy.counts["other"] == 0


async def test_a_429_and_a_502_do_not_reach_the_server(
    synapse: Synapse, new_human: NewHuman
) -> None:
    anna = await new_human("anna")
    room = await anna.create_room("North")
    async with FaultyProxy(synapse.base_url) as proxy, through(proxy, anna) as behind:
        proxy.before(matching="send", do=too_many(1500))
        proxy.before(matching="send", do=bad_gateway)
        with pytest.raises(Refused, match="M_LIMIT_EXCEEDED"):
            await behind.say(room, "too soon")
        await behind.say(room, "third time lucky")
    assert bodies(await anna.history(room)) == ["third time lucky"]


async def test_a_lost_answer_and_the_same_transaction_again_make_one_event(
    synapse: Synapse, new_human: NewHuman
) -> None:
    anna = await new_human("anna")
    room = await anna.create_room("North")
    async with FaultyProxy(synapse.base_url) as proxy, through(proxy, anna) as behind:
        # aiohttp sends a PUT again by itself, once; the second loss is what its user sees.
        proxy.after(matching="send", do=lose, times=2)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await behind.say(room, "once", txn_id="t1")
        assert bodies(await anna.history(room)) == ["once"]
        event = await behind.say(room, "once", txn_id="t1")
        assert proxy.counts["send"] == 3
    events = await anna.messages(room)
    assert [said["event_id"] for said in events] == [event]


async def test_random_faults_are_the_same_for_the_same_seed(
    synapse: Synapse, new_human: NewHuman
) -> None:
    anna = await new_human("anna")
    room = await anna.create_room("North")
    rates = Rates(
        too_many=0.2, bad_gateway=0.2, delayed=0.2, longest_delay=0.01, kinds=frozenset({"send"})
    )

    async def fates(seed: int) -> list[int]:
        async with (
            FaultyProxy(synapse.base_url, seed=seed, rates=rates) as proxy,
            through(proxy, anna) as behind,
        ):
            met = []
            for _ in range(20):
                try:
                    await behind.say(room, "hello")
                    met.append(200)
                except Refused as refused:
                    met.append(refused.status)
            assert proxy.faults["delayed"] > 0
            return met

    first = await fates(1)
    assert set(first) == {200, 429, 502}
    assert await fates(1) == first
    assert await fates(2) != first


async def test_hooks_see_the_request_and_then_the_answer(
    synapse: Synapse, new_human: NewHuman
) -> None:
    anna = await new_human("anna")
    room = await anna.create_room("North")
    seen: list[tuple[str, int | None]] = []

    async def note(exchange: Exchange) -> None:
        seen.append((exchange.kind, exchange.answer.status if exchange.answer else None))

    async with FaultyProxy(synapse.base_url) as proxy, through(proxy, anna) as behind:
        proxy.before(matching="send", do=note)
        rule = proxy.after(matching=lambda exchange: room in exchange.path, do=note, times=None)
        await behind.send(room, "org.example", {})
        proxy.forget(rule)
        proxy.before(matching="*", do=answering(403, {"errcode": "M_FORBIDDEN"}))
        with pytest.raises(Refused, match="M_FORBIDDEN"):
            await behind.say(room, "no")
        with pytest.raises(ValueError, match="No such kind"):
            proxy.before(matching="snyc", do=note)
    assert ("send", None) in seen


async def test_a_hook_that_fails_is_told_at_the_end(synapse: Synapse, new_human: NewHuman) -> None:
    anna = await new_human("anna")

    async def fail(_: Exchange) -> None:
        raise RuntimeError("a fault of the test")

    proxy = FaultyProxy(synapse.base_url)
    await proxy.start()
    proxy.before(matching="whoami", do=fail)
    async with through(proxy, anna) as behind:
        with pytest.raises(Refused, match="500"):
            await behind.call("GET", "account/whoami")
    with pytest.raises(ExceptionGroup, match="hooks"):
        await proxy.close()


async def test_a_stopped_server_is_a_bad_gateway(tmp_path: Path) -> None:
    server = Synapse(tmp_path)
    async with FaultyProxy(server.base_url) as proxy, Human(proxy.url, "@a:b", "t") as behind:
        with pytest.raises(Refused, match="502"):
            await behind.joined_rooms()


async def test_an_open_long_poll_does_not_hold_up_the_end(
    synapse: Synapse, new_human: NewHuman
) -> None:
    anna = await new_human("anna")
    room = await anna.create_room("North")
    async with FaultyProxy(synapse.base_url) as proxy, through(proxy, anna) as behind:

        async def wait_in_vain() -> None:
            with pytest.raises(aiohttp.ClientError):
                await behind.wait_for_text(room, "never", timeout=60)

        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            tasks.create_task(wait_in_vain())
            await proxy.reached("sync", 2)
            await proxy.close()


@pytest.mark.parametrize(("moment", "arrived"), [("before", []), ("after", ["last words"])])
async def test_a_process_is_killed_before_or_after_its_message_arrives(
    synapse: Synapse, new_human: NewHuman, moment: str, arrived: list[str]
) -> None:
    anna = await new_human("anna")
    room = await anna.create_room("North")
    async with FaultyProxy(synapse.base_url) as proxy:
        url = f"{proxy.url}/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/t1"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SENDER, url, anna.access_token, "last words"
        )
        hook = proxy.before if moment == "before" else proxy.after
        hook(matching="send", do=sigkill(process))
        assert await process.wait() == -signal.SIGKILL
        await asyncio.sleep(0.1)
    assert bodies(await anna.history(room)) == arrived


async def test_a_sync_is_held_until_the_test_lets_it_go(
    synapse: Synapse, new_human: NewHuman
) -> None:
    anna = await new_human("anna")
    await anna.create_room("North")
    async with FaultyProxy(synapse.base_url) as proxy, through(proxy, anna) as behind:
        proxy.after(matching="sync", do=delay(0.3))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(behind.invitations(), 0.1)
        assert await behind.invitations() == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/_matrix/client/v3/sync", "sync"),
        ("/_matrix/client/v3/rooms/!a:b/send/m.room.message/t", "send"),
        ("/_matrix/client/v3/rooms/!a:b/state/m.room.name/", "state"),
        ("/_matrix/client/v3/join/!a:b", "join"),
        ("/_matrix/media/v3/upload", "upload"),
        ("/_matrix/client/v1/media/download/circle.test/x", "download"),
        ("/_matrix/client/v3/keys/query", "keys"),
        ("/_matrix/client/versions", "other"),
    ],
)
def test_requests_are_told_apart(path: str, kind: str) -> None:
    assert kind_of(path) == kind
