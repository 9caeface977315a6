"""Faults of size: more is sent, asked for or found than one request or job may have."""

from __future__ import annotations

from http import HTTPStatus

from service.core.errors.problem import ProblemError
from service.core.errors.request import BadRequestError


class TooManyRowsError(BadRequestError):
    """A file would have more rows than one answer has."""

    slug = "too-many-rows"
    title = "The file would be too large"


class TooLargeError(ProblemError):
    """The body is larger than the service takes."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    slug = "too-large"
    title = "The body is too large"


class TooManyOriginsError(ProblemError):
    """More places than one question may ask about; the command line has no such limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    slug = "too-many-origins"
    title = "There are too many places for one request"


class TooManyDistrictsError(ProblemError):
    """The evaluation is too large for one request; the command line has no such limit."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    slug = "too-many-districts"
    title = "The evaluation is too large for one request"


class TooLongError(ProblemError):
    """A job ran for as long as one may, and was ended."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    slug = "too-long"
    title = "The job took too long"


class ResultTooLargeError(ProblemError):
    """What a job found is too large to be kept."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    slug = "result-too-large"
    title = "The result is too large"


class TooManyJobsError(ProblemError):
    """The key has as many jobs that wait or run as it may have at the same time."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    slug = "too-many-jobs"
    title = "The key has too many jobs at once"
