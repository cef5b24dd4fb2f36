"""What every answer carries and every unsafe request must show, for the kiosk and the board alike.

Headers: a strict content security policy and its companions. Requests: the host must be one of ours (against DNS
rebinding, which otherwise makes a loopback kiosk reachable from any web page), and an unsafe method must come from our
own pages (against cross-site request forgery). Sessions add a token of their own, see `Csrf`.
"""

import hashlib
import hmac
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """ASGI middleware: `app.add_middleware(Guard, hosts={"127.0.0.1", "localhost"})`; no hosts: any host."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on one request, and dress its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(MutableHeaders(scope=message), secure=scope["scheme"] == "https")
            await send(message)

        refused = self._refusal(scope["method"], Headers(scope=scope))
        await (refused or self._app)(scope, receive, send_guarded)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        if self._hosts and _host_name(f"//{headers.get('host', '')}") not in self._hosts:
            return PlainTextResponse("This host name is not served here.", 421)
        if method not in SAFE_METHODS and not same_origin(headers):
            return PlainTextResponse("This request did not come from our own page.", 403)
        return None


def same_origin(headers: Headers) -> bool:
    """Say whether a request comes from our own pages, or from no browser at all.

    Browsers tell `Sec-Fetch-Site`; older ones tell at least `Origin`. A program sends neither, but a program also
    carries no officer's cookies that a foreign page could ride on.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


class Csrf:
    """Tokens that tie a form to a session: HMAC-SHA-256 of the session id under a key of this deployment."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, session: str) -> str:
        """Return the token for the forms of a session."""
        return hmac.new(self._key, session.encode(), hashlib.sha256).hexdigest()

    def accepts(self, session: str, token: str) -> bool:
        """Say whether a form's token belongs to the session; takes the same time whatever it is given."""
        return hmac.compare_digest(self.token(session).encode(), token.encode())


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # such as "[::1"
        return ""


def _dress(headers: MutableHeaders, *, secure: bool) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if "etag" not in headers:
        headers.setdefault("cache-control", "no-store")
    if secure:
        headers.setdefault("strict-transport-security", "max-age=31536000")
