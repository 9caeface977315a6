"""Vector tiles as GDAL reads them, and places in them by arithmetic of the tests' own."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

UNITS = 4096
MERCATOR_M = 20037508.342789244


def read_tile(content: bytes) -> dict[str, list[dict[str, Any]]]:
    """Return the features of a tile by layer.

    Geometries are in units of the tile from its south-west corner, y to the north, with what lies
    in the margin; properties without a value are left out.
    """
    with tempfile.TemporaryDirectory() as folder:
        # GDAL knows a tile by the name of its file.
        path = Path(folder) / "tile.mvt"
        path.write_bytes(content)
        return {name: _features(path, name) for name, _ in pyogrio.list_layers(path)}


def _features(path: Path, layer: str) -> list[dict[str, Any]]:
    meta, _, shapes, columns = pyogrio.raw.read(path, layer=layer, CLIP="NO")
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [
        {
            "geometry": shapely.from_wkb(shape),
            "properties": {
                name: value
                for name, value in zip(meta["fields"], row, strict=True)
                if value is not None and value == value  # noqa: PLR0124  not NaN
            },
        }
        for shape, row in zip(shapes, rows, strict=True)
    ]


def tile_of(matrix_set: str, level: int, lonlat: Sequence[float]) -> tuple[int, int]:
    """Return row and column of the tile a place lies in, as the definitions of the sets say."""
    column, row = (int(part // UNITS) for part in _world(matrix_set, level, np.array([lonlat]))[0])
    return row, column


def in_tile(
    matrix_set: str, level: int, row: int, column: int, shape: BaseGeometry
) -> BaseGeometry:
    """Return a place in units of a tile from its south-west corner, as GDAL counts them."""

    def moved(lonlat: np.ndarray) -> np.ndarray:
        units = _world(matrix_set, level, lonlat) - (column * UNITS, row * UNITS)
        return units * (1, -1) + (0, UNITS)

    return shapely.transform(shape, moved)


def _world(matrix_set: str, level: int, lonlat: np.ndarray) -> np.ndarray:
    """Units from the north-west corner of the set, y to the south."""
    if matrix_set == "WebMercatorQuad":
        transformer = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)
        x, y = transformer.transform(lonlat[:, 0], lonlat[:, 1])
        size = 2 * MERCATOR_M / 2**level / UNITS
        return np.column_stack([x + MERCATOR_M, MERCATOR_M - y]) / size
    degrees = 360 / 2**level / UNITS
    return np.column_stack([lonlat[:, 0] + 180, 90 - lonlat[:, 1]]) / degrees
