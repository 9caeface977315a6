"""What every request passes, outermost first: context and log, host, body size.

Pure ASGI: no response is buffered and context variables reach the routes.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from service.core.errors.limits import TooLargeError
from service.core.errors.problem import problem_response
from service.core.errors.request import UnknownHostError
from service.core.errors.server import InternalError
from service.core.logging import redact_query

_SANE_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_CLIENT_CLOSED_REQUEST: Final = 499  # as nginx writes it: nobody was left to answer


class RequestContextMiddleware:
    """Give each request an id, write one access line, and turn any defect into a 500.

    The caller's ``X-Request-ID`` is kept when it is 1 to 64 letters, digits, dots, dashes or
    underscores; anything else could forge log lines and is replaced.
    """

    def __init__(self, app: ASGIApp, *, logger: FilteringBoundLogger) -> None:
        self.app = app
        self.logger = logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _SANE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        started_at = time.perf_counter()
        status: int | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_with_headers)
            except ClientDisconnect:
                status = _CLIENT_CLOSED_REQUEST
            except Exception:
                self.logger.exception("defect", path=_path(scope))
                if status is not None:
                    # The answer has begun: only a broken connection can tell the caller.
                    raise
                problem = InternalError(
                    f"The request could not be completed; the log has it under {request_id}."
                )
                await problem_response(problem, scope)(scope, receive, send_with_headers)
            finally:
                self.logger.info(
                    "request",
                    method=scope["method"],
                    path=_path(scope),
                    query=redact_query(scope.get("query_string", b"")),
                    status=status,
                    milliseconds=round((time.perf_counter() - started_at) * 1000, 1),
                    actor=state.get("actor"),
                    client=(scope.get("client") or (None,))[0],
                )


class HostMiddleware:
    """Answer only for the hosts this service is meant to have.

    A page on another site can make a browser ask ``evil.example``, resolved to the loopback
    address (DNS rebinding); its Host header gives it away.

    Parameters
    ----------
    allowed_hosts
        Names without port, ``*.example.org`` for every name under it, ``*`` for any.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Sequence[str]) -> None:
        self.app = app
        self.allowed_hosts = tuple(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not self._allowed(scope):
            problem = UnknownHostError("This service does not answer for the host asked for.")
            await problem_response(problem, scope)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        if "*" in self.allowed_hosts:
            return True
        hosts = Headers(scope=scope).getlist("host")
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if match is None:
            return False
        name = match["name"].lower().strip("[]").rstrip(".")
        return any(
            name == allowed.strip("[]") or (allowed.startswith("*.") and name.endswith(allowed[1:]))
            for allowed in self.allowed_hosts
        )


class BodyLimitMiddleware:
    """Refuse bodies beyond a size, by the length announced and by the bytes that come.

    Parameters
    ----------
    max_bytes
        The largest body taken.
    max_bytes_at
        The same for single paths, whose routes do not hold the body in memory.
    """

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, max_bytes_at: Mapping[str, int] | None = None
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.max_bytes_at = dict(max_bytes_at or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        max_bytes = self.max_bytes_at.get(scope["path"], self.max_bytes)
        problem = TooLargeError(f"The body may have at most {max_bytes} bytes.")
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced[:20]) > max_bytes:
            await problem_response(problem, scope)(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > max_bytes:
                    # Reaches the route that reads the body, and from there the error handler.
                    raise problem
            return message

        await self.app(scope, receive_counted, send)


def _path(scope: Scope) -> str:
    # As sent, still percent-encoded: no line break of the caller's gets into a log.
    raw = scope.get("raw_path") or b""
    return bytes(raw).decode("ascii", "replace")
