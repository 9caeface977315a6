"""Faults of rights: who asks is not known, or may not do this."""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType

from service.core.errors.problem import ProblemError


class UnauthorizedError(ProblemError):
    """No API key, or one that is not known."""

    status = HTTPStatus.UNAUTHORIZED
    slug = "unauthorized"
    title = "An API key is needed"
    # Basic comes first because GIS clients and browsers know how to answer it.
    always = MappingProxyType(
        {"WWW-Authenticate": 'Basic realm="Yike", charset="UTF-8", Bearer realm="Yike"'}
    )


class ForbiddenError(ProblemError):
    """The key is known and may not do this."""

    status = HTTPStatus.FORBIDDEN
    slug = "forbidden"
    title = "The API key may not do this"


class CrossSiteError(ForbiddenError):
    """A change asked for by a browser that may have been made to ask by another site."""

    slug = "cross-site"
    title = "The request may come from another site"
