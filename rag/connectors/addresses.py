"""Which machines a website's reader may connect to, and connections to those very addresses.

What a site names (in a sitemap, in a redirect, in its DNS) could be a machine of the organisation's
own network, which this server can reach and the site's author cannot. So each host is resolved and
all its addresses are looked at, and the connection is made to an address that was looked at: a name
that answers otherwise a moment later changes nothing.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore
import httpx

from rag.errors import ParameterValue

Resolve = Callable[[str, int], Sequence[str]]

_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
# Of protocols (where some clouds answer with credentials), of relays and of documentation: not all
# Pythons know that they are no addresses of hosts.
_SPECIAL = (ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"), ip_network("3fff::/20"))


class NotRead(Exception):
    """Something of a site is not read. The message is a translation key.

    ``passing`` where it may be read later (a time-out, an error of the server); ``status`` is the
    HTTP status where there was an answer.
    """

    def __init__(
        self, message_id: str, *, passing: bool = False, status: int = 0, **params: ParameterValue
    ) -> None:
        self.message_id = message_id
        self.passing = passing
        self.status = status
        if status:
            params["status"] = status
        self.params = tuple(params.items())
        super().__init__(message_id.format(**params))


class OnPrivateNetwork(NotRead):
    """A host has an address that is not one of the public Internet."""

    def __init__(self) -> None:
        super().__init__("the host of this address is on a private network")


def resolved_by_system(host: str, port: int) -> list[str]:
    """The addresses of ``host``, as the system finds them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def host_of(url: httpx.URL) -> str:
    """The host of ``url`` in ASCII, in one form: «Mairie.Example.org.» is «mairie.example.org»."""
    return url.raw_host.decode("ascii").rstrip(".").lower()


@dataclass(frozen=True, slots=True)
class Gate:
    """What may be connected to: public addresses, and any but those of links for private hosts."""

    private_hosts: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset({80, 443})
    resolve: Resolve = resolved_by_system

    def check(self, url: httpx.URL) -> None:
        """Raises NotRead where ``url`` is not one to ask for, whatever its host's addresses."""
        port = url.port or {"http": 80, "https": 443}.get(url.scheme)
        if port not in self.ports or url.scheme not in ("http", "https") or url.userinfo:
            raise NotRead("only http and https addresses are read, on the ports of the web")
        host = host_of(url)
        # «2130706433», «0177.1», «0x7f.1»: other ways to write an address, for who looks too fast.
        if not host or (_is_number(host.rsplit(".", 1)[-1]) and _literal(host) is None):
            raise NotRead("this address has no valid host name")

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of ``host``, all of which may be connected to. Raises NotRead."""
        name = host.rstrip(".").lower()
        literal = _literal(name)
        try:
            found = [str(literal)] if literal else list(self.resolve(name, port))
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise NotRead("the host of this address cannot be found", passing=True)
        fits = is_of_a_network if name in self.private_hosts else is_public
        if not all(map(fits, found)):
            raise OnPrivateNetwork
        return found


def is_public(address: str) -> bool:
    """Whether ``address`` is one of the public Internet, and leads to no other kind of address."""
    ip = _unwrapped(address)
    if ip is None or (ip.version == 6 and ip not in _UNICAST):
        return False
    special = any(ip in network for network in _SPECIAL)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or special)


def is_of_a_network(address: str) -> bool:
    """Whether ``address`` is one host's, public or private. Those of a link are of no network:

    there clouds answer to their machines, with credentials.
    """
    ip = _unwrapped(address)
    if ip is None or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return not (ip.version == 4 and (ip.is_reserved or ip in _SPECIAL[0]))


def _unwrapped(address: str) -> IPv4Address | IPv6Address | None:
    """The address that ``address`` stands for: IPv4 that is mapped, translated or tunnelled."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        return inner or ip
    return ip


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_number(label: str) -> bool:
    return re.fullmatch(r"\d+|0x[0-9a-f]*", label) is not None


class Pinned(httpcore.NetworkBackend):
    """Connections to addresses that ``gate`` let pass, of ``seconds`` in all at most.

    TLS and the ``Host`` header keep the name: only the connection goes by the address.
    """

    def __init__(self, gate: Gate, seconds: float) -> None:
        self._gate = gate
        self._deadline = time.monotonic() + seconds
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of ``host`` that answers. Raises NotRead."""
        failure: Exception = httpcore.ConnectError()
        for address in self._gate.addresses(host, port):
            try:
                stream = self._inner.connect_tcp(
                    address, port, _left(self._deadline, timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Timed(stream, self._deadline)
        raise failure


class _Timed(httpcore.NetworkStream):
    """A connection that ends at ``deadline``, however slowly its bytes come."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, timeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    """The seconds that an operation may take. Raises httpcore.ReadTimeout where none are left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if timeout is None else min(left, timeout)
