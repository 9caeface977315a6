"""What a run found, read back: queries for its parts, and frames of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from sqlalchemy import ColumnElement, Connection, Double, Select, Table, and_, cast, func, select

from service.core import history
from service.core.rows import columns_of, object_array
from service.core.schema import VERSIONED
from service.evaluations.stored_evaluation import StoredEvaluation, get
from service.evaluations.tables import EVALUATION_AREA, EVALUATION_DISTRICT, FINDING
from spatial.fields import AREAS, PARKS
from spatial.policy.evaluation import Evaluation
from spatial.policy.findings import (
    AREA_COLUMNS,
    AREA_COUNTS,
    AREA_NUMBERS,
    AREA_YEARS,
    FINDING_COLUMNS,
    NUMBER_COLUMNS,
)

# Level of the rows of industrial parks, which are no areas.
PARK_LEVEL: Final = "park"
DISTRICT_COLUMNS = (
    "id",
    "name",
    "stage",
    "households",
    "community",
    "flag",
    "rank",
    "households_concerned",
)


def load_evaluation(connection: Connection, evaluation_id: str) -> Evaluation | None:
    """Read a run back as it was computed; None when there is none."""
    stored = get(connection, evaluation_id)
    if stored is None:
        return None
    return Evaluation(
        pack_versions=stored.pack_versions,
        as_of=stored.as_of,
        region=stored.region,
        districts=district_frame(connection, district_query(evaluation_id)),
        findings=finding_frame(connection, finding_query(evaluation_id)).drop(columns="number"),
        areas=area_frame(connection, area_query(stored)),
        warnings=stored.warnings,
        seconds=stored.seconds,
    )


def district_query(evaluation_id: str) -> Select[Any]:
    """Select what `district_frame` reads, in rank order."""
    table = EVALUATION_DISTRICT.c
    return (
        select(
            table.district_id.label("id"),
            *(table[name] for name in DISTRICT_COLUMNS[1:]),
            func.ST_AsBinary(table.geometry).label("geometry"),
        )
        .where(table.evaluation_id == evaluation_id)
        .order_by(table.rank)
    )


def district_frame(connection: Connection, query: Select[Any]) -> GeoDataFrame:
    """Read districts of a run: the columns of `Evaluation.districts`, EPSG:4326."""
    columns = columns_of(connection, query)
    data = _objects(columns)
    for name in ("households", "households_concerned"):
        data[name] = pd.array(list(columns[name]), dtype="Int64")
    data["rank"] = np.array(columns["rank"], dtype=np.int64)
    data["geometry"] = shapely.from_wkb(data["geometry"])
    return GeoDataFrame(data, geometry="geometry", crs="EPSG:4326")


def finding_query(evaluation_id: str) -> Select[Any]:
    """Select what `finding_frame` reads, in the order of the evaluation."""
    return (
        select(
            FINDING.c.number,
            *(
                _number(FINDING, n) if n in NUMBER_COLUMNS else FINDING.c[n]
                for n in FINDING_COLUMNS
            ),
        )
        .where(FINDING.c.evaluation_id == evaluation_id)
        .order_by(FINDING.c.number)
    )


def finding_frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """Read findings of a run: ``number``, `FINDING_COLUMNS`, and ``geometry`` where selected."""
    columns = columns_of(connection, query)
    data = _objects(columns)
    data |= {name: np.array(columns[name], dtype=np.float64) for name in NUMBER_COLUMNS}
    data["near_threshold"] = np.array(columns["near_threshold"], dtype=bool)
    data["number"] = np.array(columns["number"], dtype=np.int64)
    if "geometry" in data:
        data["geometry"] = shapely.from_wkb(data["geometry"])
        return GeoDataFrame(data, geometry="geometry", crs="EPSG:4326")
    return pd.DataFrame(data)


def area_query(stored: StoredEvaluation) -> Select[Any]:
    """Select what `area_frame` reads: the rows, with the geometries areas and parks had then."""
    table, area, park = EVALUATION_AREA, VERSIONED[AREAS.name], VERSIONED[PARKS.name]
    is_park = table.c.level.is_not_distinct_from(PARK_LEVEL)
    same_area = and_(~is_park, area.c.code == table.c.code)
    same_park = and_(is_park, park.c.id == table.c.code)
    return (
        select(
            *(_number(table, n) if n in AREA_NUMBERS else table.c[n] for n in AREA_COLUMNS),
            func.ST_AsBinary(func.coalesce(area.c.geometry, park.c.geometry)).label("geometry"),
        )
        .select_from(table)
        .outerjoin(area, and_(same_area, *history.at_moment(area, stored.moment)))
        .outerjoin(park, and_(same_park, *history.at_moment(park, stored.moment)))
        .where(table.c.evaluation_id == stored.id)
        .order_by(table.c.number)
    )


def area_frame(connection: Connection, query: Select[Any]) -> GeoDataFrame:
    """Read area rows of a run: the columns of `Evaluation.areas`, EPSG:4326."""
    columns = columns_of(connection, query)
    data = _objects(columns)
    data |= {name: np.array(columns[name], dtype=np.float64) for name in AREA_NUMBERS}
    for name in (*AREA_COUNTS, *AREA_YEARS):
        data[name] = pd.array(list(columns[name]), dtype="Int64")
    data["geometry"] = shapely.from_wkb(data["geometry"])
    return GeoDataFrame(data, geometry="geometry", crs="EPSG:4326")


def _number(table: Table, name: str) -> ColumnElement[Any]:
    """Read a stored decimal as the float it came from: its shortest text was stored."""
    return cast(table.c[name], Double).label(name)


def _objects(columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Keep values as Python objects: pandas would turn texts into its own, and None into NaN."""
    return {name: pd.Series(object_array(values), dtype=object) for name, values in columns.items()}
