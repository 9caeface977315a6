"""Every fault the service answers with, and the one shape it has (RFC 9457).

ProblemError                      a status, a slug, a title, a detail
├── BadRequestError           400
│   ├── InvalidParameterError     a query, path or header value that cannot be used
│   ├── UnknownParameterError     a query parameter the route does not have
│   ├── TooManyRowsError          a file of more rows than one answer has
│   ├── InvalidBodyError          a body that is not what the route takes
│   └── UnknownHostError          a Host header outside the allowed ones
├── UnauthorizedError         401 no key, or none that is known
├── ForbiddenError            403 a known key that may not do this
│   └── CrossSiteError            a browser's request that may come from another site
├── NotFoundError             404 no such route or resource
│   ├── NoSuchProcessError        of OGC API Processes, with its own type
│   ├── NoSuchJobError            likewise
│   └── ResultNotReadyError       likewise: the job has not ended
├── MethodNotAllowedError     405 the route exists, not with this method
├── SlowBodyError             408 the body took too long to arrive
├── ConflictError             409 the stored state does not allow it
├── GoneError                 410 the resource is kept no longer
├── PreconditionFailedError   412 If-Match names another version
├── TooLargeError             413 the body is larger than the limit
├── TooManyOriginsError       413 more places than one question may ask about
├── TooManyDistrictsError     422 an evaluation too large for one request
├── TooLongError              422 a job that ran for as long as one may
├── ResultTooLargeError       422 a result too large to be kept with its job
├── UnsupportedMediaTypeError 415 a body of another type
├── PreconditionRequiredError 428 If-Match is missing
├── TooManyJobsError          429 as many jobs of the key as may wait and run
├── InternalError             500 a defect; its text stays in the log
└── UnavailableError          503 the database, or a library, is not there or not ready
    └── TooSlowError              a query, or a tile, that takes longer than it may

Faults of other layers are translated by the one table of `service.core.fault_table`; what is not in
it is a defect and becomes a 500 that shows the request id and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Scope

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "/problems/"
_PROCESSES: Final = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"


@dataclass(frozen=True)
class Detail:
    """One thing wrong with one value of a request.

    Exactly one of `parameter` (query or path), `header` and `pointer` (RFC 6901, into the
    body; empty for the whole body) says where.
    """

    detail: str
    parameter: str | None = None
    header: str | None = None
    pointer: str | None = None

    def as_json(self) -> dict[str, str]:
        """Return the members that are set."""
        members = {"parameter": self.parameter, "header": self.header, "pointer": self.pointer}
        return {
            **{name: value for name, value in members.items() if value is not None},
            "detail": self.detail,
        }


# How long a caller waits before it asks the same again, seconds.
RETRY: Final = MappingProxyType({"Retry-After": "5"})


class ProblemError(Exception):
    """A fault that has an answer.

    Parameters
    ----------
    detail
        What is wrong this time, fit for the caller: no SQL, no text of an exception.
    errors
        The single faults, each with its place.
    headers
        Further response headers.
    """

    status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR
    slug: str = "internal-error"
    title: str = "The server has a defect"
    # Where a standard has a name for the fault; else it is `TYPE_PREFIX` and the slug.
    uri: str | None = None
    # Members besides those of RFC 9457, where a fault has more to say.
    members: Mapping[str, object] = MappingProxyType({})
    # Response headers every answer of the kind has.
    always: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[Detail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = {**self.always, **(headers or {})}

    @classmethod
    def type_uri(cls) -> str:
        """Return what RFC 9457 calls the type."""
        return cls.uri or f"{TYPE_PREFIX}{cls.slug}"


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


class TooManyRowsError(BadRequestError):
    """A file would have more rows than one answer has."""

    slug = "too-many-rows"
    title = "The file would be too large"


class UnknownHostError(BadRequestError):
    """The Host header names a host this service is not meant to answer for."""

    slug = "unknown-host"
    title = "The Host header is not allowed"


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


class NotFoundError(ProblemError):
    """There is no such route or resource, or the key may not see it."""

    status = HTTPStatus.NOT_FOUND
    slug = "not-found"
    title = "There is nothing at this address"


class NoSuchProcessError(NotFoundError):
    """There is no process of this name."""

    slug = "no-such-process"
    title = "There is no such process"
    uri = f"{_PROCESSES}/no-such-process"


class NoSuchJobError(NotFoundError):
    """There is no such job, or the key may not see it."""

    slug = "no-such-job"
    title = "There is no such job"
    uri = f"{_PROCESSES}/no-such-job"


class ResultNotReadyError(NotFoundError):
    """The job has not ended: its results come later, at the same address."""

    slug = "result-not-ready"
    title = "The job has not ended"
    uri = f"{_PROCESSES}/result-not-ready"


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


class ConflictError(ProblemError):
    """The stored state does not allow the change."""

    status = HTTPStatus.CONFLICT
    slug = "conflict"
    title = "The stored data do not allow this"


class GoneError(ProblemError):
    """The resource was here and is kept no longer."""

    status = HTTPStatus.GONE
    slug = "gone"
    title = "The resource is kept no longer"


class PreconditionFailedError(ProblemError):
    """If-Match names a version that is not the current one."""

    status = HTTPStatus.PRECONDITION_FAILED
    slug = "precondition-failed"
    title = "The resource has changed in the meantime"


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


class UnsupportedMediaTypeError(ProblemError):
    """The body is of a type the route does not take."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    slug = "unsupported-media-type"
    title = "The body is of a type this route does not take"


class PreconditionRequiredError(ProblemError):
    """If-Match is missing: without it two editors could overwrite each other unseen."""

    status = HTTPStatus.PRECONDITION_REQUIRED
    slug = "precondition-required"
    title = "If-Match is needed"


class TooManyJobsError(ProblemError):
    """The key has as many jobs that wait or run as it may have at the same time."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    slug = "too-many-jobs"
    title = "The key has too many jobs at once"


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


PROBLEMS: Final = (
    BadRequestError,
    InvalidParameterError,
    UnknownParameterError,
    TooManyRowsError,
    InvalidBodyError,
    UnknownHostError,
    UnauthorizedError,
    ForbiddenError,
    CrossSiteError,
    NotFoundError,
    NoSuchProcessError,
    NoSuchJobError,
    ResultNotReadyError,
    MethodNotAllowedError,
    SlowBodyError,
    ConflictError,
    GoneError,
    PreconditionFailedError,
    TooLargeError,
    TooManyOriginsError,
    TooManyDistrictsError,
    TooLongError,
    ResultTooLargeError,
    UnsupportedMediaTypeError,
    PreconditionRequiredError,
    TooManyJobsError,
    InternalError,
    UnavailableError,
    TooSlowError,
)


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a place in a body; no part is the whole body."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def problem_members(problem: ProblemError) -> dict[str, object]:
    """Return what a problem says wherever it is said."""
    document: dict[str, object] = {
        "type": problem.type_uri(),
        "title": problem.title,
        "status": int(problem.status),
        "detail": problem.detail,
    }
    if problem.errors:
        document["errors"] = [error.as_json() for error in problem.errors]
    return document | dict(problem.members)


def told_problem(document: Mapping[str, Any]) -> ProblemError:
    """Return the problem that `problem_members` told of, to be answered with again."""
    kind = next((one for one in PROBLEMS if one.type_uri() == document["type"]), InternalError)
    errors = [Detail(**one) for one in document.get("errors", ())]
    problem = kind(str(document["detail"]), errors=errors)
    shown = problem_members(problem)
    problem.members = MappingProxyType(
        {name: value for name, value in document.items() if name not in shown}
    )
    return problem


def problem_response(problem: ProblemError, scope: Scope) -> Response:
    """Return the one shape every fault has.

    Parameters
    ----------
    problem
        What to say.
    scope
        The ASGI scope: its path is the ``instance``, its state has the request id.
    """
    document = {
        **problem_members(problem),
        "instance": scope.get("path", ""),
        "request_id": scope.get("state", {}).get("request_id"),
    }
    # ensure_ascii also keeps text that is no Unicode (a lone surrogate of the path) writable.
    return Response(
        json.dumps(document),
        status_code=int(problem.status),
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )
