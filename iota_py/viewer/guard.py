"""Who may ask: this machine, by the address that was printed, reading only."""

from __future__ import annotations

import secrets
from typing import Any

from iota_py.errors import Fault

HOST = "127.0.0.1"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address is a secret
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """An ASGI application around another one, which it reaches only with GET, a name of the loopback as `Host`, and the token.

    A page of another site that has its own name point here (DNS rebinding) comes with its own `Host`; another user of the machine does not
    know the token. Every answer forbids the browser to load anything from elsewhere.
    """

    def __init__(self, inner: Any, port: int, token: str) -> None:
        self.inner = inner
        self.hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
        self.token = token

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """See the ASGI specification."""
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refusal = self.refusal(scope["method"], dict(scope["headers"]).get(b"host", b"").decode("latin-1"), scope["path"])

        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), text.encode()) for name, text in _HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        if refusal is None:
            await self.inner(scope, receive, send_guarded)
            return
        status, text = refusal
        body = (Fault("E-VIEW-010", "request", "", text, "open the address that was printed").line() + "\n").encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send_guarded({"type": "http.response.start", "status": status, "headers": headers})
        await send_guarded({"type": "http.response.body", "body": body})

    def refusal(self, method: str, host: str, path: str) -> tuple[int, str] | None:
        """Status and reason, None where the request may pass."""
        if host.lower() not in self.hosts:
            return 421, "this is not the address of the viewer"
        first, slash, _ = path.removeprefix("/").partition("/")
        if not slash or not secrets.compare_digest(first.encode(), self.token.encode()):
            return 404, "nothing here"
        if method != "GET":
            return 405, f"{method[:16]} is not done here, only GET"
        return None
