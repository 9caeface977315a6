"""HEAD wherever there is GET: the same answer without its body (RFC 9110, 9.3.2)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_GET, _HEAD = "GET", "HEAD"


class HeadMiddleware:
    """Ask the routes as GET what was asked as HEAD, and keep the body back.

    Routes know nothing of it; what is around this one (the log, the server) still sees HEAD. It
    adds HEAD to every header Allow that has GET.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_head = scope["method"] == _HEAD

        async def send_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _offer_head(message)
            elif is_head and message["type"] == "http.response.body":
                if message.get("more_body", False):
                    # Not ended before its time: a file that is streamed is closed at its end.
                    return
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        asked = {**scope, "method": _GET} if is_head else scope
        await self.app(asked, receive, send_headers)


def _offer_head(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    allowed = [one.strip() for one in headers.get("Allow", "").split(",")]
    if _GET in allowed and _HEAD not in allowed:
        allowed.insert(allowed.index(_GET) + 1, _HEAD)
        headers["Allow"] = ", ".join(allowed)


__all__ = ["HeadMiddleware"]
