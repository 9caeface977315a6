"""Loading the run an address names, if the key may see it, and the filters of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import Depends, Query
from sqlalchemy import Connection, select

from service.core import scope
from service.core.errors.request import InvalidParameterError
from service.core.errors.state import NotFoundError
from service.core.keys import Principal
from service.core.paging import Page
from service.core.parameters import known_id
from service.core.resources import ResourcesDependency
from service.core.security import ViewerDependency
from service.core.text_formats import RUN_AREA, of_format
from service.evaluations import service as evaluations
from service.evaluations.service import StoredEvaluation
from service.evaluations.tables import EVALUATION_AREA
from service.packs.cache import PackCache
from spatial.policy.pack import Pack

Flag = Literal["underserved", "undetermined", "watch", "served", "not_assessed"]
Verdict = Literal[
    "met",
    "met_relaxed",
    "advise",
    "not_met",
    "not_due",
    "undetermined",
    "indicator",
    "not_applicable",
]
AreaLevel = Literal["province", "prefecture", "county", "township", "community", "park"]

# Where a run is, under /v1/evaluations.
RUN: Final = "/{evaluation_id}"
# Ranks and numbers of findings are 32-bit in the database.
_LAST_NUMBER: Final = 2**31 - 1


def load_run(
    evaluation_id: str, resources: ResourcesDependency, principal: ViewerDependency
) -> StoredEvaluation:
    """Return the run.

    Raises
    ------
    NotFoundError
        If there is none, or the key is scoped to areas and the run is of another one.
    """
    with resources.reading() as connection:
        return visible(connection, principal, evaluation_id)


def visible(connection: Connection, principal: Principal, evaluation_id: str) -> StoredEvaluation:
    """Return a run a key may see; see `load_run`."""
    stored = evaluations.get(connection, known_id(evaluation_id))
    codes = scope.area_codes(connection, principal)
    if stored is None or (codes is not None and stored.area not in codes):
        raise NotFoundError("There is no such evaluation.")
    return stored


def packs_of(
    connection: Connection, stored: StoredEvaluation, cache: PackCache
) -> tuple[Pack, ...]:
    """Return the packs of a run in the versions it was judged by."""
    return cache.of(connection, stored.pack_versions)


@dataclass(frozen=True)
class PartFilter:
    """Which districts' rows of a run are asked for."""

    flag: Flag | None
    area: str | None


def read_part_filter(
    flag: Annotated[Flag | None, Query(description="Only districts of this flag")] = None,
    area: Annotated[
        str | None,
        Query(
            description="Code of an area: only districts in it and under it",
            json_schema_extra=of_format(RUN_AREA),
        ),
    ] = None,
) -> PartFilter:
    """Return the filter asked for."""
    return PartFilter(flag, area)


def check_area(connection: Connection, stored: StoredEvaluation, area: str | None) -> None:
    """Refuse the code of an area the run knows nothing of: none found would mislead.

    Raises
    ------
    InvalidParameterError
        If the roll-up of the run has no such area.
    """
    if area is None:
        return
    table = EVALUATION_AREA.c
    known = select(table.code).where(table.evaluation_id == stored.id, table.code == area).limit(1)
    if connection.execute(known).first() is None:
        raise InvalidParameterError.of("area", "the evaluation has no such area")


def check_rule(packs: tuple[Pack, ...], rule: str | None) -> None:
    """Refuse a rule the run was not judged by.

    Raises
    ------
    InvalidParameterError
        If no pack of the run has it.
    """
    if rule is not None and not any(rule == known.id for pack in packs for known in pack.rules):
        raise InvalidParameterError.of("rule", "the evaluation has no such rule")


def number_after(page: Page) -> int | None:
    """Return the rank or number the page starts behind.

    Raises
    ------
    InvalidParameterError
        If the cursor is one of another list.
    """
    if page.after is None:
        return None
    if not (page.after.isascii() and page.after.isdecimal()) or int(page.after) > _LAST_NUMBER:
        raise InvalidParameterError.of("after", "a cursor of another list")
    return int(page.after)


RunDependency = Annotated[StoredEvaluation, Depends(load_run)]
PartFilterDependency = Annotated[PartFilter, Depends(read_part_filter)]
