"""Faults of the stored state: what a request names is not there, or not as it takes it to be."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from service.core.errors.problem import ProblemError

_PROCESSES: Final = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"


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


class PreconditionRequiredError(ProblemError):
    """If-Match is missing: without it two editors could overwrite each other unseen."""

    status = HTTPStatus.PRECONDITION_REQUIRED
    slug = "precondition-required"
    title = "If-Match is needed"
