"""How projects are reviewed, as the parameters of a request say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Query

from service.core.parameters import AsOfDate
from service.core.text_formats import PACKS, of_format
from spatial.policy.review.stages import STAGES

StageName = StrEnum("StageName", {name.upper(): name for name in STAGES})  # type: ignore[misc]  # the table says which there are


@dataclass(frozen=True)
class Question:
    """How projects are reviewed.

    Parameters
    ----------
    stage
        None for each project's own.
    pack_ids
        None named: those whose region holds a project's area.
    neighbours
        True to ask which of the stored districts gain or lose coverage.
    illustration
        True to store a review under packs outside whose region the project lies.
    """

    stage: str | None
    pack_ids: tuple[str, ...]
    as_of: date
    shrink_tolerance: Decimal | None = None
    neighbours: bool = False
    illustration: bool = False


async def read_question(
    stage: Annotated[StageName | None, Query(description="Default each project's own")] = None,
    pack: Annotated[
        str | None,
        Query(
            description="Pack ids, separated by commas; default those whose region holds the "
            "project's area",
            json_schema_extra=of_format(PACKS),
        ),
    ] = None,
    as_of: Annotated[
        AsOfDate | None, Query(description="Day the projects are seen on; default today")
    ] = None,
    shrink_tolerance: Annotated[
        Decimal | None,
        Query(
            ge=0,
            lt=1,
            allow_inf_nan=False,
            description="Share by which what is built may fall short of what was approved",
        ),
    ] = None,
    neighbours: Annotated[  # noqa: FBT002  # a query parameter
        bool, Query(description="Tell which stored districts around gain or lose coverage")
    ] = False,
    illustration: Annotated[  # noqa: FBT002  # a query parameter
        bool,
        Query(description="Store a review under packs outside whose region the project lies"),
    ] = False,
) -> Question:
    """Return how projects are reviewed."""
    return Question(
        stage=None if stage is None else stage.value,
        pack_ids=() if pack is None else tuple(dict.fromkeys(pack.split(","))),
        as_of=as_of or date.today(),  # noqa: DTZ011  the day where the service stands
        shrink_tolerance=shrink_tolerance,
        neighbours=neighbours,
        illustration=illustration,
    )


QuestionDependency = Annotated[Question, Depends(read_question)]
