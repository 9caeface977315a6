"""Who is asking: the API key of a request, what its role may do, how it is shown to clients.

A key comes in one of four places: ``X-API-Key``; ``Authorization: Bearer``; the password of
``Authorization: Basic``, for GIS programs that know nothing else; or ``?api_key=``, which ends
in histories and logs of others and is therefore good for viewers only. A wrong key is refused
wherever it stands; nothing is served to nobody, not even on the loopback interface.

A browser that is signed in sends a cookie instead (`service.core.sessions`). Browsers send cookies
whoever makes them ask, so a change by cookie must show that Yike's own page asks for it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import Depends, Request

from service.core.errors.rights import ForbiddenError, UnauthorizedError
from service.core.keys import Principal, authenticate
from service.core.parameters import KEY_PARAMETER
from service.core.resources import Resources, ResourcesDependency
from service.core.same_site import SAFE_METHODS, require_same_site, require_token
from service.core.sessions import Session, find_session, touch

MAX_KEY_LENGTH: Final = 256
COOKIE: Final = "yike_session"
# A script of a page is not asked for a password: the browser would open its own dialogue.
_NO_DIALOGUE: Final[Mapping[str, str]] = MappingProxyType(
    {"WWW-Authenticate": 'Bearer realm="Yike"'}
)
# Which roles may do what a role may: editors and reviewers each do more than viewers, and
# neither does the other's work.
_MAY_ACT_AS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "viewer": frozenset({"viewer", "editor", "reviewer", "admin"}),
        "editor": frozenset({"editor", "admin"}),
        "reviewer": frozenset({"reviewer", "admin"}),
        "admin": frozenset({"admin"}),
    }
)


@dataclass(frozen=True)
class Credential:
    """A key as it came, and whether it stood in the query string."""

    key: str
    in_query: bool


def find_credential(request: Request) -> Credential | None:
    """Return the key of a request, or None when it has none.

    Raises
    ------
    UnauthorizedError
        If the Authorization header cannot be read, or two places hold different keys.
    """
    header = request.headers.get("x-api-key")
    authorization = request.headers.get("authorization")
    query = request.query_params.get(KEY_PARAMETER)
    found = [key for key in (header, _from_authorization(authorization), query) if key]
    if len(set(found)) > 1:
        raise UnauthorizedError("The request has two different API keys.")
    if not found:
        return None
    return Credential(found[0], in_query=bool(query))


def _from_authorization(header: str | None) -> str | None:
    if not header:
        return None
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return value
    if scheme.lower() == "basic":
        try:
            _, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            colon, password = "", ""
        if colon and password:
            return password
    raise UnauthorizedError("The Authorization header is neither Bearer nor Basic with a key.")


def read_principal(request: Request, resources: ResourcesDependency) -> Principal:
    """Return who asks, by key or by cookie; the id goes into the access log.

    Raises
    ------
    UnauthorizedError
        If there is neither, or the key is unknown or revoked, or the session is over.
    ForbiddenError
        If a key that may do more than view stands in the query string.
    CrossSiteError
        If a browser asks for a change and does not show that Yike's own page made it ask.
    """
    credential = find_credential(request)
    if credential is None:
        principal = _signed_in(request, resources).principal
    else:
        principal = _with_key(credential, resources)
        # A browser keeps the password of HTTP Basic, and sends it along like a cookie; programs
        # that are none send neither of the headers.
        asked_by_browser = not {"origin", "sec-fetch-site"}.isdisjoint(request.headers)
        if asked_by_browser and _changes(request):
            require_same_site(request)
    request.state.actor = principal.id
    return principal


def key_principal(key: str, resources: Resources) -> Principal:
    """Return whose key it is.

    Raises
    ------
    UnauthorizedError
        If it is unknown or revoked.
    """
    principal = None
    # What cannot be a key is not looked up; NUL cannot even be sent to the database.
    if len(key) <= MAX_KEY_LENGTH and key.isprintable():
        with resources.asking() as connection:
            principal = authenticate(connection, key)
    if principal is None:
        raise UnauthorizedError("The API key is not known.")
    return principal


def read_session(request: Request, resources: Resources) -> Session | None:
    """Return the session of a request's cookie; None without one, or when it is over."""
    secret = request.cookies.get(COOKIE)
    if not secret:
        return None
    limits = resources.settings.session
    with resources.asking() as connection:
        session = find_session(
            connection,
            secret,
            idle_seconds=limits.idle_seconds,
            max_seconds=limits.max_seconds,
        )
    if session is not None and session.stale:
        with resources.writing() as connection:
            touch(connection, secret)
    return session


def _signed_in(request: Request, resources: Resources) -> Session:
    session = read_session(request, resources)
    if session is None:
        by_script = request.headers.get("sec-fetch-mode", "navigate") != "navigate"
        over = COOKIE in request.cookies
        raise UnauthorizedError(
            "The browser's session is over; sign in again."
            if over
            else "Send an API key in X-API-Key, or as Authorization: Bearer, "
            "or as the password of HTTP Basic.",
            headers=_NO_DIALOGUE if over or by_script else None,
        )
    if _changes(request):
        require_same_site(request)
        require_token(request, session.csrf_token)
    return session


def _with_key(credential: Credential, resources: Resources) -> Principal:
    principal = key_principal(credential.key, resources)
    if credential.in_query and principal.role != "viewer":
        raise ForbiddenError(
            f"A key in the query string must be a viewer's, this one is of role {principal.role}; "
            "send it in a header."
        )
    return principal


def _changes(request: Request) -> bool:
    return request.method not in SAFE_METHODS


def may_act_as(principal: Principal, role: str) -> bool:
    """Tell whether a key may do what one of `role` may."""
    return principal.role in _MAY_ACT_AS[role]


def permitted(principal: Principal, *roles: str) -> Principal:
    """Return a key that may do what one of `roles` may.

    Raises
    ------
    ForbiddenError
        If it may not.
    """
    may = frozenset().union(*(_MAY_ACT_AS[role] for role in roles))
    if principal.role not in may:
        raise ForbiddenError(
            f"This needs a key of role {' or '.join(sorted(may))}; "
            f"the one given is of role {principal.role}."
        )
    return principal


def require(*roles: str) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency that lets pass who may do what one of `roles` may."""

    async def allowed(principal: ViewerDependency) -> Principal:
        return permitted(principal, *roles)

    return allowed


ViewerDependency = Annotated[Principal, Depends(read_principal)]
EditorDependency = Annotated[Principal, Depends(require("editor"))]
ReviewerDependency = Annotated[Principal, Depends(require("reviewer"))]
# Whoever prepares a review and whoever signs it may try one out.
ReviewingDependency = Annotated[Principal, Depends(require("reviewer", "editor"))]
