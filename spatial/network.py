"""The street network: immutable edges whose topology comes from their end coordinates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.crs import WGS84, geodesic_m
from spatial.errors import NetworkError, UnknownCRSError
from spatial.graph import WalkGraph, build_graph
from spatial.grouping import weighted_count

# Ways that are closed to people on foot whatever else their tags say.
CLOSED_TO_FOOT: Final = frozenset({"motorway", "motorway_link"})

# Ends closer than this are one node: about a millimetre, far below any survey's accuracy.
_NODE_GRID_DEG: Final = 1e-8


@dataclass(frozen=True, eq=False)
class Network:
    """An immutable version of a street network.

    Parameters
    ----------
    u, v
        Node numbers of each edge, shape (m,). Streets are walked both ways.
    length_m
        Geodesic length of each edge along its geometry, metres, shape (m,).
    geometry
        Shapely LineStrings in EPSG:4326 running from `u` to `v`, shape (m,).
    highway
        Class of each edge as OpenStreetMap names it, or None, shape (m,).
    node_lonlat
        Degrees in EPSG:4326, shape (n, 2).
    version
        SHA-256 over the edges, in hexadecimal: the same edges give the same version.
    left_out
        How many lines were not taken, by reason.
    """

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    length_m: NDArray[np.float64]
    geometry: NDArray[Any]
    highway: NDArray[Any]
    node_lonlat: NDArray[np.float64]
    version: str
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def graph(self) -> WalkGraph:
        """The network made ready for walking, built on first use and kept with the network."""
        return build_graph(self.u, self.v, self.length_m, self.geometry, self.node_lonlat)

    def edge_frame(self) -> GeoDataFrame:
        """Return the edges as a frame: number, u, v, length_m, highway, geometry in EPSG:4326."""
        return GeoDataFrame(
            {
                "number": np.arange(len(self.u)),
                "u": self.u,
                "v": self.v,
                "length_m": self.length_m,
                "highway": self.highway,
            },
            geometry=self.geometry,
            crs=WGS84,
        )


def build_network(lines: GeoDataFrame) -> Network:
    """Build a network from street lines.

    Lines meet where their ends meet, whatever node numbers the file carries. Motorways are left
    out (`CLOSED_TO_FOOT`), as are empty geometries, lines of no length and exact copies; how many
    stands in ``left_out``. MultiLineStrings are taken apart.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in a declared CRS, with an optional column ``highway``
        (a class, or several in a list or in text as OSMnx writes it: the first counts).

    Raises
    ------
    UnknownCRSError
        When the frame declares no CRS.
    NetworkError
        When a geometry is of another type, a coordinate is not finite or outside the CRS, or no
        walkable line is left.
    """
    if lines.crs is None:
        raise UnknownCRSError("the street lines declare no coordinate reference system")
    left_out: dict[str, int] = {}
    highway = (
        np.array([_first_class(value) for value in lines["highway"]], dtype=object)
        if "highway" in lines
        else np.full(len(lines), None, dtype=object)
    )
    geometry = np.asarray(lines.geometry.array, dtype=object)
    _refuse_other_types(geometry)

    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    left_out["empty"] = int((~present).sum())
    walkable = present & ~np.isin(highway.astype(str), list(CLOSED_TO_FOOT))
    left_out["closed_to_foot"] = int((present & ~walkable).sum())
    parts, parent = shapely.get_parts(geometry[walkable], return_index=True)
    if len(parts) == 0:
        raise NetworkError("no walkable street is left: every line is empty or closed to foot")
    wgs84 = shapely.force_2d(
        np.asarray(GeoDataFrame(geometry=parts, crs=lines.crs).to_crs(WGS84).geometry.array)
    )
    coordinates = shapely.get_coordinates(wgs84)
    if not np.isfinite(coordinates).all():
        raise NetworkError("a street has coordinates that are not finite in its declared CRS")
    if (np.abs(coordinates) > (180.0, 90.0)).any():
        raise NetworkError("a street lies outside the range of longitude and latitude")
    length_m = geodesic_lengths_m(wgs84)
    kept = length_m > 0
    left_out["no_length"] = int((~kept).sum())
    return _canonical(
        wgs84[kept], length_m[kept], highway[walkable][parent][kept], left_out=left_out
    )


def network_from_edges(
    *, length_m: NDArray[np.float64], geometry: NDArray[Any], highway: NDArray[Any]
) -> Network:
    """Rebuild a network from edges that `build_network` made, as a database keeps them.

    Parameters
    ----------
    length_m, geometry, highway
        As in `Network`; in any order.

    Returns
    -------
    The same network, with the same version.
    """
    return _canonical(np.asarray(geometry, dtype=object), length_m, highway, left_out={})


def geodesic_lengths_m(lines: NDArray[Any]) -> NDArray[np.float64]:
    """Measure LineStrings in EPSG:4326 along the ellipsoid, in metres, shape (m,)."""
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    inside = line[1:] == line[:-1]
    steps = geodesic_m(coordinates[:-1][inside], coordinates[1:][inside])
    return weighted_count(line[:-1][inside], steps, size=len(lines))


def save_network(network: Network, directory: Path) -> None:
    """Write a network as plain arrays that `load_network` maps into memory.

    `directory` must exist. Processes that map the same files share one copy of their pages.
    """
    _, coordinates, (offsets,) = shapely.to_ragged_array(network.geometry)
    classes, codes = np.unique(network.highway.astype(str), return_inverse=True)
    arrays: dict[str, NDArray[Any]] = {
        "u": network.u,
        "v": network.v,
        "length_m": network.length_m,
        "coordinates": coordinates,
        "offsets": offsets,
        "highway_codes": codes.astype(np.int16),
        "node_lonlat": network.node_lonlat,
    }
    for name, array in arrays.items():
        np.save(directory / f"{name}.npy", array, allow_pickle=False)
    facts = {"version": network.version, "classes": [None if c == "None" else c for c in classes]}
    (directory / "network.json").write_text(json.dumps(facts), encoding="utf-8")


def load_network(directory: Path) -> Network:
    """Map a network that `save_network` wrote.

    Raises
    ------
    NetworkError
        When a file is missing or unreadable.
    """
    try:
        facts = json.loads((directory / "network.json").read_text(encoding="utf-8"))
        array = {
            name: np.load(directory / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in ("u", "v", "length_m", "coordinates", "offsets", "highway_codes")
        }
        node_lonlat = np.load(directory / "node_lonlat.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        msg = f"{directory}: not a stored network ({error})"
        raise NetworkError(msg) from error
    geometry = shapely.from_ragged_array(
        shapely.GeometryType.LINESTRING, np.asarray(array["coordinates"]), (array["offsets"],)
    )
    classes = np.array(facts["classes"], dtype=object)
    return Network(
        u=array["u"],
        v=array["v"],
        length_m=array["length_m"],
        geometry=geometry,
        highway=classes[array["highway_codes"]],
        node_lonlat=node_lonlat,
        version=facts["version"],
    )


def _canonical(
    geometry: NDArray[Any],
    length_m: NDArray[np.float64],
    highway: NDArray[Any],
    *,
    left_out: Mapping[str, int],
) -> Network:
    """Bring edges into one form: nodes numbered, edges turned and ordered, copies dropped."""
    first = shapely.get_coordinates(shapely.get_point(geometry, 0))
    last = shapely.get_coordinates(shapely.get_point(geometry, -1))
    cells = np.rint(np.concatenate([first, last]) / _NODE_GRID_DEG).astype(np.int64)
    _, index, number = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    node_lonlat = np.concatenate([first, last])[index]
    number = number.reshape(-1)
    u, v = number[: len(geometry)], number[len(geometry) :]

    turned = u > v
    geometry = np.where(turned, shapely.reverse(geometry), geometry)
    u, v = np.minimum(u, v), np.maximum(u, v)
    wkb = shapely.to_wkb(geometry, byte_order=1)
    classes = np.array(["" if value is None else str(value) for value in highway], dtype=object)
    order = sorted(range(len(u)), key=lambda i: (u[i], v[i], wkb[i], classes[i]))
    kept = [
        i
        for before, i in zip([-1, *order[:-1]], order, strict=True)
        if before < 0 or wkb[before] != wkb[i]
    ]
    digest = hashlib.sha256()
    for i in kept:
        digest.update(wkb[i])
        digest.update(classes[i].encode())
    return Network(
        u=u[kept].astype(np.int32),
        v=v[kept].astype(np.int32),
        length_m=np.asarray(length_m)[kept],
        geometry=geometry[kept],
        highway=np.asarray(highway, dtype=object)[kept],
        node_lonlat=node_lonlat,
        version=digest.hexdigest(),
        left_out=MappingProxyType({**left_out, "copies": len(order) - len(kept)}),
    )


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
