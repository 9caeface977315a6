"""Street lines from NetworkX graphs, as OSMnx makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from service.imports.cells import shown
from service.imports.street_columns import READ_COLUMNS, street_columns, words
from service.imports.systems import LONLAT, parse_base
from spatial.errors import Fault, InputError, InputFaults, UnknownCRSError
from spatial.network import Network
from spatial.network_building import build_network
from spatial.webmap_crs import WebMap

_MAX_LON: Final = 180.0
_MAX_LAT: Final = 90.0


def network_from_graph(graph: nx.Graph[Any], *, source: str = "graph") -> Network:
    """Build a network from a graph in memory; see `graph_lines`.

    Raises
    ------
    InputError
        When the graph, or an attribute of an edge, cannot be used.
    NetworkError
        When its lines make no network.
    """
    lines = graph_lines(graph, source=source)
    columns = street_columns(pd.DataFrame(lines.drop(columns="geometry")))
    if columns.faults:
        raise InputFaults([Fault(source, at + 1, name, why) for at, name, why in columns.faults])
    return build_network(gpd.GeoDataFrame(columns.frame, geometry=lines.geometry))


def graph_lines(graph: nx.Graph[Any], *, source: str = "graph") -> gpd.GeoDataFrame:
    """Return the edges of a graph as street lines.

    Parameters
    ----------
    graph
        Nodes with ``x`` and ``y``; edges with or without ``geometry`` (LineString or WKT), without
        it a straight line. The graph attribute ``crs`` says the system; without one the nodes are
        in longitude and latitude. Directed or not, with parallel edges or not.
    source
        What the graph is called in messages.

    Returns
    -------
    A line an edge, with the attributes that say something of walking. In a directed graph an edge
    and its reverse along the same line are one street. An edge without its reverse is walked both
    ways too: only ``oneway:foot`` makes a street one-way on foot, seen from the direction its way
    was mapped in (``reversed``, as OSMnx notes it). A geometry that does not end at its nodes is
    led to them.

    Raises
    ------
    InputError
        When a node has no coordinates, or there are no edges.
    InputFaults
        Naming each edge whose geometry cannot be read.
    UnknownCRSError
        When the system named is none, or none is and the nodes are not in degrees.
    """
    if graph.number_of_edges() == 0:
        raise InputError(f"{source}: the graph has no edges")
    places = _places(graph, source)
    crs = _crs(graph, places, source)
    ends = [(u, v) for u, v in graph.edges()]
    attributes: list[dict[str, Any]] = [data for _, _, data in graph.edges(data=True)]
    number = {node: at for at, node in enumerate(graph)}
    start = places[[number[u] for u, _ in ends]]
    end = places[[number[v] for _, v in ends]]
    geometry = _geometries(attributes, start, end, source)
    names = dict.fromkeys(name for data in attributes for name in data if name in READ_COLUMNS)
    columns: dict[str, pd.Series[Any]] = {
        name: pd.Series([data.get(name) for data in attributes], dtype=object) for name in names
    }
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)
    frame = _turned(frame, [data.get("reversed") for data in attributes])
    return _paired(frame) if graph.is_directed() else frame


def _places(graph: nx.Graph[Any], source: str) -> NDArray[np.float64]:
    """Return the coordinates of the nodes in their order, shape (n, 2)."""
    places = np.zeros((len(graph), 2))
    for at, (node, data) in enumerate(graph.nodes(data=True)):
        try:
            places[at] = float(data["x"]), float(data["y"])
        except (KeyError, TypeError, ValueError):
            raise InputError(f"{source}: node {shown(node)} has no coordinates x and y") from None
    if not np.isfinite(places).all():
        raise InputError(f"{source}: a node has coordinates that are not finite")
    return places


def _crs(graph: nx.Graph[Any], places: NDArray[np.float64], source: str) -> CRS:
    named = graph.graph.get("crs")
    if named is not None and not isinstance(named, CRS):
        base = parse_base(str(named), source=source)
        if isinstance(base, WebMap):
            raise UnknownCRSError(f"{source}: a graph in {base.value} is not read")
        return base
    if named is not None:
        return named
    if (np.abs(places) > (_MAX_LON, _MAX_LAT)).any():
        raise UnknownCRSError(
            f"{source}: the graph names no crs, and x and y are no longitude and latitude"
        )
    return LONLAT


def _geometries(
    attributes: list[dict[str, Any]],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    source: str,
) -> NDArray[Any]:
    """Return each edge's line from its first node to its second."""
    shapes = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
    faults: list[Fault] = []
    drawn: dict[int, BaseGeometry] = {}
    for at, data in enumerate(attributes):
        given = data.get("geometry")
        if given is None:
            continue
        try:
            shape = given if isinstance(given, BaseGeometry) else shapely.from_wkt(str(given))
        except shapely.errors.ShapelyError:
            shape = None
        if not isinstance(shape, shapely.LineString) or shape.is_empty:
            faults.append(Fault(source, at + 1, "geometry", f"is no line: {shown(given)}"))
            continue
        drawn[at] = shape
    if faults:
        raise InputFaults(faults)
    for at, shape in drawn.items():
        shapes[at] = _led(shapely.force_2d(shape), start[at], end[at])
    return shapes


def _led(shape: BaseGeometry, start: NDArray[np.float64], end: NDArray[np.float64]) -> BaseGeometry:
    """Turn a line to run from `start` to `end`, and lead it to them."""
    xy = shapely.get_coordinates(shape)
    as_drawn = np.hypot(*(xy[0] - start)) + np.hypot(*(xy[-1] - end))
    if np.hypot(*(xy[-1] - start)) + np.hypot(*(xy[0] - end)) < as_drawn:
        xy = xy[::-1]
    before = [] if (xy[0] == start).all() else [start]
    after = [] if (xy[-1] == end).all() else [end]
    return shapely.LineString(np.vstack([*before, xy, *after]))


def _turned(frame: gpd.GeoDataFrame, reversed_: list[object]) -> gpd.GeoDataFrame:
    """Say ``oneway:foot`` in the direction of each line, where OSMnx turned its way."""
    name = "oneway:foot"
    if name not in frame:
        return frame
    opposite: Mapping[str, str] = {"yes": "-1", "true": "-1", "1": "-1", "-1": "yes"}
    said = []
    for value, turned in zip(frame[name], reversed_, strict=True):
        directions = {word.casefold() for word in words(turned)}
        tags = {word.casefold() for word in words(value)}
        # Merged of stretches that were mapped in both directions: nobody knows which is meant.
        tag = tags.pop() if len(tags) == 1 and len(directions) < 2 else None  # noqa: PLR2004
        said.append(opposite.get(tag, tag) if tag and directions == {"true"} else tag)
    return frame.assign(**{name: pd.Series(said, index=frame.index, dtype=object)})


def _paired(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make one street of an edge and its reverse along the same line."""
    geometry = np.asarray(frame.geometry.array, dtype=object)
    along = np.asarray(shapely.to_wkb(geometry), dtype=object)
    against = np.asarray(shapely.to_wkb(shapely.reverse(geometry)), dtype=object)
    keys = pd.DataFrame({"line": np.minimum(along, against), "turned": against < along})
    # The second of two copies pairs with the second of their reverses.
    keys["copy"] = keys.groupby(["line", "turned"]).cumcount()
    first = ~keys.duplicated(["line", "copy"])
    kept = frame[first.to_numpy()].reset_index(drop=True)
    name = "oneway:foot"
    if name not in frame:
        return kept
    # Of a pair that contradicts itself, what either allows is allowed.
    columns = street_columns(pd.DataFrame({name: frame[name]})).frame
    turned = keys["turned"].to_numpy()
    for way, other in (("forward", "backward"), ("backward", "forward")):
        keys[way] = np.where(turned, columns[other], columns[way])
    allowed = keys.groupby(["line", "copy"], sort=False)[["forward", "backward"]].transform("any")
    allowed = allowed[first].reset_index(drop=True)
    turned = turned[first.to_numpy()]
    return kept.drop(columns=name).assign(
        forward=np.where(turned, allowed["backward"], allowed["forward"]),
        backward=np.where(turned, allowed["forward"], allowed["backward"]),
    )
