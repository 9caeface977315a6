"""Signing in and out with a browser: by a one-time link or by key."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.core import audit
from service.core.errors.rights import UnauthorizedError
from service.core.json_answer import json_answer
from service.core.json_input import JSON_TYPES, Body, parse_json, require_media_type
from service.core.language import Language, LanguageDependency
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
from service.core.sessions import csrf_token, end_session, find_link, open_session, use_link
from service.page.notes import note_page
from service.sessions.link_page import link_page
from service.sessions.schemas import (
    FORM_TYPE,
    MAX_TOKEN_LENGTH,
    SessionDocument,
    read_sign_in,
    read_token,
)

SIGN_IN_PATH: Final = "/sign-in"
PAGE_PATH: Final = "/"
_NOT_KEPT: Final[Mapping[str, str]] = MappingProxyType({"Cache-Control": "no-store"})


def build_link_router() -> APIRouter:
    """Return the routes of the one-time link: /sign-in, open to everyone.

    Looking at a link changes nothing; the page it opens asks, and its button does it.
    """
    router = APIRouter(tags=["session"], include_in_schema=False)

    @router.get(SIGN_IN_PATH)
    def look_at_link(
        request: Request,
        resources: ResourcesDependency,
        language: LanguageDependency,
        token: Annotated[str, Query(max_length=MAX_TOKEN_LENGTH)] = "",
    ) -> Response:
        with resources.reading() as connection:
            principal = find_link(connection, token)
        if principal is None:
            return _used_up(request, resources, language)
        page = link_page(token, principal, language)
        return HTMLResponse(page.html, headers={**page.headers(language), **_NOT_KEPT})

    @router.post(SIGN_IN_PATH)
    def use_up_link(
        request: Request,
        resources: ResourcesDependency,
        language: LanguageDependency,
        body: Body,
    ) -> Response:
        # A page of somebody else's must not press the button.
        require_same_site(request)
        require_media_type(request, (FORM_TYPE,))
        token = read_token(body)
        with resources.writing() as connection:
            key_id = use_link(connection, token)
            if key_id is not None:
                former = request.cookies.get(COOKIE)
                secret = open_session(connection, key_id, former=former)
                audit.record(connection, actor=key_id, action="sign_in", target="link")
        if key_id is None:
            return _used_up(request, resources, language)
        request.state.actor = key_id
        answer = RedirectResponse(PAGE_PATH, status_code=303, headers=_NOT_KEPT)
        _set_cookie(answer, request, resources, secret)
        return answer

    return router


def _used_up(request: Request, resources: Resources, language: Language) -> Response:
    """Say so; a link opened again by the browser it signed in goes on to the page."""
    if read_session(request, resources) is not None:
        return RedirectResponse(PAGE_PATH, status_code=303, headers=_NOT_KEPT)
    page = note_page("link_used_up", language)
    return HTMLResponse(page.html, status_code=401, headers={**page.headers(language), **_NOT_KEPT})


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
        with resources.writing() as connection:
            secret = open_session(connection, principal.id, former=request.cookies.get(COOKIE))
            audit.record(connection, actor=principal.id, action="sign_in", target="key")
        document = SessionDocument.of(principal, csrf_token(secret))
        answer = json_answer(document.model_dump(), status=201)
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
