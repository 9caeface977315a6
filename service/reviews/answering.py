"""Computing the answer to one request for reviews, from the bytes it came with to those it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from service.core.errors.problem import ProblemError
from service.core.fault_table import HANDLED, as_problem
from service.core.json_answer import json_answer
from service.core.json_input import parse_json
from service.core.keys import Principal
from service.core.language import Language
from service.core.resources import Resources, build_resources
from service.core.settings import Settings
from service.evaluations.identity import code_version
from service.reviews import storage
from service.reviews.batch import (
    PROJECTS,
    batch_answer,
    is_batch,
    review_batch,
    store_batch,
    store_reviewed,
)
from service.reviews.freezing import answer
from service.reviews.in_use import read_in_use
from service.reviews.presentation import review_answer
from service.reviews.question import Question
from service.reviews.reviewing import Reviewer, require_storable
from spatial.errors import SpatialError

_A_BATCH_SAYS: Final = f'"{PROJECTS}"'.encode()


@dataclass(frozen=True)
class ReviewRequest:
    """All that the answer depends on, besides what is stored.

    Parameters
    ----------
    body
        JSON, as it came.
    path
        The address asked; that of a stored review begins with it.
    dry_run
        True to store nothing.
    partial
        True to store the good ones of several projects where others are bad.
    """

    body: bytes
    principal: Principal
    question: Question
    language: Language
    path: str
    dry_run: bool
    partial: bool

    @property
    def may_be_batch(self) -> bool:
        """Whether it may be of several projects, told without reading it: only a guess."""
        return _A_BATCH_SAYS in self.body


def answer_request(resources: Resources, request: ReviewRequest) -> Response:
    """Review the projects of a request and store the reviews, where that is asked for.

    Raises
    ------
    ProblemError
        With what is wrong with the request.
    """
    document = parse_json(request.body)
    language, question = request.language, request.question
    with resources.reading() as connection:
        reviewer = Reviewer.of(
            connection, resources=resources, principal=request.principal, question=question
        )
        instant = reviewer.in_use.instant
        if is_batch(document):
            batch = review_batch(reviewer, document, store=not request.dry_run)
        else:
            reviewed = reviewer.review(document, prefix="")
    if is_batch(document):
        status = HTTPStatus.OK
        if not request.dry_run:
            status = HTTPStatus.MULTI_STATUS if request.partial else HTTPStatus.CREATED
            with resources.writing() as connection:
                batch = store_batch(
                    connection,
                    batch,
                    partial=request.partial,
                    data_instant=instant,
                    actor=request.principal,
                )
        return json_answer(batch_answer(batch, lang=language), language, status=status)
    if request.dry_run:
        return json_answer(answer(reviewed.found, reviewed.case.around, lang=language), language)
    require_storable(reviewed, question)
    with resources.writing() as connection:
        review_id = store_reviewed(
            connection, reviewed, data_instant=instant, actor=request.principal
        )
        stored = storage.find(connection, review_id, request.principal)
    return json_answer(
        review_answer(stored, lang=language),
        language,
        status=HTTPStatus.CREATED,
        headers={"Location": f"{request.path}/{review_id}"},
    )


def build_answering(settings: Settings) -> Callable[[ReviewRequest], Response | ProblemError]:
    """Return what answers in worker processes, with what every review needs in memory already.

    Problems are returned, as the text of an exception would not survive the way to the service.
    """
    # A review holds one connection at a time.
    database = settings.database.model_copy(update={"pool_size": 1})
    resources = build_resources(settings.model_copy(update={"database": database}))
    _read_ahead(resources)
    # Of the code that runs, not of what an update may have put there when a later copy asks.
    code_version()
    # A connection cannot be shared with the copies.
    resources.engine.dispose()

    def answering(request: ReviewRequest) -> Response | ProblemError:
        try:
            return answer_request(resources, request)
        except HANDLED as fault:
            return as_problem(fault)

    return answering


def _read_ahead(resources: Resources) -> None:
    try:
        with resources.reading() as connection:
            in_use = read_in_use(connection)
            resources.pack_cache.of(connection, in_use.packs)
            if in_use.network is not None:
                resources.network_cache.load(connection, in_use.network)
    except (SQLAlchemyError, SpatialError) as fault:
        # Whoever asks for a review will be told properly.
        resources.logger.warning("not warmed up", reason=type(fault).__name__)
