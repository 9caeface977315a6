"""Validated frames of a layer from plain rows that are sound already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from geopandas.array import from_shapely

from spatial.crs import WGS84
from spatial.fields import FieldType, Layer


def layer_frame(layer: Layer, rows: Sequence[Mapping[str, Any]]) -> GeoDataFrame:
    """Make a frame with the fields and dtypes of a layer, EPSG:4326.

    Parameters
    ----------
    layer
        Its fields.
    rows
        Field name to value in the type the field is held in; what is not given is missing.
    """
    columns: dict[str, Any] = {}
    for field in layer.fields:
        values = [row.get(field.name) for row in rows]
        if field.type is FieldType.INTEGER:
            columns[field.name] = pd.array(values, dtype="Int64")
        elif field.type is FieldType.BOOLEAN:
            columns[field.name] = pd.array(values, dtype="boolean")
        elif field.type is not FieldType.GEOMETRY:
            array = np.empty(len(values), dtype=object)
            array[:] = values
            columns[field.name] = pd.Series(array, dtype=object)
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [row["geometry"] for row in rows]
    # In one go: a frame that gets its geometry afterwards is made three times.
    columns["geometry"] = from_shapely(shapes, crs=WGS84)
    return GeoDataFrame(columns, geometry="geometry")
