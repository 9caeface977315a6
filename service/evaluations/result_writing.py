"""Writing what an evaluation found: its districts, findings and areas, by COPY."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from sqlalchemy import Connection, MetaData, Table, func, select

from service.core.copying import copy_rows
from service.core.ewkb import hex_ewkb
from service.evaluations.result_frames import DISTRICT_COLUMNS
from service.evaluations.tables import (
    EVALUATION_AREA,
    EVALUATION_DISTRICT,
    FINDING,
    PARTITION_SCHEMA,
)
from spatial.policy.evaluation import Evaluation
from spatial.policy.findings import (
    AREA_COLUMNS,
    AREA_COUNTS,
    AREA_LISTS,
    AREA_YEARS,
    FINDING_COLUMNS,
    LIST_COLUMNS,
)


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
