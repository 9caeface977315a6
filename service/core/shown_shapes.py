"""Shapes that come back as they were shown: rounded, and not meant to be changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeAlias

import shapely
from geopandas import GeoDataFrame
from shapely.geometry.base import BaseGeometry

from service.core.feature_input import Row
from service.core.geojson import shown_geometries
from spatial.fields import FieldType, Layer

# Tells whether a given geometry is what is shown of a stored one.
SameShape: TypeAlias = Callable[[BaseGeometry, BaseGeometry], bool]

_SHAPES: Final = (FieldType.GEOMETRY, FieldType.POINTS)


def is_shown_rounded(stored: BaseGeometry, given: BaseGeometry) -> bool:
    """Tell whether a geometry is a stored one as `/v1` shows it."""
    return bool(shapely.equals_exact(shown_geometries(stored)[()], given, 0))


def with_exact_shapes(row: Row, before: GeoDataFrame, layer: Layer, is_shown: SameShape) -> Row:
    """Put back the coordinates a client got rounded and sent unchanged."""
    cells: dict[str, Any] = dict(row.cells)
    for field in layer.fields:
        stored, given = before[field.name].iloc[0], cells.get(field.name)
        if field.type not in _SHAPES or stored is None or given is None:
            continue
        if is_shown(stored, given):
            cells[field.name] = stored
    return replace(row, cells=cells)
