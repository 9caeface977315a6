"""Frames in the fields and dtypes of `spatial.fields`, in longitude and latitude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from seed.wuhan.streets import GEOGRAPHIC_CRS, LOCAL_CRS
from spatial.fields import FieldType, Layer

SYNTHETIC: Final = "synthetic (yike demo)"
BLOCK_SYNTHETIC: Final = (
    "synthetic (yike demo); outline from street blocks © OpenStreetMap contributors, ODbL 1.0"
)

_DTYPES: Final = {FieldType.INTEGER: "Int64", FieldType.BOOLEAN: "boolean"}


def layer_frame(
    layer: Layer, columns: Mapping[str, Sequence[object]], geometry: NDArray[np.object_]
) -> gpd.GeoDataFrame:
    """Assemble a frame of a layer.

    Parameters
    ----------
    layer
        Gives names, order and dtypes.
    columns
        Python values by field name, one a row, None where missing; a field left out is missing
        in every row. ``points`` are in `LOCAL_CRS`.
    geometry
        In `LOCAL_CRS`, shape (n,).

    Returns
    -------
    EPSG:4326, index 0..n-1.
    """
    index = pd.RangeIndex(len(geometry))
    nothing = [None] * len(geometry)
    data: dict[str, object] = {}
    for field in layer.fields:
        values = columns.get(field.name, nothing)
        if field.type is FieldType.GEOMETRY:
            data[field.name] = gpd.GeoSeries(to_lonlat(geometry), index=index, crs=GEOGRAPHIC_CRS)
        elif field.type in _DTYPES:
            data[field.name] = pd.Series(list(values), index=index, dtype=_DTYPES[field.type])
        else:
            cells = np.empty(len(geometry), dtype=object)
            for row, value in enumerate(values):
                cells[row] = value
            if field.type is FieldType.POINTS:
                cells = to_lonlat(cells)
            data[field.name] = pd.Series(cells, index=index, dtype=object)
    return gpd.GeoDataFrame(data, index=index, geometry="geometry", crs=GEOGRAPHIC_CRS)


def to_lonlat(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Transform from `LOCAL_CRS` to EPSG:4326, longitude first; None stays None."""
    transformer = Transformer.from_crs(LOCAL_CRS, GEOGRAPHIC_CRS, always_xy=True)

    def lonlat(local: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(local[:, 0], local[:, 1]))

    return np.asarray(shapely.transform(geometries, lonlat))


def decimals(values: NDArray[np.float64], *, places: int) -> list[Decimal | None]:
    """Round to decimal places; NaN becomes None."""
    return [None if np.isnan(value) else Decimal(f"{value:.{places}f}") for value in values]


def integers(values: NDArray[np.float64]) -> list[int | None]:
    """Round to whole numbers; NaN becomes None."""
    return [None if np.isnan(value) else round(float(value)) for value in values]


def texts(values: Sequence[str], present: NDArray[np.bool_]) -> list[str | None]:
    """Keep the values where `present`, None elsewhere."""
    return [value if kept else None for value, kept in zip(values, present, strict=True)]


def days(
    chance: np.random.Generator, first: date, last: date, present: NDArray[np.bool_]
) -> list[date | None]:
    """Draw a day from `first` to `last`, both included, for each row that is `present`."""
    drawn = chance.integers(0, (last - first).days, len(present), endpoint=True)
    return [
        first + timedelta(days=int(day)) if kept else None
        for day, kept in zip(drawn, present, strict=True)
    ]
