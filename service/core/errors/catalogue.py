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

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from service.core.errors.limits import (
    ResultTooLargeError,
    TooLargeError,
    TooLongError,
    TooManyDistrictsError,
    TooManyJobsError,
    TooManyOriginsError,
    TooManyRowsError,
)
from service.core.errors.problem import Detail, ProblemError, problem_members
from service.core.errors.request import (
    BadRequestError,
    InvalidBodyError,
    InvalidParameterError,
    MethodNotAllowedError,
    SlowBodyError,
    UnknownHostError,
    UnknownParameterError,
    UnsupportedMediaTypeError,
)
from service.core.errors.rights import CrossSiteError, ForbiddenError, UnauthorizedError
from service.core.errors.server import InternalError, TooSlowError, UnavailableError
from service.core.errors.state import (
    ConflictError,
    GoneError,
    NoSuchJobError,
    NoSuchProcessError,
    NotFoundError,
    PreconditionFailedError,
    PreconditionRequiredError,
    ResultNotReadyError,
)

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
