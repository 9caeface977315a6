"""Geometries in EPSG:4326 as PostGIS reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely


def ewkb(geometries: np.ndarray[Any, Any]) -> list[bytes | None]:
    """Return geometries in EPSG:4326 as two-dimensional EWKB, None where missing."""
    deep = shapely.has_z(geometries) | shapely.has_m(geometries)
    flat = geometries
    if deep.any():
        flat = geometries.copy()
        flat[deep] = shapely.force_2d(geometries[deep])
    encoded = shapely.to_wkb(flat, byte_order=1).tolist()
    return [None if wkb is None else _with_srid(wkb) for wkb in encoded]


def hex_ewkb(geometries: np.ndarray[Any, Any]) -> list[str | None]:
    """Return the same in hexadecimal, as COPY of texts takes it."""
    return [None if wkb is None else wkb.hex() for wkb in ewkb(geometries)]


def _with_srid(wkb: bytes) -> bytes:
    """Return little-endian WKB in two dimensions as EWKB of EPSG:4326.

    The mark for a system is a bit of the type, and the system comes after the type; shapely can
    write that too, after copying each geometry and four times slower.
    """
    return b"%b\x20\xe6\x10\x00\x00%b" % (wkb[:4], wkb[5:])
