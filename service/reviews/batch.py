"""Several projects in one request, each with a status of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypeGuard

from sqlalchemy import Connection

from service.core.errors.problem import Detail, pointer
from service.core.errors.request import InvalidBodyError
from service.core.errors.rights import ForbiddenError
from service.core.json_input import Json
from service.core.keys import Principal
from service.core.language import Language
from service.reviews.freezing import answer, freeze
from service.reviews.reviewing import PROJECT, Reviewed, Reviewer, require_storable
from service.reviews.storage import store_review

PROJECTS: Final = "projects"
MAX_PROJECTS: Final = 100


@dataclass(frozen=True, eq=False)
class Item:
    """What became of one project of a batch.

    Parameters
    ----------
    project
        Its id, where one could be read.
    reviewed
        None where it cannot be used; `errors` then say why.
    review
        Id of the stored review.
    """

    index: int
    project: str | None
    status: HTTPStatus
    reviewed: Reviewed | None = None
    errors: tuple[Detail, ...] = ()
    review: str | None = None


def is_batch(document: Json) -> TypeGuard[dict[str, Json]]:
    """Tell whether a body holds several projects."""
    return isinstance(document, dict) and PROJECTS in document


def review_batch(reviewer: Reviewer, document: dict[str, Json], *, store: bool) -> list[Item]:
    """Review several projects.

    Parameters
    ----------
    store
        True where they are to be stored: what may not be is refused here already.

    Raises
    ------
    InvalidBodyError
        If the body is no batch, or one of too many.
    """
    others = [name for name in document if name != PROJECTS]
    if others:
        raise InvalidBodyError.of(
            pointer(others[0]), "a batch has the member projects and no other"
        )
    projects = document[PROJECTS]
    if not isinstance(projects, list) or not projects:
        raise InvalidBodyError.of("/projects", "expected a list of at least one project")
    if len(projects) > MAX_PROJECTS:
        raise InvalidBodyError.of(
            "/projects", f"{len(projects)} projects; at most {MAX_PROJECTS} in one request"
        )
    return [_item(reviewer, index, body, store=store) for index, body in enumerate(projects)]


def store_batch(
    connection: Connection,
    items: Sequence[Item],
    *,
    partial: bool,
    data_instant: datetime,
    actor: Principal,
) -> list[Item]:
    """Store the reviews of a batch, in the caller's transaction.

    Parameters
    ----------
    partial
        True keeps the good ones where others are bad; False keeps all or none.

    Raises
    ------
    InvalidBodyError
        Without `partial`, if one is bad: with the faults of all.
    """
    errors = [error for item in items for error in item.errors]
    if errors and not partial:
        raise InvalidBodyError.listing(errors)
    return [
        item
        if item.reviewed is None
        else replace(
            item,
            status=HTTPStatus.CREATED,
            review=store_reviewed(
                connection, item.reviewed, data_instant=data_instant, actor=actor
            ),
        )
        for item in items
    ]


def store_reviewed(
    connection: Connection, reviewed: Reviewed, *, data_instant: datetime, actor: Principal
) -> str:
    """Freeze a review and store it; return its id."""
    case, found = reviewed.case, reviewed.found
    return store_review(
        connection,
        case,
        found,
        freeze(case, found),
        data_instant=data_instant,
        project_version=reviewed.project_version,
        actor=actor,
    )


def batch_answer(items: Sequence[Item], *, lang: Language) -> dict[str, Any]:
    """Say what became of each project, in order."""
    refused = sum(1 for item in items if item.reviewed is None)
    return {
        "reviewed": len(items) - refused,
        "refused": refused,
        "items": [_shown(item, lang) for item in items],
    }


def _shown(item: Item, lang: Language) -> dict[str, Any]:
    members: dict[str, Any] = {
        "index": item.index,
        "id": item.project,
        "status": int(item.status),
    }
    if item.reviewed is None:
        return {**members, "errors": [error.as_json() for error in item.errors]}
    review = answer(item.reviewed.found, item.reviewed.case.around, lang=lang)
    if item.review is not None:
        review = {"id": item.review, **review}
    return {**members, "review": review}


def _item(reviewer: Reviewer, index: int, body: Json, *, store: bool) -> Item:
    prefix = pointer(PROJECTS, index)
    name = _name(body)
    try:
        reviewed = reviewer.review(body, prefix=prefix)
        if store:
            require_storable(reviewed, reviewer.question)
    except (InvalidBodyError, ForbiddenError) as error:
        errors = error.errors or (Detail(error.detail, pointer=prefix),)
        return Item(index, name, error.status, errors=tuple(errors))
    return Item(index, name, HTTPStatus.OK, reviewed)


def _name(body: Json) -> str | None:
    inner = body.get(PROJECT, body) if isinstance(body, dict) else None
    name = inner.get("id") if isinstance(inner, dict) else None
    return name if isinstance(name, str) else None
