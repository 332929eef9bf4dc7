"""Logging in once, and asking whether a login still works."""

from adapters.matrix.client import Homeserver
from adapters.matrix.errors import NotFound
from adapters.matrix.raw import strings, words
from adapters.matrix.settings import Credentials
from bot.conversation.model import NotPermitted, PlatformError

SOON = 15.0
"""Seconds in which a homeserver should say that it is there."""


async def login(
    homeserver: str, user: str, password: str, device_name: str, device_id: str = ""
) -> Credentials:
    """Return the credentials of a new device, to be kept, or new ones for `device_id`.

    The device is kept where it can be: the homeserver knows repeated posts by it.

    Raises:
        NotPermitted: the user or the password is wrong.
        PlatformUnavailable: the homeserver does not answer or asks to slow down.
        PlatformError: the homeserver takes no password, or is none.
    """
    wanted = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
        "initial_device_display_name": device_name,
    } | ({"device_id": device_id} if device_id else {})
    async with Homeserver(Credentials(homeserver, "", "", "")) as server:
        await _takes_passwords(server, homeserver)
        try:
            answer = await server.post("login", body=wanted)
        except NotPermitted as error:
            raise NotPermitted(f"{homeserver} does not accept this password for {user}.") from error
    return Credentials(
        homeserver,
        words(answer, "user_id"),
        words(answer, "device_id"),
        words(answer, "access_token"),
    )


async def _takes_passwords(server: Homeserver, homeserver: str) -> None:
    try:
        flows = (await server.get("login")).get("flows")
    except NotFound as error:
        raise PlatformError(f"There is no Matrix homeserver at {homeserver}.") from error
    kinds = [words(flow, "type") for flow in flows] if isinstance(flows, list) else []
    if "m.login.password" not in kinds:
        raise PlatformError(
            f"{homeserver} takes no passwords from programs: give an access token with its "
            "device id instead."
        )


async def check(homeserver: str, access_token: str, device_id: str = "") -> Credentials:
    """Return the credentials that belong to an access token, as the homeserver tells them.

    Raises:
        AccountLost: the token does not work.
        PlatformError: it belongs to no device, or to another than `device_id`.
    """
    async with Homeserver(Credentials(homeserver, "", "", access_token)) as server:
        answer = await server.get("account", "whoami")
    told = words(answer, "device_id")
    if device_id and told and device_id != told:
        raise PlatformError(
            f"The access token belongs to the device {told}, not to {device_id}: give both from "
            "one login."
        )
    if not (told or device_id):
        raise PlatformError(
            "The homeserver does not say which device the access token belongs to: give the "
            "device id too."
        )
    return Credentials(homeserver, words(answer, "user_id"), told or device_id, access_token)


async def find(address: str) -> str:
    """Return the address of the homeserver that answers for `address`.

    A server's name often is not where its homeserver is: a file on the server says where.

    Raises:
        PlatformUnavailable: nothing answers there.
        PlatformError: what answers is no Matrix homeserver.
    """
    async with Homeserver(Credentials(address, "", "", "")) as server:
        try:
            told = await server.call("GET", "/.well-known/matrix/client", patience=SOON)
        except PlatformError:
            told = {}
    named = words(told, "m.homeserver", "base_url").rstrip("/")
    secure = named.startswith("https://") or address.startswith("http://")
    if named and secure and named != address and await _speaks(named):
        return named
    await versions(address)
    return address


async def _speaks(homeserver: str) -> bool:
    try:
        return bool(await versions(homeserver))
    except PlatformError:
        return False


async def versions(homeserver: str) -> tuple[str, ...]:
    """Return the versions of the Matrix specification that the homeserver speaks.

    Raises:
        PlatformUnavailable: nothing answers there.
        PlatformError: what answers is no Matrix homeserver.
    """
    async with Homeserver(Credentials(homeserver, "", "", "")) as server:
        try:
            told = await server.call("GET", "/_matrix/client/versions", patience=SOON)
        except NotFound:
            told = {}
    if spoken := strings(told, "versions"):
        return spoken
    raise PlatformError(f"There is no Matrix homeserver at {homeserver}.")
