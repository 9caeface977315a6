"""The ground under a network: a raster of heights, smoothed so that slopes are not its noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from scipy.ndimage import correlate1d

from spatial.crs import WGS84, geodesic_m
from spatial.errors import InputError, UnknownCRSError

# Standard deviation of the bell that weighs cells around a place. Independent errors of 1 m in
# cells of 30 m leave 0.3 % of slope behind it, a seventh of what `spatial.slope` counts as flat.
SMOOTHING_M: Final = 45.0

# Where cells are coarser, the hills between two of them are not known.
MAX_CELL_M: Final = 100.0

# The bell is cut off here; beyond lies 1 % of its weight.
_REACH: Final = 3.0

# A height is known where at least this share of the bell's weight lies on known cells: small gaps
# are bridged, a street along water the raster leaves out keeps its slope.
_LEAST_WEIGHT: Final = 0.25

# Known cells in one row carry no plane: the determinant of the fit must be at least this share of
# what it is where every cell is known.
_LEAST_SPREAD: Final = 1e-3

# Half of the outermost cell lies beyond its centre.
_HALF_CELL: Final = 0.5

# Cells smoothed at a time: what bounds the memory this takes.
_STRIP_CELLS: Final = 1_000_000


@dataclass(frozen=True, eq=False)
class Elevation:
    """Heights of the ground in a grid.

    Parameters
    ----------
    heights_m
        Metres, shape (rows, columns), at least 2 by 2; NaN where the height is not known.
    transform
        ``(a, b, c, d, e, f)``: the corner of row ``r``, column ``k`` lies at ``x = a k + b r + c``,
        ``y = d k + e r + f``, as GDAL and affine have it. A height is that of its cell's centre.
    crs
        System of x and y, easting or longitude first: an authority code or WKT.

    Raises
    ------
    InputError
        When there are fewer than 2 by 2 cells, the grid is degenerate, or its cells are coarser
        than `MAX_CELL_M`.
    UnknownCRSError
        When no such system exists, or it does not lie on the earth.
    """

    heights_m: NDArray[np.float64]
    transform: tuple[float, float, float, float, float, float]
    crs: str

    def __post_init__(self) -> None:
        """Refuse a grid that cannot be sampled."""
        if min(self.heights_m.shape, default=0) < 2:  # noqa: PLR2004 - two centres make a slope
            raise InputError("the elevation raster has fewer than 2 by 2 cells here")
        a, b, _, d, e, _ = self.transform
        if not np.isfinite(self.transform).all() or a * e - b * d == 0:
            raise InputError("the elevation raster has no usable georeference")
        cell_m = max(self.cell_m)
        if not cell_m <= MAX_CELL_M:
            msg = (
                f"the elevation raster has cells of {cell_m:.0f} m; "
                f"slope on foot needs {MAX_CELL_M:.0f} m or finer"
            )
            raise InputError(msg)

    @cached_property
    def cell_m(self) -> tuple[float, float]:
        """Width along a column's and height along a row's direction of the middle cell, metres."""
        rows, columns = self.heights_m.shape
        column, row = columns // 2, rows // 2
        lonlat = self._lonlat(np.array([[column, row], [column + 1, row], [column, row + 1]]))
        across, down = geodesic_m(lonlat[[0, 0]], lonlat[[1, 2]])
        return float(across), float(down)

    def inside(self, lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which places, in EPSG:4326 degrees, lie on a cell, known or not; edges count."""
        return self._on_grid(self._positions(lonlat))

    def sample(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return smoothed heights of places in EPSG:4326 degrees, shape (n,).

        Bilinear between the centres of cells; NaN outside and amid cells that are not known.
        """
        rows, columns = self.heights_m.shape
        at = self._positions(lonlat)
        inside = self._on_grid(at)
        column, row = np.where(inside[:, np.newaxis], at, 0.0).T
        # In the outer half of a border cell the surface is carried on as it is further in.
        left = np.clip(np.floor(column).astype(np.int64), 0, columns - 2)
        above = np.clip(np.floor(row).astype(np.int64), 0, rows - 2)
        across, down = column - left, row - above
        heights = self.smoothed_m
        upper = heights[above, left] * (1 - across) + heights[above, left + 1] * across
        lower = heights[above + 1, left] * (1 - across) + heights[above + 1, left + 1] * across
        return np.where(inside, upper * (1 - down) + lower * down, np.nan)

    @cached_property
    def smoothed_m(self) -> NDArray[np.float64]:
        """Heights after smoothing, shape of `heights_m`; NaN where too few around are known.

        Each is that of a plane fitted to the cells around by least squares, weighted by a bell of
        `SMOOTHING_M` or one cell, whichever is wider. A constant slope therefore stays what it
        is, at the border of the raster and of its gaps too; amid known cells this is the
        Gaussian filter.
        """
        bells = [_bell(max(SMOOTHING_M / cell, 1.0)) for cell in self.cell_m]
        rows, columns = self.heights_m.shape
        halo = len(bells[1]) // 2
        step = max(_STRIP_CELLS // columns, halo, 1)
        smoothed = np.empty((rows, columns))
        for first in range(0, rows, step):
            top, bottom = max(first - halo, 0), min(first + step + halo, rows)
            strip = _fitted(self.heights_m[top:bottom], across=bells[0], down=bells[1])
            smoothed[first : first + step] = strip[first - top :][:step]
        return smoothed

    @cached_property
    def _transformer(self) -> Transformer:
        return _transformer(self.crs)

    def _positions(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return column and row, in cells from the first cell's centre, of EPSG:4326 degrees."""
        x, y = self._transformer.transform(lonlat[:, 0], lonlat[:, 1])
        a, b, c, d, e, f = self.transform
        x, y = np.asarray(x) - c, np.asarray(y) - f
        area = a * e - b * d
        position = np.column_stack([(e * x - b * y) / area, (a * y - d * x) / area]) - _HALF_CELL
        # A place outside what the system can say lies outside the raster.
        position[~np.isfinite(position).all(axis=1)] = -np.inf
        return position

    def _on_grid(self, at: NDArray[np.float64]) -> NDArray[np.bool_]:
        rows, columns = self.heights_m.shape
        last = (columns - _HALF_CELL, rows - _HALF_CELL)
        return np.asarray(((at >= -_HALF_CELL) & (at <= last)).all(axis=1))

    def _lonlat(self, corners: NDArray[np.float64]) -> NDArray[np.float64]:
        a, b, c, d, e, f = self.transform
        column, row = corners.T
        lon, lat = self._transformer.transform(
            a * column + b * row + c, d * column + e * row + f, direction="INVERSE"
        )
        return np.column_stack([lon, lat])


def _transformer(crs: str) -> Transformer:
    """Prepare the way from EPSG:4326 to a horizontal system."""
    try:
        system = CRS.from_user_input(crs)
        # Heights are taken as they are: no geoid enters through a compound system.
        return Transformer.from_crs(WGS84, system.to_2d(), always_xy=True)
    except (CRSError, ProjError) as error:
        reason = " ".join(str(error).split())
        msg = f"the elevation raster's coordinate system cannot be used: {reason}"
        raise UnknownCRSError(msg) from None


def _bell(sigma: float) -> NDArray[np.float64]:
    """Weights of a Gaussian of `sigma` cells at whole cells, adding up to 1."""
    reach = int(np.ceil(_REACH * sigma))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def _moment_bell(bell: NDArray[np.float64], power: int) -> NDArray[np.float64]:
    reach = len(bell) // 2
    return np.asarray(bell * np.arange(-reach, reach + 1.0) ** power)


def _fitted(
    heights: NDArray[np.float64], *, across: NDArray[np.float64], down: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit a plane around each cell by weighted least squares; return its height there."""
    known = np.isfinite(heights)
    weight = known.astype(np.float64)
    # A level far from zero would cost the moments their last digits.
    level = float(heights[known].mean()) if known.any() else 0.0
    height = np.where(known, heights - level, 0.0)

    def moment(values: NDArray[np.float64], x: int, y: int) -> NDArray[np.float64]:
        """Add up ``values * dx**x * dy**y`` around each cell, offsets in cells."""
        for axis, kernel in ((1, _moment_bell(across, x)), (0, _moment_bell(down, y))):
            values = correlate1d(values, kernel, axis=axis, mode="constant")
        return values

    s, sx, sy = moment(weight, 0, 0), moment(weight, 1, 0), moment(weight, 0, 1)
    sxx, sxy, syy = moment(weight, 2, 0), moment(weight, 1, 1), moment(weight, 0, 2)
    h, hx, hy = moment(height, 0, 0), moment(height, 1, 0), moment(height, 0, 1)
    # Cramer's rule for the constant term of the normal equations.
    c0, c1, c2 = sxx * syy - sxy * sxy, sxy * sy - sx * syy, sx * sxy - sxx * sy
    determinant = s * c0 + sx * c1 + sy * c2
    # What the determinant is where every cell is known.
    whole = float(_moment_bell(across, 2).sum() * _moment_bell(down, 2).sum())
    usable = (s >= _LEAST_WEIGHT) & (determinant > _LEAST_SPREAD * whole * s**3)
    with np.errstate(invalid="ignore", divide="ignore"):
        fitted = (h * c0 + hx * c1 + hy * c2) / determinant
    return np.where(usable, fitted + level, np.nan)
