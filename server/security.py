"""What protects every response and request: headers, the size of bodies, the host name."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import BadHost, TooLarge
from server.responses import refuse
from server.settings import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000"
#: What probes ask by address, and reveals nothing.
ANY_HOST = ("/health/",)


class Security:
    """ASGI middleware for all of it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = settings.hosts
        self._limit = settings.max_body_kb * 1024
        self._https = settings.public_url.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        protected = self._protecting(send)
        headers = Headers(scope=scope)
        if not scope["path"].startswith(ANY_HOST) and not self._known(headers.get("host", "")):
            await refuse(BadHost(), Request(scope))(scope, receive, protected)
            return
        length = headers.get("content-length", "0")
        kilobytes = self._limit // 1024
        if not length.isdigit() or int(length) > self._limit:
            await refuse(TooLarge(kilobytes=kilobytes), Request(scope))(scope, receive, protected)
            return
        await self._app(scope, self._counting(receive), protected)

    def _known(self, host: str) -> bool:
        return (urlsplit(f"//{host}").hostname or "") in self._hosts

    def _counting(self, receive: Receive) -> Receive:
        """``receive`` that refuses a body which is longer than it may be, or than it said."""
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._limit:
                    raise TooLarge(kilobytes=self._limit // 1024)
            return message

        return counted

    def _protecting(self, send: Send) -> Send:
        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if self._https:
                    headers["Strict-Transport-Security"] = HSTS
            await send(message)

        return protected
