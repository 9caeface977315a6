"""All districts of a run as columns, without geometries: what tables sort and maps colour by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy import Connection, func, select
from starlette.responses import Response

from service.core.geojson import encode_json
from service.core.openapi import content, problems
from service.core.resources import ResourcesDependency
from service.evaluations.dependencies import RunDependency
from service.evaluations.tables import EVALUATION_DISTRICT, FINDING
from spatial.policy.findings import VERDICTS

_COLUMNS: Final = (
    "id",
    "rank",
    "name",
    "stage",
    "households",
    "community",
    "flag",
    "households_concerned",
)
# Enough for a map to fly to: about a metre.
_DECIMALS: Final = 5
_TEXTS: Final = {"type": "array", "items": {"type": ["string", "null"]}}
_NUMBERS: Final = {"type": "array", "items": {"type": ["integer", "null"]}}
TABLE_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "description": "The districts of a run in rank order, a list for each column",
        "required": ["evaluation", "districts", *_COLUMNS, "bbox", "place", "verdicts"],
        "properties": {
            "evaluation": {"type": "string"},
            "districts": {"type": "integer"},
            **dict.fromkeys(("id", "name", "stage", "community", "flag"), _TEXTS),
            **dict.fromkeys(("rank", "households", "households_concerned"), _NUMBERS),
            "bbox": {
                "type": "array",
                "description": "West, south, east and north of each district, degrees",
                "items": {"type": "array", "items": {"type": "number"}},
            },
            "place": {
                "type": "array",
                "description": "Longitude and latitude of a point inside each district",
                "items": {"type": "array", "items": {"type": "number"}},
            },
            "verdicts": {
                "type": "object",
                "description": "By rule, the verdict on each district; null where it is not judged",
                "additionalProperties": _TEXTS,
            },
        },
    }
)


def build_router() -> APIRouter:
    """Return the route of the table."""
    router = APIRouter(prefix="/evaluations", tags=["evaluations"])

    @router.get(
        "/{evaluation_id}/table",  # noqa: FAST003  read by the dependency
        operation_id="get_evaluation_table",
        summary="Read all districts of a run at once, without geometries",
        response_class=Response,
        responses={
            200: content("application/json", "DistrictTable", "A list for each column"),
            **problems(400, 401, 404),
        },
    )
    def get_table(stored: RunDependency, resources: ResourcesDependency) -> Response:
        with resources.reading() as connection:
            document = district_table(connection, stored.id)
        return Response(encode_json(document), media_type="application/json")

    return router


def district_table(connection: Connection, evaluation_id: str) -> dict[str, Any]:
    """Read the districts of a run with the verdict of each rule about them.

    Returns
    -------
    Lists of equal length in rank order; see `TABLE_SCHEMA`.
    """
    table = EVALUATION_DISTRICT.c
    inside = func.ST_PointOnSurface(table.geometry)
    places = (
        *(
            getattr(func, name)(table.geometry)
            for name in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
        ),
        func.ST_X(inside),
        func.ST_Y(inside),
    )
    rows = connection.execute(
        select(table.district_id, *(table[name] for name in _COLUMNS[1:]), *places)
        .where(table.evaluation_id == evaluation_id)
        .order_by(table.rank)
    ).all()
    width = len(_COLUMNS)
    columns = {name: [row[number] for row in rows] for number, name in enumerate(_COLUMNS)}
    place = {identifier: number for number, identifier in enumerate(columns["id"])}
    return {
        "evaluation": evaluation_id,
        "districts": len(rows),
        **columns,
        "bbox": [[round(value, _DECIMALS) for value in row[width : width + 4]] for row in rows],
        "place": [[round(value, _DECIMALS) for value in row[width + 4 :]] for row in rows],
        "verdicts": _verdicts(connection, evaluation_id, place),
    }


def _verdicts(
    connection: Connection, evaluation_id: str, place: Mapping[str, int]
) -> dict[str, list[str | None]]:
    finding = FINDING.c
    query = select(finding.rule, finding.district_id, finding.verdict).where(
        finding.evaluation_id == evaluation_id
    )
    # One string for each verdict, however many rows have it.
    known = {verdict: verdict for verdict in VERDICTS}
    found: dict[str, list[str | None]] = {}
    for rule, district, verdict in connection.execute(query.order_by(finding.number)):
        column = found.get(rule)
        if column is None:
            column = found[rule] = [None] * len(place)
        column[place[district]] = known[verdict]
    return found
