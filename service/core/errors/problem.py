"""One problem, as RFC 9457 tells of it: what is wrong, with which values, in one shape."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from starlette.responses import Response
from starlette.types import Scope

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "/problems/"


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
