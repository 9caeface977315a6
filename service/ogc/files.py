"""A page of features as a file: CSV, FlatGeobuf, GeoParquet, by the writers of exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from sqlalchemy import Connection

from service.core.language import Language
from service.core.rows import object_array
from service.exports.columns import Column, ColumnKind
from service.exports.headings import Heading
from service.exports.package import CHUNK_ROWS, Package, Table
from service.exports.systems import LONLAT, OutputSystem, output_system
from service.ogc.asking import Asked
from service.ogc.collection import GEOMETRY, Collection
from service.ogc.crs import STORED_SRID, ReferenceSystem
from service.ogc.negotiation import Form
from service.ogc.properties import Kind
from service.ogc.selecting import row_query

_KINDS: Final[Mapping[Kind, ColumnKind]] = MappingProxyType(
    {
        Kind.TEXT: ColumnKind.TEXT,
        Kind.INTEGER: ColumnKind.INTEGER,
        Kind.NUMBER: ColumnKind.NUMBER,
        Kind.BOOLEAN: ColumnKind.BOOLEAN,
        Kind.DATE: ColumnKind.DATE,
        Kind.INSTANT: ColumnKind.TEXT,
        Kind.LIST: ColumnKind.JSON,
        Kind.DOCUMENT: ColumnKind.JSON,
        Kind.GEOMETRY: ColumnKind.POINTS,
    }
)


def page_package(
    connection: Connection,
    collection: Collection,
    asked: Asked,
    *,
    notices: tuple[str, ...],
    language: Language,
) -> Package:
    """Return a page of features as a package of one table, read while it is written.

    Parameters
    ----------
    notices
        What must be said of the data.
    """
    columns = tuple(
        Column(one.name, _KINDS[one.kind], Heading(one.name, one.name, 16))
        for one in collection.properties
    )
    table = Table(
        collection.id,
        Heading(collection.title, collection.title, 0),
        columns,
        lambda: _frames(connection, collection, asked),
        missing_places=True,
        key=next((one.name for one in collection.properties if one.role == "id"), None),
    )
    return Package((table,), notices, language, file_system(asked.system, asked.form))


def file_system(system: ReferenceSystem, form: Form) -> OutputSystem:
    """Return the system a file is written in.

    FlatGeobuf and GeoParquet have easting or longitude first, whatever the system says, and
    declare it; the coordinates of CSV, which declares nothing, have the order of the system.
    """
    code = None if system.srid == STORED_SRID else f"EPSG:{system.srid}"
    found = output_system(code, option="crs")
    if form != "csv" or not system.north_first:
        return found
    convert = found.convert

    def flipped(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        brought = lonlat if convert is None else convert(lonlat)
        return np.ascontiguousarray(brought[:, ::-1])

    return replace(LONLAT if convert is None else found, convert=flipped)


def _frames(connection: Connection, collection: Collection, asked: Asked) -> Iterator[pd.DataFrame]:
    query = row_query(collection, asked)
    names = [column.name for column in query.selected_columns]
    shapes = {one.name for one in collection.properties if one.kind is Kind.GEOMETRY}
    with connection.execute(query, execution_options={"yield_per": CHUNK_ROWS}) as rows:
        for block in rows.partitions():
            columns: dict[str, Any] = dict(zip(names, zip(*block, strict=True), strict=True))
            data = {
                name: pd.Series(
                    shapely.from_wkb(object_array(values))
                    if name in shapes
                    else object_array(values),
                    dtype=object,
                )
                for name, values in columns.items()
                if name != GEOMETRY
            }
            places = shapely.from_wkb(object_array(columns[GEOMETRY]))
            yield GeoDataFrame(data, geometry=places, crs="EPSG:4326")
