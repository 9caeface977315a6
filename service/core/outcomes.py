"""How a batch says what became of each of its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from service.core.errors.problem import Detail
from service.core.errors.request import InvalidBodyError
from service.core.errors.state import ConflictError


@dataclass(frozen=True)
class Outcome:
    """What became of one row of a body; `key` is None where it could not be read."""

    index: int
    key: str | None
    status: HTTPStatus
    errors: tuple[Detail, ...] = ()


def refuse(outcomes: Mapping[int, Outcome]) -> None:
    """Refuse a body some of whose items are bad.

    Raises
    ------
    ConflictError
        If all that is wrong is that identifiers exist already.
    InvalidBodyError
        Else, with every fault.
    """
    ordered = [outcomes[index] for index in sorted(outcomes)]
    errors = [error for outcome in ordered for error in outcome.errors]
    if all(outcome.status is HTTPStatus.CONFLICT for outcome in ordered):
        raise ConflictError(
            f"{len(ordered)} of the identifiers exist already; nothing was stored.", errors=errors
        )
    raise InvalidBodyError.listing(errors)


def outcome_items(statuses: Sequence[int], **more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of the outcomes of a batch, in its order.

    Parameters
    ----------
    statuses
        HTTP statuses an item may end with.
    more
        Schemas of what else an item may have, by name.
    """
    return {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["index", "id", "status"],
            "properties": {
                "index": {"type": "integer", "description": "Place in the body, from 0"},
                "id": {"type": ["string", "null"]},
                "status": {"enum": list(statuses)},
                **more,
                "errors": {"type": "array", "items": {"type": "object"}},
            },
        },
    }
