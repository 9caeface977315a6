"""Signing in and out with a browser: by a one-time link or by key."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.core import audit
from service.core.errors import UnauthorizedError
from service.core.geojson import encode_json
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.keys import Principal
from service.core.language import LanguageDependency
from service.core.openapi import content, problems, request_body
from service.core.parameters import reject_unknown
from service.core.resources import Resources, ResourcesDependency
from service.core.same_site import require_same_site, require_token
from service.core.security import (
    COOKIE,
    ViewerDependency,
    find_credential,
    key_principal,
    read_session,
)
from service.core.sessions import csrf_token, end_session, open_session, use_link
from service.page.notes import note_page
from service.sessions.schemas import SessionDocument, read_sign_in

SIGN_IN_PATH: Final = "/sign-in"
PAGE_PATH: Final = "/"


def build_link_router() -> APIRouter:
    """Return the route of the one-time link: /sign-in, open to everyone."""
    router = APIRouter(tags=["session"], include_in_schema=False)

    @router.get(SIGN_IN_PATH)
    def sign_in(
        request: Request,
        resources: ResourcesDependency,
        language: LanguageDependency,
        token: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        with resources.writing() as connection:
            key_id = use_link(connection, token)
            secret = None if key_id is None else open_session(connection, key_id)
            if key_id is not None:
                audit.record(connection, actor=key_id, action="sign_in", target="link")
        # A link opened twice by the browser it signed in does no harm.
        if secret is None and read_session(request, resources) is None:
            page = note_page("link_used_up", language)
            return HTMLResponse(
                page.html, status_code=401, headers={**headers, **page.headers(language)}
            )
        answer = RedirectResponse(PAGE_PATH, status_code=303, headers=headers)
        if secret is not None:
            _set_cookie(answer, request, resources, secret)
        return answer

    return router


def build_router() -> APIRouter:
    """Return the routes of the session: /v1/session."""
    router = APIRouter(prefix="/session", tags=["session"], dependencies=[Depends(reject_unknown)])
    _add_reading(router)
    _add_changing(router)
    return router


def _add_reading(router: APIRouter) -> None:
    @router.get(
        "",
        operation_id="get_session",
        summary="Read who is signed in, and the token changes must carry",
        responses=problems(400, 401, 403),
    )
    def get_session(
        request: Request, resources: ResourcesDependency, principal: ViewerDependency
    ) -> SessionDocument:
        by_cookie = find_credential(request) is None
        session = read_session(request, resources) if by_cookie else None
        return SessionDocument.of(principal, None if session is None else session.csrf_token)


def _add_changing(router: APIRouter) -> None:
    @router.post(
        "",
        status_code=201,
        operation_id="create_session",
        summary="Sign a browser in by API key: sets a cookie",
        response_class=Response,
        openapi_extra=request_body(*JSON_TYPES, schemas=("SignInBody",)),
        responses={
            201: content("application/json", "SessionDocument", "Signed in"),
            **problems(400, 401, 403, 413, 415),
        },
    )
    def create_session(request: Request, resources: ResourcesDependency, body: Body) -> Response:
        # Another site must not sign a browser in as somebody else either.
        require_same_site(request)
        require_media_type(request, JSON_TYPES)
        key = read_sign_in(parse_json(body))
        try:
            principal = key_principal(key, resources)
        except UnauthorizedError as error:
            raise UnauthorizedError(
                error.detail, headers={"WWW-Authenticate": 'Bearer realm="Yike"'}
            ) from None
        request.state.actor = principal.id
        secret = _open(resources, principal)
        document = SessionDocument.of(principal, csrf_token(secret))
        answer = Response(
            encode_json(document.model_dump()), status_code=201, media_type="application/json"
        )
        _set_cookie(answer, request, resources, secret)
        return answer

    @router.delete(
        "",
        status_code=204,
        operation_id="delete_session",
        summary="Sign the browser out: ends the session and takes the cookie away",
        response_class=Response,
        responses=problems(400, 401, 403),
    )
    def delete_session(request: Request, resources: ResourcesDependency) -> Response:
        require_same_site(request)
        session = read_session(request, resources)
        if session is not None:
            require_token(request, session.csrf_token)
            request.state.actor = session.principal.id
            with resources.writing() as connection:
                end_session(connection, request.cookies[COOKIE])
                audit.record(
                    connection, actor=session.principal.id, action="sign_out", target="session"
                )
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return answer


def _open(resources: Resources, principal: Principal) -> str:
    with resources.writing() as connection:
        secret = open_session(connection, principal.id)
        audit.record(connection, actor=principal.id, action="sign_in", target="key")
    return secret


def _set_cookie(answer: Response, request: Request, resources: Resources, secret: str) -> None:
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=resources.settings.session.max_seconds,
        path="/",
        # On plain HTTP, as within a bureau, a browser would not take a secure cookie.
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
