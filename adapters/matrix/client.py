"""The bot's calls to its homeserver: nio carries them and keeps the rooms, the answers are raw.

Every call gives up at once and says why: nio would wait for ever by itself, and who calls knows
better how long to wait. Answers are read from their JSON: nio writes defaults into the events
that it parses, and one that it cannot parse must not cost the others.
"""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from socket import gaierror
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

import structlog

from adapters.matrix.errors import expect, silence
from adapters.matrix.raw import Json
from adapters.matrix.settings import Credentials
from bot.conversation.model import PlatformError, PlatformUnavailable

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from nio import AsyncClient  # type: ignore[import-untyped]

API = "/_matrix/client/v3"
MEDIA = "/_matrix/client/v1/media/download"
PATIENCE, UPLOAD_PATIENCE = 60.0, 300.0
"""Seconds that an ordinary call may take, and one that carries a file."""

_SILENT = "The homeserver does not answer"

log = structlog.get_logger(__name__)


def path(*parts: str) -> str:
    """Return a path of the client API, its parts escaped."""
    return "/".join([API, *(quote(part, safe="") for part in parts)])


class Homeserver:
    """One account's calls to its homeserver."""

    def __init__(self, credentials: Credentials) -> None:
        self.me = credentials.user_id
        self._credentials = credentials
        self._client: AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    @property
    def client(self) -> "AsyncClient":
        """Nio's client, made when it is first needed: importing nio takes half a second."""
        if self._client is None:
            from nio import AsyncClient, AsyncClientConfig  # noqa: PLC0415 - see the docstring

            finite = AsyncClientConfig(
                max_limit_exceeded=0, max_timeouts=0, encryption_enabled=False
            )
            # Its warnings quote what it could not parse, and that may be somebody's words.
            logging.getLogger("nio").setLevel(logging.CRITICAL)
            known = self._credentials
            client = AsyncClient(known.homeserver.rstrip("/"), known.user_id, config=finite)
            # Not `restore_login`: where vodozemac is installed it wants a store for keys.
            client.user_id, client.device_id = known.user_id, known.device_id
            self._client = client
        return self._client

    async def get(self, *parts: str, patience: float = PATIENCE, **query: str) -> Json:
        """Return what stands at a path; raises as `expect` does."""
        return await self.call("GET", path(*parts), query=query, patience=patience)

    async def put(self, *parts: str, body: Json) -> Json:
        """Put `body` at a path; raises as `expect` does."""
        return await self.call("PUT", path(*parts), body=body)

    async def post(self, *parts: str, body: Json) -> Json:
        """Post `body` to a path; raises as `expect` does."""
        return await self.call("POST", path(*parts), body=body)

    async def upload(self, name: str, media_type: str, content: bytes) -> str:
        """Return the address of content that now lies in the homeserver's media store."""
        stored = await self.call(
            "POST",
            "/_matrix/media/v3/upload",
            query={"filename": name},
            body=content,
            media_type=media_type,
            patience=UPLOAD_PATIENCE,
        )
        return str(stored.get("content_uri", ""))

    async def download(self, address: str) -> bytes:
        """Return the content that lies at an address in a media store; raises as `expect` does."""
        server, _, name = address.removeprefix("mxc://").partition("/")
        at = "/".join([MEDIA, quote(server, safe=""), quote(name, safe="")])
        answer, content = await self._ask("GET", at, None, {}, UPLOAD_PATIENCE)
        if answer.status == HTTPStatus.OK:
            return content
        expect(answer.status, _json(content.decode(errors="replace")))
        raise PlatformError(f"The homeserver answered {answer.status} for a file.")

    async def call(
        self,
        method: str,
        at: str,
        *,
        body: Json | bytes | None = None,
        query: Mapping[str, str] | None = None,
        media_type: str = "application/json",
        patience: float = PATIENCE,
    ) -> Json:
        """Return the answer to one request, which is made once; raises as `expect` does.

        An array comes as the `events` of an object.
        """
        data = body if isinstance(body, bytes | None) else json.dumps(body)
        asked = f"{at}?{urlencode(query)}" if query else at
        headers = {"Content-Type": media_type}
        answer, content = await self._ask(method, asked, data, headers, patience)
        said = content.decode(errors="replace")
        return expect(answer.status, _json(said), answer.headers.get("Retry-After", ""))

    async def _ask(
        self,
        method: str,
        at: str,
        data: bytes | str | None,
        headers: dict[str, str],
        patience: float,
    ) -> "tuple[ClientResponse, bytes]":
        """Return the answer to one request, and what it holds."""
        import aiohttp  # noqa: PLC0415 - comes with nio

        if token := self._credentials.access_token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            answer = await self.client.send(method, at, data, headers, timeout=patience)
            async with answer:
                return answer, await answer.read()
        except aiohttp.ClientConnectorDNSError as error:
            raise PlatformUnavailable(f"{_SILENT}: {silence(gaierror())}.") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            cause = getattr(error, "os_error", error)
            raise PlatformUnavailable(f"{_SILENT}: {silence(cause)}.") from error

    async def follow(self, answer: Json) -> None:
        """Let nio keep up with what a sync brought; what it stumbles over is left to us."""
        from nio import SyncResponse  # noqa: PLC0415 - see `client`

        try:
            await self.client.receive_response(
                SyncResponse.from_dict(json.loads(json.dumps(answer)))
            )
        except Exception as error:  # noqa: BLE001 - nio's faults must not cost us the events
            log.warning("sync_not_kept", action="sync_not_kept", error=type(error).__name__)


def _json(text: str) -> Json | None:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list):
        return {"events": found}
    return found if isinstance(found, dict) else None
