"""What the ``type`` of a problem leads to: its meaning, in words."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from service.core.errors.catalogue import PROBLEMS
from service.core.errors.problem import TYPE_PREFIX
from service.core.errors.state import NotFoundError
from service.core.openapi import problems


class ProblemType(BaseModel):
    """A kind of problem."""

    type: str
    title: str
    status: int
    meaning: str


def build_router() -> APIRouter:
    """Return the route that explains a problem type; open to everyone, without data."""
    router = APIRouter(prefix=TYPE_PREFIX.rstrip("/"), tags=["problems"])

    @router.get(
        "/{slug}",
        operation_id="get_problem_type",
        summary="What a type of problem means",
        responses=problems(400, 404),
    )
    def get_problem_type(slug: str) -> ProblemType:
        for kind in PROBLEMS:
            if kind.slug == slug:
                return ProblemType(
                    type=kind.type_uri(),
                    title=kind.title,
                    status=int(kind.status),
                    meaning=(kind.__doc__ or kind.title).strip(),
                )
        raise NotFoundError("There is no such type of problem.")

    return router
