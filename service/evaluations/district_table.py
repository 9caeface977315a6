"""All districts of a run as columns: light enough to sort and filter where they are shown."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, and_, func, select

from service.evaluations.tables import EVALUATION_DISTRICT, FINDING

_PLAIN: Final = (
    "rank",
    "name",
    "stage",
    "households",
    "community",
    "flag",
    "households_concerned",
)
# About 0.1 m: enough to fly to a district.
_DECIMALS: Final = 6


def district_table(connection: Connection, evaluation_id: str) -> dict[str, Any]:
    """Read every district of a run, in rank order, column by column.

    Returns
    -------
    ``id, rank, name, stage, households, community, flag, households_concerned`` and ``bbox`` (west,
    south, east, north) and ``place`` (a point on the district), degrees: lists of one length.
    ``verdicts`` holds such a list for each rule, in the order of the packs; None where the rule
    says nothing of a district.
    """
    district, finding = EVALUATION_DISTRICT.c, FINDING.c
    shape, inside = district.geometry, func.ST_PointOnSurface(district.geometry)
    rows = connection.execute(
        select(
            district.district_id,
            *(district[name] for name in _PLAIN),
            *(
                getattr(func, f"ST_{corner}")(shape).label(corner)
                for corner in ("XMin", "YMin", "XMax", "YMax")
            ),
            func.ST_X(inside).label("lon"),
            func.ST_Y(inside).label("lat"),
        )
        .where(district.evaluation_id == evaluation_id)
        .order_by(district.rank)
    ).all()
    table: dict[str, Any] = {"id": [row.district_id for row in rows]}
    table |= {name: [getattr(row, name) for row in rows] for name in _PLAIN}
    table["bbox"] = [_rounded(row.XMin, row.YMin, row.XMax, row.YMax) for row in rows]
    table["place"] = [_rounded(row.lon, row.lat) for row in rows]
    place = {row.rank: number for number, row in enumerate(rows)}
    found = connection.execute(
        select(
            finding.rule,
            func.array_agg(district.rank).label("ranks"),
            func.array_agg(finding.verdict).label("verdicts"),
        )
        .join_from(
            FINDING,
            EVALUATION_DISTRICT,
            and_(
                district.evaluation_id == finding.evaluation_id,
                district.district_id == finding.district_id,
            ),
        )
        .where(finding.evaluation_id == evaluation_id, district.evaluation_id == evaluation_id)
        .group_by(finding.rule)
        .order_by(func.min(finding.number))
    )
    verdicts: dict[str, list[str | None]] = {}
    for row in found:
        column: list[str | None] = [None] * len(rows)
        for rank, verdict in zip(row.ranks, row.verdicts, strict=True):
            column[place[rank]] = verdict
        verdicts[row.rule] = column
    return {**table, "verdicts": verdicts}


def _rounded(*degrees: float) -> list[float]:
    return [round(one, _DECIMALS) for one in degrees]
