"""A street network out of street lines as files hold them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from pyproj import CRS

from spatial.canonical_edges import canonical
from spatial.crs import WGS84, unproject
from spatial.errors import NetworkError, UnknownCRSError
from spatial.grouping import weighted_count
from spatial.network import Network
from spatial.ragged_lines import chosen_lines, ragged_lengths_m
from spatial.traits import traits_of

# Ways that are closed to people on foot whatever else their tags say.
CLOSED_TO_FOOT: Final = frozenset({"motorway", "motorway_link"})


def build_network(lines: GeoDataFrame) -> Network:
    """Build a network from street lines.

    Lines meet where their ends meet, whatever node numbers the file carries. Motorways are left
    out (`CLOSED_TO_FOOT`), as are lines closed both ways, empty geometries, lines of no length and
    exact copies; how many stands in ``left_out``. MultiLineStrings are taken apart, and the
    crossings and lifts of one shared among its parts by length.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in a declared CRS. Optional columns: ``highway`` (a class,
        or several in a list or in text as OSMnx writes it: the first counts); the traits of
        `spatial.traits.EdgeTraits`; ``cut_start`` and ``cut_end``, true where that end of the line
        joins no other (a closed gate).

    Raises
    ------
    UnknownCRSError
        When the frame declares no CRS.
    NetworkError
        When a geometry is of another type, a coordinate is not finite or outside the CRS, a trait
        is not of its field, or no walkable line is left.
    """
    if lines.crs is None:
        raise UnknownCRSError("the street lines declare no coordinate reference system")
    left_out: dict[str, int] = {}
    highway = (
        _first_classes(lines["highway"].to_numpy(dtype=object))
        if "highway" in lines
        else np.full(len(lines), None, dtype=object)
    )
    geometry = np.asarray(lines.geometry.array, dtype=object)
    _refuse_other_types(geometry)
    traits = traits_of(lines, highway=highway)
    cut = np.column_stack([_flags(lines, "cut_start"), _flags(lines, "cut_end")])

    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    left_out["empty"] = int((~present).sum())
    closed = np.isin(highway.astype(str), list(CLOSED_TO_FOOT))
    walkable = present & ~closed & (traits.forward | traits.backward)
    left_out["closed_to_foot"] = int((present & ~walkable).sum())
    if not walkable.any():
        raise NetworkError("no walkable street is left: every line is empty or closed to foot")
    traits, cut = traits[walkable], cut[walkable]
    parts, parent = shapely.get_parts(geometry[walkable], return_index=True)
    coordinates, line = shapely.get_coordinates(parts, return_index=True)
    lonlat = _to_lonlat(coordinates, lines.crs)
    offsets = np.searchsorted(line, np.arange(len(parts) + 1))
    length_m = ragged_lengths_m(lonlat, offsets)
    traits, cut = traits[parent], cut[parent]
    if len(parts) > int(walkable.sum()):
        traits = traits.shared(_share_of_whole(length_m, parent))
        cut = cut & np.column_stack(
            [np.diff(parent, prepend=-1) > 0, np.diff(parent, append=len(parent)) > 0]
        )
    kept = length_m > 0
    left_out["no_length"] = int((~kept).sum())
    if not kept.any():
        raise NetworkError("no walkable street is left: no line has any length")
    lonlat, offsets = chosen_lines(lonlat, offsets, np.flatnonzero(kept))
    return canonical(lonlat, offsets, length_m[kept], traits[kept], cut[kept], left_out=left_out)


def _to_lonlat(coordinates: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
    """Bring the coordinates of street lines to degrees, longitude first."""
    same = crs.equals(WGS84, ignore_axis_order=True)
    lonlat = coordinates if same else unproject(coordinates, source=crs)
    if not np.isfinite(lonlat).all():
        raise NetworkError("a street has coordinates that are not finite in its declared CRS")
    if (np.abs(lonlat) > (180.0, 90.0)).any():
        raise NetworkError("a street lies outside the range of longitude and latitude")
    return lonlat


def _share_of_whole(length_m: NDArray[np.float64], parent: NDArray[Any]) -> NDArray[np.float64]:
    whole = weighted_count(parent, length_m, size=int(parent.max()) + 1)[parent]
    share = np.divide(length_m, whole, out=np.zeros_like(length_m), where=whole > 0)
    return np.asarray(share, dtype=np.float64)


def _flags(lines: GeoDataFrame, name: str) -> NDArray[np.bool_]:
    if name not in lines:
        return np.zeros(len(lines), dtype=np.bool_)
    return lines[name].fillna(value=False).to_numpy(dtype=np.bool_)


def _first_classes(values: NDArray[Any]) -> NDArray[Any]:
    """Read OpenStreetMap classes, each different text once: there are few."""
    known: dict[str, str | None] = {}
    classes = np.empty(len(values), dtype=object)
    for i, value in enumerate(values.tolist()):
        if isinstance(value, str):
            if value not in known:
                known[value] = _first_class(value)
            classes[i] = known[value]
        else:
            classes[i] = _first_class(value)
    return classes


def _first_class(value: object) -> str | None:
    """Read an OpenStreetMap class that may be missing, a list, or a list written as text."""
    if isinstance(value, (list, tuple, np.ndarray)):
        value = value[0] if len(value) else None
    if not isinstance(value, str):
        return None
    return value.strip("[]").split(",")[0].strip("'\" ") or None


def _refuse_other_types(geometry: NDArray[Any]) -> None:
    types = shapely.get_type_id(geometry)
    lines = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
    wrong = np.flatnonzero(~np.isin(types, [-1, *lines]))
    if len(wrong):
        row = int(wrong[0])
        msg = f"row {row + 1}, field geometry: a {geometry[row].geom_type}, not a line"
        raise NetworkError(msg)
