"""Answers to interactions: the first one, and those through the interaction's own webhook."""

from tests.support.discord import posting, telling
from tests.support.discord.interactions import DEFER, MESSAGE, UPDATE, Interaction
from tests.support.discord.model import ApiError, Draft, Json, Message
from tests.support.discord.rest.call import Call, Reply, route

WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"


@route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", open_=True)
def callback(call: Call) -> Reply:
    found = call.interactions.to_answer(call.id("interaction_id"), call.path["interaction_token"])
    kind, data = call.body["type"], call.body.get("data") or {}
    draft = Draft()
    if kind in (MESSAGE, DEFER):
        draft = call.draft(data, found.channel)
    elif kind == UPDATE:
        draft = call.draft(data, found.channel, found.source)
    message = call.interactions.answer(found, kind, data, draft)
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return None
    return _answered(call, found, kind, message)


def _answered(call: Call, found: Interaction, kind: int, message: Message | None) -> Json:
    """Return what came of a first answer."""
    told: Json = {"id": str(found.id), "type": found.kind}
    resource: Json = {"type": kind}
    if message is not None:
        told["response_message_id"] = str(message.id)
        told["response_message_loading"] = message.loading
        told["response_message_ephemeral"] = message.ephemeral
        if kind in (MESSAGE, UPDATE):
            resource["message"] = telling.message(call.world, message, reads=True)
    return {"interaction": told} | ({"resource": resource} if "message" in resource else {})


def _interaction(call: Call) -> Interaction:
    if call.id("webhook_id") != call.world.application.id:
        raise ApiError(404, 10015, "Unknown Webhook")
    return call.interactions.open(call.path["webhook_token"])


def _which(call: Call) -> str:
    return call.path.get("message_id", "@original")


@route("POST", WEBHOOK, open_=True)
def follow(call: Call) -> Reply:
    found = _interaction(call)
    draft = call.draft(call.body, found.channel)
    made = call.interactions.follow(found, draft)
    wait = call.query.get("wait", "").lower() in ("1", "true")
    return telling.message(call.world, made, reads=True) if wait else None


@route("GET", f"{WEBHOOK}/messages/@original", open_=True)
@route("GET", f"{WEBHOOK}/messages/{{message_id}}", open_=True)
def get(call: Call) -> Reply:
    message = call.interactions.message(_interaction(call), _which(call))
    return telling.message(call.world, message, reads=True)


@route("PATCH", f"{WEBHOOK}/messages/@original", open_=True)
@route("PATCH", f"{WEBHOOK}/messages/{{message_id}}", open_=True)
def edit(call: Call) -> Reply:
    found = _interaction(call)
    message = call.interactions.message(found, _which(call))
    draft = call.draft(call.body, message.channel, message)
    return telling.message(call.world, call.interactions.edit(found, message, draft), reads=True)


@route("DELETE", f"{WEBHOOK}/messages/@original", open_=True)
@route("DELETE", f"{WEBHOOK}/messages/{{message_id}}", open_=True)
def delete(call: Call) -> Reply:
    message = call.interactions.message(_interaction(call), _which(call))
    posting.delete(call.world, message)
