"""What is stored, as tables to write: layers of features and the edges of street networks.

Rows are read in pages by key, so that no more than one page is in memory; the caller's
transaction must be one snapshot (REPEATABLE READ), or a page could see another state than the
one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame
from sqlalchemy import ColumnElement, Connection, func, select

from service.core import history, scope
from service.core.keys import Principal
from service.core.notices import notices
from service.core.rows import columns_of, object_array
from service.core.schema import NETWORK, NETWORK_EDGE, VERSIONED
from service.exports.content import Language
from service.exports.field_headings import TITLES
from service.exports.layer_tables import EDGE_COLUMNS, layer_columns, layer_style
from service.exports.layer_tables import NETWORK as NETWORK_NAME
from service.exports.package import CHUNK_ROWS, Package, Table
from service.exports.systems import LONLAT, OutputSystem
from service.networks.service import latest
from spatial.errors import InputError
from spatial.fields import AREAS, Layer

BBox = tuple[float, float, float, float]

_STRUCTURES: Final = np.array([None, "bridge", "tunnel"], dtype=object)


@dataclass(frozen=True)
class Wanted:
    """Which rows to write.

    Parameters
    ----------
    principal
        Whose key it is; rows outside its scope are left out.
    area
        Code of an area: only what is in it and under it; None means everywhere.
    bbox
        Only what touches west, south, east, north, degrees in EPSG:4326.
    filters
        Field name to the value it must equal.
    """

    principal: Principal
    area: str | None = None
    bbox: BBox | None = None
    filters: Mapping[str, object] | None = None

    @property
    def within(self) -> Principal | None:
        """Whoever sees just the area; None where none is named."""
        if self.area is None:
            return None
        return Principal(id=self.principal.id, name="", role="viewer", areas=(self.area,))


def layer_package(
    connection: Connection,
    layer: Layer,
    *,
    wanted: Wanted,
    lang: Language,
    system: OutputSystem = LONLAT,
) -> Package:
    """Return the rows of a layer that are there today, ordered by key.

    Raises
    ------
    InputError
        When there is no such area, or a filter cannot be used.
    """
    conditions = scope.conditions(connection, wanted.principal, layer)
    if wanted.within is not None:
        require_known_area(connection, wanted)
        conditions += scope.conditions(connection, wanted.within, layer)
    rows = history.count(connection, layer, *conditions, bbox=wanted.bbox, filters=wanted.filters)

    def frames() -> Iterator[pd.DataFrame]:
        after: str | None = None
        while True:
            frame = history.current(
                connection,
                layer,
                *conditions,
                bbox=wanted.bbox,
                filters=wanted.filters,
                after=after,
                limit=CHUNK_ROWS,
            )
            yield frame
            if len(frame) < CHUNK_ROWS:
                return
            after = str(frame[layer.key].iloc[-1])

    table = Table(
        layer.name,
        TITLES[layer.name],
        layer_columns(layer),
        frames,
        key=layer.key,
        rows=rows,
        style=layer_style(layer),
    )
    said = history.sources(connection, layer, *conditions, bbox=wanted.bbox, filters=wanted.filters)
    return Package((table,), tuple(notices(said, lang)), lang, system)


def require_known_area(connection: Connection, wanted: Wanted) -> None:
    """Refuse the code of an area that does not exist: nothing found would mislead.

    Raises
    ------
    InputError
        If there is none today.
    """
    table = VERSIONED[AREAS.name]
    known = select(table.c.code).where(
        table.c.code == wanted.area, *history.at_moment(table, history.NOW)
    )
    if connection.execute(known.limit(1)).first() is None:
        raise InputError(f"there is no area {wanted.area!r}")


def network_package(
    connection: Connection,
    version: str | None,
    *,
    wanted: Wanted,
    lang: Language,
    system: OutputSystem = LONLAT,
) -> Package:
    """Return the edges of a street network, in its order.

    Parameters
    ----------
    version
        None means the one in use.

    Raises
    ------
    InputError
        When there is no such network or area.
    """
    found = latest(connection) if version is None else version
    source = connection.execute(
        select(NETWORK.c.source, NETWORK.c.edges).where(NETWORK.c.version == found)
    ).one_or_none()
    if source is None:
        raise InputError(
            "no network is stored" if version is None else f"there is no network {version[:80]!r}"
        )
    conditions: list[ColumnElement[bool]] = [NETWORK_EDGE.c.network_version == found]
    limits = [one for one in (wanted.principal, wanted.within) if one is not None and one.areas]
    conditions += [_touches(one.areas) for one in limits]
    if wanted.area is not None:
        require_known_area(connection, wanted)
    if wanted.bbox is not None:
        envelope = func.ST_MakeEnvelope(*wanted.bbox, 4326)
        conditions.append(func.ST_Intersects(NETWORK_EDGE.c.geometry, envelope))

    def frames() -> Iterator[pd.DataFrame]:
        after = -1
        while True:
            frame = _edges(connection, [*conditions, NETWORK_EDGE.c.number > after])
            yield frame
            if len(frame) < CHUNK_ROWS:
                return
            after = int(frame["number"].iloc[-1])

    table = Table(
        NETWORK_NAME,
        TITLES[NETWORK_NAME],
        EDGE_COLUMNS,
        frames,
        rows=source.edges if len(conditions) == 1 else None,
    )
    return Package((table,), tuple(notices([source.source], lang)), lang, system)


def _touches(codes: Sequence[str]) -> ColumnElement[bool]:
    area = VERSIONED[AREAS.name].alias("scope_area")
    return (
        select(area.c.code)
        .where(
            area.c.code.in_(codes),
            *history.at_moment(area, history.NOW),
            func.ST_Intersects(area.c.geometry, NETWORK_EDGE.c.geometry),
        )
        .exists()
    )


def _edges(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> GeoDataFrame:
    edge = NETWORK_EDGE.c
    statement = (
        select(
            *(edge[column.name] for column in EDGE_COLUMNS),
            func.ST_AsBinary(edge.geometry).label("geometry"),
        )
        .where(*conditions)
        .order_by(edge.number)
        .limit(CHUNK_ROWS)
    )
    columns: dict[str, Any] = dict(columns_of(connection, statement))
    columns["structure"] = _STRUCTURES[np.array(columns["structure"], dtype=np.intp)]
    shapes = shapely.from_wkb(object_array(columns.pop("geometry")))
    return GeoDataFrame(
        {name: pd.Series(object_array(values), dtype=object) for name, values in columns.items()},
        geometry=shapes,
        crs="EPSG:4326",
    )
