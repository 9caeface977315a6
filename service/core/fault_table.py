"""The one table from the faults of other layers to the problems a caller may see."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import psycopg.errors
import sqlalchemy.exc
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.core.errors.catalogue import PROBLEMS
from service.core.errors.problem import RETRY, Detail, ProblemError, pointer, problem_response
from service.core.errors.request import BadRequestError, InvalidBodyError, InvalidParameterError
from service.core.errors.server import InternalError, TooSlowError, UnavailableError
from service.core.errors.state import ConflictError
from service.core.usage import MissingLibraryFault
from spatial.errors import InputError, InputFaults, NetworkError


def as_problem(error: Exception) -> ProblemError:
    """Translate any exception into the problem a caller may see.

    The first matching line of the table holds, so a subclass stands above its base.
    An exception that is not listed becomes `InternalError`, without its text.
    """
    if isinstance(error, ProblemError):
        return error
    for kind, translate in _TABLE:
        if isinstance(error, kind):
            return translate(error)
    return InternalError("The request could not be completed.")


def handle_error(request: Request, error: Exception) -> Response:
    """Answer a listed exception; the signature Starlette asks for."""
    return problem_response(as_problem(error), request.scope)


def _http_exception(error: Exception) -> ProblemError:
    # Raised by Starlette's router for unknown addresses and methods.
    if not isinstance(error, HTTPException):
        return InternalError("The request could not be completed.")
    for kind in PROBLEMS:
        if kind.status == error.status_code:
            return kind(f"{HTTPStatus(error.status_code).phrase}.", headers=error.headers)
    return BadRequestError("The request cannot be used.", headers=error.headers)


def _validation(error: Exception) -> ProblemError:
    if not isinstance(error, RequestValidationError):
        return InternalError("The request could not be completed.")
    details = []
    for fault in error.errors():
        place, *rest = [str(part) for part in fault["loc"]]
        message = str(fault["msg"]).removeprefix("Value error, ")
        if place == "body":
            details.append(Detail(message, pointer=pointer(*rest)))
        elif place == "header":
            details.append(Detail(message, header=".".join(rest)))
        else:
            details.append(Detail(message, parameter=".".join(rest)))
    first = details[0]
    place = first.parameter or first.header or first.pointer or "body"
    return InvalidParameterError(f"{place}: {first.detail}", errors=details)


def _input_faults(error: Exception) -> ProblemError:
    faults = error.faults if isinstance(error, InputFaults) else ()
    details = [
        Detail(
            fault.message,
            pointer=""
            if fault.row is None
            else pointer("features", fault.row - 1, *([fault.field] if fault.field else [])),
        )
        for fault in faults
    ]
    return InvalidBodyError.listing(details)


def _input_error(error: Exception) -> ProblemError:
    # Texts of the analysis are one line fit for a user (spatial.errors).
    return BadRequestError(str(error))


def _network_error(error: Exception) -> ProblemError:
    return ConflictError(f"The stored street network cannot be used: {error}")


def _integrity(_error: Exception) -> ProblemError:
    return ConflictError("The change contradicts data that are already stored.")


def _data(_error: Exception) -> ProblemError:
    return BadRequestError("A value is outside of what can be stored or looked up.")


def _operational(error: Exception) -> ProblemError:
    cause = getattr(error, "orig", None)
    if isinstance(cause, psycopg.errors.QueryCanceled):
        return TooSlowError(
            "The query takes longer than the service lets one take; ask for less: "
            "a smaller box, a simpler filter."
        )
    return _unavailable(error)


def _unavailable(_error: Exception) -> ProblemError:
    return UnavailableError(
        "The database cannot be reached or is overloaded; try again later.",
        headers=RETRY,
    )


def _missing_library(error: Exception) -> ProblemError:
    return UnavailableError(f"{error}.")


_TABLE: Final[tuple[tuple[type[Exception], Callable[[Exception], ProblemError]], ...]] = (
    (RequestValidationError, _validation),
    (HTTPException, _http_exception),
    (InputFaults, _input_faults),
    (InputError, _input_error),
    (NetworkError, _network_error),
    (MissingLibraryFault, _missing_library),
    (sqlalchemy.exc.IntegrityError, _integrity),
    (sqlalchemy.exc.DataError, _data),
    (sqlalchemy.exc.OperationalError, _operational),
    (sqlalchemy.exc.TimeoutError, _unavailable),
)

HANDLED: Final[tuple[type[Exception], ...]] = (ProblemError, *(kind for kind, _ in _TABLE))
"""The exceptions an application registers `handle_error` for; all others are defects."""
