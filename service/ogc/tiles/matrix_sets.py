"""Tile matrix sets (OGC 17-083r4): how the world is cut into tiles at each level.

``WebMercatorQuad`` is the one of web maps. ``CGCS2000Quad`` is the one of the ``c`` services of
天地图 (Tianditu), whose capabilities (``/vec_c/wmts``, tile matrix set ``c``) say: EPSG:4490,
corner 90, -180, tiles of 256 cells, level 1 of 2 by 1 tiles of 180°, level 18 of 262,144 by
131,072. They count scales for a screen of 96 dpi (level 1: 1:295,829,355); here, as the standard
demands, scales are counted for cells of 0.28 mm (level 1: 1:279,541,132) from the same cells of
0.703125°.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import morecantile
from morecantile import Tile, TileMatrixSet

WEB_MERCATOR: Final = "WebMercatorQuad"
CGCS2000: Final = "CGCS2000Quad"

_CGCS2000_SRID: Final = 4490
_CELLS: Final = 256
_LEVELS: Final = range(1, 19)
# 17-083r4, 6.1: a cell is 0.28 mm wide; a degree of the equator of EPSG:4490's ellipsoid in metres.
_CELL_M: Final = 0.00028
_DEGREE_M: Final = 111319.49079327358
_NUMBER: Final = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)


@dataclass(frozen=True)
class TileAddress:
    """One tile: where it is, in the CRS of its set (east, north) and in degrees.

    Parameters
    ----------
    matrix_set, level, row, column
        Its address; the row counts from the north, the column from the west.
    srid
        CRS of the set.
    bounds, degrees
        West, south, east, north in that CRS, and in degrees.
    """

    matrix_set: str
    level: int
    row: int
    column: int
    srid: int
    bounds: tuple[float, float, float, float]
    degrees: tuple[float, float, float, float]

    @property
    def width(self) -> float:
        """How wide it is, in units of its CRS; it is as high."""
        return self.bounds[2] - self.bounds[0]


@dataclass(frozen=True)
class MatrixSet:
    """A tile matrix set as it is offered.

    Parameters
    ----------
    definition
        As `morecantile` has it.
    srid
        Of its CRS.
    """

    definition: TileMatrixSet
    srid: int

    @property
    def id(self) -> str:
        """Its name in addresses."""
        return str(self.definition.id)

    @property
    def title(self) -> str:
        """Its title."""
        return str(self.definition.title)

    @property
    def uri(self) -> str | None:
        """Its name in OGC's register; None where it is not registered."""
        return None if self.definition.uri is None else str(self.definition.uri)

    @property
    def crs(self) -> str:
        """URI of its CRS."""
        return str(self.document()["crs"])

    def document(self) -> dict[str, Any]:
        """Return its definition as JSON (17-083r4, 6)."""
        document: dict[str, Any] = self.definition.model_dump(
            mode="json", by_alias=True, exclude_none=True
        )
        return document

    def find(self, level: str, row: str, column: str) -> TileAddress | None:
        """Return the tile of an address; None where the set has no such tile."""
        levels = {matrix.id for matrix in self.definition.tileMatrices}
        if level not in levels or not _NUMBER.fullmatch(row) or not _NUMBER.fullmatch(column):
            return None
        tile = Tile(x=int(column), y=int(row), z=int(level))
        matrix = self.definition.matrix(tile.z)
        if tile.x >= matrix.matrixWidth or tile.y >= matrix.matrixHeight:
            return None
        bounds, degrees = self.definition.xy_bounds(tile), self.definition.bounds(tile)
        return TileAddress(
            self.id,
            tile.z,
            tile.y,
            tile.x,
            self.srid,
            (bounds.left, bounds.bottom, bounds.right, bounds.top),
            (degrees.left, degrees.bottom, degrees.right, degrees.top),
        )

    def covering(self, box: tuple[float, float, float, float], level: int) -> list[TileAddress]:
        """Return the tiles of a level that a box touches.

        Parameters
        ----------
        box
            West, south, east, north in degrees.
        """
        found = (
            self.find(str(tile.z), str(tile.y), str(tile.x))
            for tile in self.definition.tiles(*box, [level])
        )
        return [address for address in found if address is not None]


def matrix_sets() -> Mapping[str, MatrixSet]:
    """Return every tile matrix set offered, by id."""
    listed = (
        MatrixSet(morecantile.tms.get(WEB_MERCATOR), 3857),
        MatrixSet(_cgcs2000(), _CGCS2000_SRID),
    )
    return MappingProxyType({one.id: one for one in listed})


def _cgcs2000() -> TileMatrixSet:
    matrices = []
    for level in _LEVELS:
        columns = 2**level
        cell = 360 / (columns * _CELLS)
        matrices.append(
            {
                "id": str(level),
                "scaleDenominator": cell * _DEGREE_M / _CELL_M,
                "cellSize": cell,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [90, -180],
                "tileWidth": _CELLS,
                "tileHeight": _CELLS,
                "matrixWidth": columns,
                "matrixHeight": columns // 2,
            }
        )
    return TileMatrixSet.model_validate(
        {
            "id": CGCS2000,
            "title": "天地图经纬度瓦片 Tianditu c, CGCS2000 longitude and latitude",
            "crs": f"http://www.opengis.net/def/crs/EPSG/0/{_CGCS2000_SRID}",
            "orderedAxes": ["Lat", "Lon"],
            "tileMatrices": matrices,
        }
    )
