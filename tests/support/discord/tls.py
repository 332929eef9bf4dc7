"""A certificate of this run for Discord's names, and connections that reach only the stand-in."""

import functools
import ipaddress
import socket
import ssl
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAMES = ("discord.com", "gateway.discord.gg", "cdn.discordapp.com")


@functools.cache
def certificate() -> bytes:
    """Return a fresh key and a self-signed certificate for Discord's names, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the stand-in for Discord")])
    begins = datetime.fromtimestamp(0, UTC) + timedelta(days=365 * 30)
    names = [x509.DNSName(name) for name in NAMES]
    local = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=365 * 100))
        .add_extension(x509.SubjectAlternativeName([*names, local]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + made.public_bytes(serialization.Encoding.PEM)


@functools.cache
def server_context() -> ssl.SSLContext:
    """Return what the stand-in serves with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as directory:
        pem = Path(directory, "stand-in.pem")
        pem.write_bytes(certificate())
        context.load_cert_chain(pem)
    return context


def trusted() -> str:
    """Return the certificate without its key, as PEM."""
    text = certificate().decode()
    return text[text.index("-----BEGIN CERTIFICATE") :]


@functools.cache
def client_context(trust: str) -> ssl.SSLContext:
    """Return a context that trusts one certificate (PEM) and nobody else."""
    return ssl.create_default_context(cadata=trust)


class OnlyStandIn(AbstractResolver):
    """Finds Discord's names on a loopback port, and no other name anywhere."""

    def __init__(self, port_for: Callable[[str], int]) -> None:
        self._port_for = port_for

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the stand-in's address.

        Raises:
            OSError: the name is none of Discord's.
        """
        del port, family
        if host not in NAMES:
            raise OSError(f"{host} is not to be reached from a test")
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port_for(host),
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Hold nothing."""


def connector(port_for: Callable[[str], int], trust: str) -> aiohttp.TCPConnector:
    """Return a connector that reaches only the stand-in; make it within the running loop.

    A bot in a process of its own is told StandIn.port and StandIn.trust, and makes one by
    `connector(lambda _host: port, trust)`.
    """
    return aiohttp.TCPConnector(
        resolver=OnlyStandIn(port_for), ssl=client_context(trust), use_dns_cache=False
    )
