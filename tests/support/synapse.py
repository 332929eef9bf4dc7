"""A real Synapse homeserver for the tests, on loopback and without a way out."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeAlias
from urllib.parse import quote

import aiohttp
from yarl import URL

KEPT_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH")
GENEROUS = {"per_second": 10_000, "burst_count": 10_000}
STARTS_WITHIN = 60.0
STOPS_WITHIN = 15.0


class SynapseFailed(Exception):
    """Synapse did not start, ended by itself or refused an administrator's request."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account on the homeserver, logged in on one device."""

    user_id: str
    password: str = field(repr=False)
    access_token: str = field(repr=False)
    device_id: str


NewAccount: TypeAlias = Callable[[str], Awaitable[Account]]


@contextmanager
def fresh_directory() -> Iterator[Path]:
    """Give a new directory, in memory where the system offers that, and remove it after use."""
    memory = Path("/dev/shm")  # noqa: S108 - only the parent of a fresh directory
    root = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="synapse-", dir=root) as directory:
        yield Path(directory)


class Synapse:
    """A homeserver in a process of its own, with its data in `directory`.

    It may be used from any event loop, also from several one after the other: nothing in it
    belongs to a loop. The port is the object's own from the beginning to the end, so that a
    stopped server comes back where it was.
    """

    def __init__(
        self,
        directory: Path,
        *,
        server_name: str = "circle.test",
        default_limits: bool = False,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Prepare a server; `settings` are added to (or replace) its configuration."""
        self.server_name = server_name
        self._directory = directory
        self._default_limits = default_limits
        self._settings = dict(settings or {})
        self._secret = secrets.token_hex(16)
        self._signing_key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        self._port, held = _reserve_port()
        weakref.finalize(self, os.close, held)
        self._process: subprocess.Popen[bytes] | None = None
        self._warden: Account | None = None

    @property
    def base_url(self) -> str:
        """The URL of the client-server API."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._process is not None and self._process.poll() is None

    async def __aenter__(self) -> Self:
        """Start the server."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the server."""
        await self.stop()

    async def start(self) -> None:
        """Start the server and return when it answers.

        Raises:
            SynapseFailed: it ended, or did not answer in time; the log's end is in the text.
        """
        if self.running:
            return
        self._write_configuration()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - belongs to no loop; our words
                [
                    *_ending_with_us(),
                    sys.executable,
                    "-m",
                    "synapse.app.homeserver",
                    "-c",
                    "hs.json",
                ],
                cwd=self._directory,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            await self._answers()
        except BaseException:
            await self.stop()
            raise

    async def stop(self, *, crash: bool = False) -> None:
        """End the server's process; its data and its port stay. A `crash` leaves it no time."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill() if crash else process.terminate()
        if not await _ended(process, STOPS_WITHIN):
            process.kill()
            await _ended(process, STOPS_WITHIN)

    async def restart(self) -> None:
        """Stop the server and start it again on the same port with the same data."""
        await self.stop()
        await self.start()

    async def register(self, localpart: str, password: str, *, admin: bool = False) -> Account:
        """Make an account through the administrators' API, logged in on a first device."""
        path = "/_synapse/admin/v1/register"
        nonce = (await self._ask("GET", path))["nonce"]
        words = (nonce, localpart, password, "admin" if admin else "notadmin")
        mac = hmac.new(self._secret.encode(), "\0".join(words).encode(), hashlib.sha1)
        made = await self._ask(
            "POST",
            path,
            {
                "nonce": nonce,
                "username": localpart,
                "password": password,
                "admin": admin,
                "mac": mac.hexdigest(),
            },
        )
        return Account(made["user_id"], password, made["access_token"], made["device_id"])

    async def override_ratelimit(self, user: str) -> None:
        """Lift the limit on messages for `user` (a full id), whatever limits the server has."""
        path = f"/_synapse/admin/v1/users/{quote(user, safe='')}/override_ratelimit"
        await self._ask(
            "POST",
            path,
            {"messages_per_second": 0, "burst_count": 0},
            token=await self._warden_token(),
        )

    def log_tail(self, lines: int = 40) -> str:
        """Return the end of the server's log."""
        if not self._log.exists():
            return "(no log)"
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    @property
    def _log(self) -> Path:
        return self._directory / "synapse.log"

    async def _warden_token(self) -> str:
        """Return the token of the one administrator, made when first needed."""
        if self._warden is None:
            name = f"warden-{secrets.token_hex(4)}"
            self._warden = await self.register(name, secrets.token_hex(8), admin=True)
        return self._warden.access_token

    async def _answers(self) -> None:
        """Return when the server answers; raise when it does not."""
        deadline = time.monotonic() + STARTS_WITHIN
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while time.monotonic() < deadline:
                if not self.running:
                    raise SynapseFailed(f"Synapse ended at its start:\n{self.log_tail()}")
                if await _healthy(session, f"{self.base_url}/health"):
                    return
                await asyncio.sleep(0.05)
        raise SynapseFailed(f"No answer within {STARTS_WITHIN:.0f} s:\n{self.log_tail()}")

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, token: str = ""
    ) -> dict[str, Any]:
        """Return the server's answer to an administrator's request."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = URL(self.base_url + path, encoded=True)
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, url, json=body) as response,
        ):
            if response.status != 200:
                text = await response.text()
                raise SynapseFailed(f"{method} {path}: {response.status} {text}")
            answer: dict[str, Any] = await response.json()
            return answer

    def _write_configuration(self) -> None:
        """Write what Synapse reads at its start; JSON is YAML."""
        self._directory.mkdir(parents=True, exist_ok=True)
        limits = {} if self._default_limits else _generous_limits()
        settings = self._own_settings() | _sealed() | limits | self._settings
        (self._directory / "hs.json").write_text(json.dumps(settings, indent=1))
        (self._directory / "log.json").write_text(json.dumps(_logging()))

    def _own_settings(self) -> dict[str, Any]:
        """Return where this server listens and keeps its data, and what makes tests steady."""
        return {
            "server_name": self.server_name,
            "public_baseurl": f"{self.base_url}/",
            "pid_file": str(self._directory / "synapse.pid"),
            "log_config": str(self._directory / "log.json"),
            "media_store_path": str(self._directory / "media"),
            "database": {
                "name": "sqlite3",
                "args": {"database": str(self._directory / "homeserver.db")},
            },
            "listeners": [
                {
                    "port": self._port,
                    "bind_addresses": ["127.0.0.1"],
                    "type": "http",
                    "tls": False,
                    "resources": [{"names": ["client"], "compress": False}],
                }
            ],
            "signing_key": f"ed25519 a_test {self._signing_key}",
            "registration_shared_secret": self._secret,
            "macaroon_secret_key": self._secret,
            "form_secret": self._secret,
            "bcrypt_rounds": 4,
            "caches": {"sync_response_cache_duration": "0s"},
            "presence": {"enabled": False},
            "push": {"enabled": False},
        }


def _sealed() -> dict[str, Any]:
    """Return the settings that keep a server from calling anybody."""
    return {
        "federation_domain_whitelist": [],
        "send_federation": False,
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "url_preview_enabled": False,
        "report_stats": False,
        "ip_range_blacklist": ["0.0.0.0/0", "::/0"],
    }


def _generous_limits() -> dict[str, Any]:
    """Return limits that no test reaches."""
    plain = [
        "rc_message",
        "rc_registration",
        "rc_registration_token_validity",
        "rc_admin_redaction",
        "rc_joins_per_room",
        "rc_3pid_validation",
        "rc_third_party_invite",
        "rc_media_create",
        "rc_room_creation",
        "rc_reports",
        "rc_delayed_event_mgmt",
        "rc_key_requests",
        "rc_user_directory",
        "rc_profile",
    ]
    return dict.fromkeys(plain, GENEROUS) | {
        "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), GENEROUS),
        "rc_joins": dict.fromkeys(("local", "remote"), GENEROUS),
        "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), GENEROUS),
    }


def _logging() -> dict[str, Any]:
    """Return a logging configuration that keeps to warnings: each line costs time."""
    line = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": line}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["out"]},
    }


def _environment() -> dict[str, str]:
    """Return what Synapse may know of our environment: no proxies, no switches for Python."""
    return {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}


def _ending_with_us() -> list[str]:
    """Return the words before a command that make its process end with ours, where they exist."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _reserve_port() -> tuple[int, int]:
    """Return a free port and the descriptor of a socket that keeps others from getting it.

    The socket is bound and never listens, so that Linux still lets the server listen there.
    Elsewhere the port is only known to have been free a moment ago, and the socket is a spare.
    """
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port: int = reserved.getsockname()[1]
    if os.uname().sysname != "Linux":
        reserved.close()
        reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    return port, reserved.detach()


async def _healthy(session: aiohttp.ClientSession, url: str) -> bool:
    """Return whether the server says that it is up."""
    try:
        async with session.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


async def _ended(process: subprocess.Popen[bytes], within: float) -> bool:
    """Return whether the process ended in time, without blocking the event loop."""
    deadline = time.monotonic() + within
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True
