"""Writing an evaluation to the database and reading it back whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    MetaData,
    Select,
    Table,
    and_,
    cast,
    func,
    insert,
    select,
)

from service.core import history
from service.core.copying import copy_rows
from service.core.ewkb import hex_ewkb
from service.core.history import Moment
from service.core.rows import columns_of, object_array
from service.core.schema import VERSIONED
from service.evaluations.identity import Basis, EvaluationRequest, code_version
from service.evaluations.tables import (
    AREA_COUNTS,
    AREA_LISTS,
    AREA_NUMBERS,
    AREA_YEARS,
    EVALUATION,
    EVALUATION_AREA,
    EVALUATION_DISTRICT,
    FINDING,
    PARTITION_SCHEMA,
)
from spatial.fields import AREAS, PARKS
from spatial.policy.evaluation import Evaluation
from spatial.policy.findings import (
    AREA_COLUMNS,
    FINDING_COLUMNS,
    LIST_COLUMNS,
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


@dataclass(frozen=True)
class StoredEvaluation:
    """A run as it is listed: what it rests on, without its findings.

    Parameters
    ----------
    pack_versions
        Version of each pack by its id, in the order evaluated.
    data_instant
        The data as they were at this instant were judged.
    """

    id: str
    pack_versions: Mapping[str, str]
    network_version: str | None
    as_of: date
    area: str | None
    parameters: Mapping[str, Any]
    data_instant: datetime
    code_version: str
    region: Mapping[str, str]
    warnings: tuple[str, ...]
    seconds: Mapping[str, float]
    created_at: datetime
    created_by: str

    @property
    def moment(self) -> Moment:
        """The versions of the data that were judged."""
        return Moment(known_at=self.data_instant, valid_on=self.as_of)


def copy_results(
    connection: Connection,
    evaluation_id: str,
    evaluation: Evaluation,
    *,
    areas_of: Mapping[str, Sequence[str]],
) -> None:
    """Fill and seal the partitions of a run, in the caller's transaction.

    Parameters
    ----------
    areas_of
        Codes of the areas of each district, by district id.
    """
    connection.execute(select(func.prepare_run(evaluation_id)))
    districts, findings, areas = evaluation.districts, evaluation.findings, evaluation.areas
    _copy(
        connection,
        EVALUATION_DISTRICT,
        evaluation_id,
        {
            "rank": districts["rank"].tolist(),
            "district_id": districts["id"].tolist(),
            "areas": [list(areas_of[key]) for key in districts["id"]],
            "geometry": hex_ewkb(np.asarray(districts.geometry.array, dtype=object)),
        }
        | {
            name: _plain(districts[name]) for name in DISTRICT_COLUMNS if name not in {"id", "rank"}
        },
    )
    _copy(
        connection,
        FINDING,
        evaluation_id,
        {"number": range(len(findings))}
        | {
            name: _json(findings[name]) if name in LIST_COLUMNS else _plain(findings[name])
            for name in FINDING_COLUMNS
        },
    )
    _copy(
        connection,
        EVALUATION_AREA,
        evaluation_id,
        {"number": range(len(areas))} | {name: _area_values(areas, name) for name in AREA_COLUMNS},
    )
    connection.execute(select(func.seal_run(evaluation_id)))


def insert_evaluation(
    connection: Connection,
    evaluation_id: str,
    evaluation: Evaluation,
    *,
    request: EvaluationRequest,
    basis: Basis,
    seconds: Mapping[str, float],
    actor: str,
) -> None:
    """Write the row of a run: from here on it exists."""
    connection.execute(
        insert(EVALUATION).values(
            id=evaluation_id,
            packs=dict(basis.pack_versions),
            network_version=basis.network_version,
            as_of=request.as_of,
            area=request.area,
            parameters=request.parameters.as_json(),
            data_instant=basis.data_instant,
            code_version=code_version(),
            region=dict(evaluation.region),
            warnings=list(evaluation.warnings),
            seconds=dict(seconds),
            created_by=actor,
        )
    )


def get(connection: Connection, evaluation_id: str) -> StoredEvaluation | None:
    """Return a run by id, or None."""
    found = _stored(connection, select(EVALUATION).where(EVALUATION.c.id == evaluation_id))
    return found[0] if found else None


def list_evaluations(
    connection: Connection, *, before: datetime | None = None, limit: int | None = None
) -> tuple[StoredEvaluation, ...]:
    """Return runs, the newest first; only those created before an instant where one is given."""
    statement = select(EVALUATION).order_by(EVALUATION.c.created_at.desc(), EVALUATION.c.id)
    if before is not None:
        statement = statement.where(EVALUATION.c.created_at < before)
    return _stored(connection, statement.limit(limit))


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


def _stored(connection: Connection, query: Select[Any]) -> tuple[StoredEvaluation, ...]:
    return tuple(
        StoredEvaluation(
            id=row.id,
            pack_versions=MappingProxyType(row.packs),
            network_version=row.network_version,
            as_of=row.as_of,
            area=row.area,
            parameters=MappingProxyType(row.parameters),
            data_instant=row.data_instant,
            code_version=row.code_version,
            region=MappingProxyType(row.region),
            warnings=tuple(row.warnings),
            seconds=MappingProxyType(row.seconds),
            created_at=row.created_at,
            created_by=row.created_by,
        )
        for row in connection.execute(query)
    )


def _copy(
    connection: Connection, table: Table, evaluation_id: str, columns: Mapping[str, Sequence[Any]]
) -> None:
    partition = Table(f"{table.name}_{evaluation_id}", MetaData(), schema=PARTITION_SCHEMA)
    size = len(next(iter(columns.values())))
    rows = zip([evaluation_id] * size, *columns.values(), strict=True)
    copy_rows(connection, partition, ["evaluation_id", *columns], rows)


def _plain(values: pd.Series[Any]) -> list[Any]:
    """Return Python values, None where missing."""
    plain = values.astype(object).to_numpy(copy=True)
    plain[values.isna().to_numpy()] = None
    listed: list[Any] = plain.tolist()
    return listed


def _area_values(areas: GeoDataFrame, name: str) -> list[Any]:
    """Return a column of area rows as COPY takes it."""
    if name in AREA_LISTS:
        return _json(areas[name])
    values = _plain(areas[name])
    if name in AREA_COUNTS or name in AREA_YEARS:
        return [None if value is None else int(value) for value in values]
    return values


def _json(values: pd.Series[Any]) -> list[str | None]:
    """Return lists as JSON text, None where missing: a frame put together may hold NaN there.

    Members of a unit share one list, which is written once.
    """
    # json.dumps with options builds an encoder for each of tens of thousands of calls.
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    written: dict[int, str] = {}
    texts: list[str | None] = []
    for value in values:
        if not isinstance(value, list):
            texts.append(None)
            continue
        if id(value) not in written:
            written[id(value)] = encode(value)
        texts.append(written[id(value)])
    return texts
