"""Faults of a request: what it says, or how it is said, cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from service.core.errors.problem import Detail, ProblemError


class BadRequestError(ProblemError):
    """The request cannot be understood."""

    status = HTTPStatus.BAD_REQUEST
    slug = "bad-request"
    title = "The request cannot be used"


class InvalidParameterError(BadRequestError):
    """A parameter or header has a value that cannot be used."""

    slug = "invalid-parameter"
    title = "A parameter has a value that cannot be used"

    @classmethod
    def of(cls, parameter: str, detail: str) -> InvalidParameterError:
        """Return the error of one query or path parameter."""
        return cls(f"{parameter}: {detail}", errors=[Detail(detail, parameter=parameter)])

    @classmethod
    def of_header(cls, header: str, detail: str) -> InvalidParameterError:
        """Return the error of one header."""
        return cls(f"{header}: {detail}", errors=[Detail(detail, header=header)])


class UnknownParameterError(BadRequestError):
    """A query parameter the route does not have; ignoring it would answer another question."""

    slug = "unknown-parameter"
    title = "A query parameter is unknown"


class InvalidBodyError(BadRequestError):
    """The body is not what the route takes."""

    slug = "invalid-body"
    title = "The body cannot be used"

    @classmethod
    def of(cls, pointer: str, detail: str) -> InvalidBodyError:
        """Return the error of one place of the body."""
        return cls.listing([Detail(detail, pointer=pointer)])

    @classmethod
    def listing(cls, errors: Sequence[Detail]) -> InvalidBodyError:
        """Return the error of several places; the first one is named in the detail."""
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        place = f"{first.pointer}: " if first.pointer else ""
        return cls(f"{place}{first.detail}{more}", errors=errors)


class UnknownHostError(BadRequestError):
    """The Host header names a host this service is not meant to answer for."""

    slug = "unknown-host"
    title = "The Host header is not allowed"


class MethodNotAllowedError(ProblemError):
    """The address exists, but not with this method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    slug = "method-not-allowed"
    title = "The method is not allowed here"


class SlowBodyError(ProblemError):
    """The body came more slowly than it may."""

    status = HTTPStatus.REQUEST_TIMEOUT
    slug = "slow-body"
    title = "The body took too long to arrive"


class UnsupportedMediaTypeError(ProblemError):
    """The body is of a type the route does not take."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    slug = "unsupported-media-type"
    title = "The body is of a type this route does not take"
