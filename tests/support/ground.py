"""Rasters of heights for the tests, written as users bring them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer

UTM = "EPSG:32650"


def write_tiff(
    path: Path,
    heights: NDArray[Any],
    *,
    corner: tuple[float, float],
    cell: float,
    crs: str | None = UTM,
    **options: Any,
) -> Path:
    """Write heights (one band, or several along the first axis) from their north-west corner."""
    bands = heights if heights.ndim == 3 else heights[np.newaxis]
    units = options.pop("units", None)
    with rasterio.open(
        path,
        "w",
        driver=options.pop("driver", "GTiff"),
        width=bands.shape[2],
        height=bands.shape[1],
        count=len(bands),
        dtype=bands.dtype,
        crs=crs,
        transform=rasterio.Affine(cell, 0, corner[0], 0, -cell, corner[1]),
        **options,
    ) as dataset:
        dataset.write(bands)
        if units is not None:
            dataset.units = (units,) * len(bands)
    return path


def utm(lon: float, lat: float) -> tuple[float, float]:
    x, y = Transformer.from_crs("EPSG:4326", UTM, always_xy=True).transform(lon, lat)
    return float(x), float(y)
