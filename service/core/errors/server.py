"""Faults of the service itself: a defect, or something it needs is not ready."""

from __future__ import annotations

from http import HTTPStatus

from service.core.errors.problem import RETRY, ProblemError


class InternalError(ProblemError):
    """A defect of the service; what happened stands in its log under the request id."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    slug = "internal-error"
    title = "The server has a defect"


class UnavailableError(ProblemError):
    """The database, or a library this needs, cannot be reached or is not of the right version."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "unavailable"
    title = "The service is not ready"


class TooSlowError(UnavailableError):
    """What is asked for takes the database longer than one query may.

    The request is well formed, and the same one may be answered when the machine is less busy: it
    is the service that gives up (RFC 9110, 15.6.4), whichever kind of query it was.
    """

    slug = "too-slow"
    title = "The query takes too long"
    always = RETRY
