"""Reading the heights around a street network from a GeoTIFF."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from service.imports.formats import check_file
from service.imports.street_reader import ReadNetwork
from spatial.crs import WGS84
from spatial.elevation import Elevation
from spatial.errors import InputError, UnknownCRSError
from spatial.slope import measure_slopes, sloped

# Longitude and latitude in EPSG:4326: west, south, east, north.
Bounds: TypeAlias = tuple[float, float, float, float]

# As in `spatial.elevation.Elevation`.
Transform: TypeAlias = tuple[float, float, float, float, float, float]

# Finer cells are averaged while they are read: slope is that of the ground, not of its kerbs.
FINEST_CELL_M: Final = 10.0

# Kept in memory after that: a square of 100 km in cells of 30 m has 11 million.
MAX_CELLS: Final = 16_000_000

# Read at all: what a network may span in a fine raster before it must be thinned beforehand.
MAX_CELLS_READ: Final = 4_000_000_000

# One block of the file once unpacked; more is a raster written in one piece, or a bomb.
MAX_BLOCK_BYTES: Final = 512 * 1024 * 1024

# No ground is lower or higher, metres; what is stands for "no data" that nobody declared.
LOWEST_M: Final = -500.0
HIGHEST_M: Final = 9000.0

# Ground around the streets that smoothing looks at.
_MARGIN_DEG: Final = 0.003
_GRID_POINTS: Final = 21

_METRE: Final = 1.0
_UNITS: Final = MappingProxyType(
    {
        "": _METRE,
        "m": _METRE,
        "metre": _METRE,
        "metres": _METRE,
        "meter": _METRE,
        "meters": _METRE,
        "ft": 0.3048,
        "foot": 0.3048,
        "feet": 0.3048,
        "us survey foot": 1200 / 3937,
        "us-ft": 1200 / 3937,
        "ftus": 1200 / 3937,
    }
)
_TIFF: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


@dataclass(frozen=True, eq=False)
class ReadElevation:
    """Heights read from a file.

    Parameters
    ----------
    elevation
        What lies around the network, metres.
    warnings
        What was read otherwise than given, one line each.
    """

    elevation: Elevation
    warnings: tuple[str, ...]


def read_elevation(path: Path, *, around: Bounds) -> ReadElevation:
    """Read the heights around a network from a GeoTIFF of one band.

    Cells finer than `FINEST_CELL_M` are averaged. Heights are metres unless the band, or the
    vertical axis of its system, says feet. Cells without data, and heights no ground has, are
    not known.

    Parameters
    ----------
    path
        A GeoTIFF of this machine, a cloud optimised one too, in any system; no other format.
    around
        Extent of the streets.

    Raises
    ------
    InputError
        When the file is no GeoTIFF or damaged, has several bands, an unknown unit of height or
        no georeference, is too large, does not reach the network, or has no height there.
    UnknownCRSError
        When it declares no system, or one that cannot be used.
    """
    source = str(path)
    check_file(path)
    with path.open("rb") as file:
        # Looked at first, so that GDAL opens this format and no other.
        if not file.read(4).startswith(_TIFF):
            raise InputError(f"{source}: is no GeoTIFF")
    with _gdal(source), rasterio.open(str(path.resolve()), driver="GTiff") as dataset:
        system = _system(dataset, source)
        factor = _metres_a_unit(dataset, system, source)
        _refuse_shape(dataset, source)
        window = _window(dataset, system, around, source)
        transform, shape = _thinned(dataset, system, window, source)
        read = dataset.read(
            1,
            window=window,
            out_shape=shape,
            masked=True,
            out_dtype="float64",
            resampling=Resampling.average,
        )
        scale, offset = dataset.scales[0], dataset.offsets[0]
    heights = np.ma.filled(read, np.nan) * scale + offset
    heights *= factor
    absurd = (heights < LOWEST_M) | (heights > HIGHEST_M)
    heights[absurd] = np.nan
    if not np.isfinite(heights).any():
        raise InputError(f"{source}: has no height anywhere around the network")
    said = []
    if absurd.any():
        said.append(f"{source}: {int(absurd.sum())} cells of no possible height count as not known")
    if factor != _METRE:
        said.append(f"{source}: heights in feet, converted to metres")
    return ReadElevation(_elevation(heights, transform, system, source), tuple(said))


def add_slope(read: ReadNetwork, path: Path) -> ReadNetwork:
    """Return a network that was read with the slope of its streets on the ground of a GeoTIFF.

    Raises
    ------
    InputError
        As `read_elevation` and `spatial.slope.measure_slopes`, naming the file.
    """
    coordinates = np.asarray(read.network.coordinates)
    west, south = coordinates.min(axis=0).tolist()
    east, north = coordinates.max(axis=0).tolist()
    heights = read_elevation(path, around=(west, south, east, north))
    try:
        slopes = measure_slopes(read.network, heights.elevation)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    lines = [*read.warnings, *heights.warnings]
    for length_m, where in ((slopes.outside_m, "outside it"), (slopes.unknown_m, "without height")):
        if length_m:
            share = 100 * length_m / slopes.length_m
            lines.append(f"{path}: {share:.2g} % of the street length lies {where}: taken as flat")
    return replace(read, network=sloped(read.network, slopes), warnings=tuple(lines))


@contextmanager
def _gdal(source: str) -> Iterator[None]:
    """Turn what GDAL raises into one line naming the file."""
    with warnings.catch_warnings():
        # A file without a georeference is refused by name.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            yield
        except RasterioError as error:
            reason = " ".join(str(error.__cause__ or error).split())
            raise InputError(f"{source}: cannot be read, damaged or cut short: {reason}") from None


def _system(dataset: rasterio.DatasetReader, source: str) -> CRS:
    if dataset.crs is None:
        raise UnknownCRSError(
            f"{source}: declares no coordinate reference system; "
            "write it into the file, as gdal_edit.py -a_srs does"
        )
    try:
        system = CRS.from_wkt(dataset.crs.to_wkt())
    except CRSError:
        raise UnknownCRSError(f"{source}: its coordinate reference system is unknown") from None
    if not (system.is_geographic or system.is_projected):
        raise UnknownCRSError(
            f"{source}: {system.name} is a {system.type_name}, not a geographic or projected one"
        )
    if dataset.transform.is_identity:
        raise InputError(f"{source}: does not say where its cells lie")
    return system


def _metres_a_unit(dataset: rasterio.DatasetReader, system: CRS, source: str) -> float:
    unit = (dataset.units[0] or "").strip().lower()
    if unit not in _UNITS:
        raise InputError(f"{source}: heights in '{unit}'; known are metres and feet")
    if unit:
        return _UNITS[unit]
    upward = [axis.unit_conversion_factor for axis in system.axis_info if axis.direction == "up"]
    return float(upward[0]) if upward else _METRE


def _refuse_shape(dataset: rasterio.DatasetReader, source: str) -> None:
    if dataset.count != 1:
        raise InputError(f"{source}: has {dataset.count} bands; heights are a single one")
    kind = np.dtype(dataset.dtypes[0]) if "complex" not in dataset.dtypes[0] else None
    if kind is None or kind.kind not in "iuf":
        raise InputError(f"{source}: holds {dataset.dtypes[0]}, which are no heights")
    rows, columns = dataset.block_shapes[0]
    if rows * columns * kind.itemsize > MAX_BLOCK_BYTES:
        raise InputError(
            f"{source}: is stored in blocks of {rows} by {columns} cells, too large to read in "
            "parts; store it in tiles, as gdal_translate -co TILED=YES does"
        )


def _window(dataset: rasterio.DatasetReader, system: CRS, around: Bounds, source: str) -> Window:
    """Return the cells around the network."""
    west, south, east, north = around
    lon, lat = np.meshgrid(
        np.linspace(west - _MARGIN_DEG, east + _MARGIN_DEG, _GRID_POINTS),
        np.linspace(south - _MARGIN_DEG, north + _MARGIN_DEG, _GRID_POINTS),
    )
    try:
        way = Transformer.from_crs(WGS84, system.to_2d(), always_xy=True)
        x, y = way.transform(lon.ravel(), lat.ravel())
    except (CRSError, ProjError):
        raise UnknownCRSError(f"{source}: its coordinate reference system is unknown") from None
    a, b, c, d, e, f = dataset.transform[:6]
    x, y, area = np.asarray(x) - c, np.asarray(y) - f, a * e - b * d
    if area == 0:
        raise InputError(f"{source}: does not say where its cells lie")
    column, row = (e * x - b * y) / area, (a * y - d * x) / area
    low, high = _span(column, dataset.width), _span(row, dataset.height)
    if low is None or high is None:
        raise InputError(
            f"{source}: the raster does not cover the network: "
            "100 % of the street length lies outside"
        )
    return Window(low[0], high[0], low[1] - low[0], high[1] - high[0])


def _span(position: NDArray[np.float64], size: int) -> tuple[int, int] | None:
    """Return the first cell and the one after the last that positions reach; None for none."""
    finite = position[np.isfinite(position)]
    if not len(finite):
        return None
    first = max(int(np.floor(finite.min())) - 1, 0)
    last = min(int(np.ceil(finite.max())) + 1, size)
    return (first, last) if first < last else None


def _thinned(
    dataset: rasterio.DatasetReader, system: CRS, window: Window, source: str
) -> tuple[Transform, tuple[int, int]]:
    """Return transform and shape of what is kept of a window, cells averaged where fine."""
    columns, rows = int(window.width), int(window.height)
    if columns * rows > MAX_CELLS_READ:
        raise InputError(
            f"{source}: {columns} by {rows} cells lie around the network, more than "
            f"{MAX_CELLS_READ:,}; give a coarser raster"
        )
    a, b, c, d, e, f = dataset.transform[:6]
    c, f = c + a * window.col_off + b * window.row_off, f + d * window.col_off + e * window.row_off
    probe = _elevation(np.zeros((2, 2)), (a, b, c, d, e, f), system, source)
    across, down = (max(int(FINEST_CELL_M // cell), 1) for cell in probe.cell_m)
    shape = (max(rows // down, 1), max(columns // across, 1))
    if shape[0] * shape[1] > MAX_CELLS:
        raise InputError(
            f"{source}: {shape[1]} by {shape[0]} cells lie around the network, more than "
            f"{MAX_CELLS:,}; give a coarser raster, of 30 m"
        )
    wide, high = columns / shape[1], rows / shape[0]
    return (a * wide, b * high, c, d * wide, e * high, f), shape


def _elevation(
    heights: NDArray[np.float64], transform: Transform, system: CRS, source: str
) -> Elevation:
    try:
        elevation = Elevation(heights, transform, system.to_wkt())
    except InputError as error:
        raise type(error)(f"{source}: {error}") from None
    return elevation
