"""The way out to addresses that strangers named: checked, pinned, without redirects, bounded in time.

A name is resolved once for each message, every address it has is checked, and the connection goes to the address that
was checked; what the name means a moment later does not matter.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx2

SECONDS = 10.0
_SCHEMES = {"https": 443, "http": 80}
_MOST_URL = 2_000
# Each holds an IPv4 address that a translator would go on to.
_TRANSLATED = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Forbidden(ValueError):
    """The address may not be asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one attempt: the status answered, or what went wrong before there was one."""

    status: int | None
    error: str = ""

    @property
    def good(self) -> bool:
        """The sink has it."""
        return self.status is not None and 200 <= self.status < 300


class Sinks:
    """Sends to sinks that may be asked: public addresses over TLS, and the networks the operator opened."""

    def __init__(self, networks: Sequence[str]) -> None:
        """`networks` in CIDR form; raises ValueError."""
        self._networks = [ipaddress.ip_network(each) for each in networks]

    def check(self, url: str) -> None:
        """Raise Forbidden unless the address may be asked at this moment; asks the name service."""
        parsed = _parse(url)
        self._choose(parsed, _resolve(parsed))

    async def send(self, url: str, body: str, headers: Mapping[str, str]) -> Told:
        """Post once; never raises for what the other side does."""
        try:
            async with asyncio.timeout(2 * SECONDS):
                parsed = _parse(url)
                address = self._choose(parsed, await asyncio.to_thread(_resolve, parsed))
                return await _post(parsed, address, body, headers)
        except Forbidden as error:
            return Told(None, f"forbidden: {error}")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as error:
            return Told(None, type(error).__name__)

    def _choose(self, url: httpx2.URL, addresses: Sequence[Address]) -> Address:
        for address in addresses:
            opened = any(address in network for network in self._networks)
            if not opened and not _public(address):
                raise Forbidden(f"{url.host} is not a public address")
            if not opened and url.scheme != "https":
                raise Forbidden("only https leads to a public address")
        return addresses[0]


def _parse(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        raise Forbidden("this is no URL") from None
    if parsed.scheme not in _SCHEMES or not parsed.host or len(url) > _MOST_URL:
        raise Forbidden("an https URL with a host is expected")
    if parsed.userinfo or parsed.fragment:
        raise Forbidden("user, password and fragment have no place in it")
    return parsed


def _resolve(url: httpx2.URL) -> list[Address]:
    port = url.port or _SCHEMES[url.scheme]
    try:
        found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Forbidden(f"{url.host} has no address") from None
    return [_plain(str(each[4][0])) for each in found]


def _plain(text: str) -> Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _public(address: Address) -> bool:
    translated = any(address in network for network in _TRANSLATED)
    return address.is_global and not address.is_multicast and not translated


async def _post(url: httpx2.URL, address: Address, body: str, headers: Mapping[str, str]) -> Told:
    named = {**headers, "host": url.netloc.decode("ascii"), "user-agent": "Tallystick"}
    pinned = url.copy_with(host=str(address))
    client = httpx2.AsyncClient(timeout=SECONDS, trust_env=False, follow_redirects=False)
    # The certificate is checked for the name, though the connection goes to the number.
    extensions = {"sni_hostname": url.host}
    async with (
        client,
        client.stream("POST", pinned, content=body, headers=named, extensions=extensions) as answer,
    ):
        return Told(answer.status_code)
