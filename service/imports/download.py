"""Downloading the walkable streets of a place from OpenStreetMap, through OSMnx."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import osmnx
import pandas as pd
import requests
import shapely
from geopandas import GeoDataFrame
from shapely import MultiPolygon, Polygon

from service.imports.coordinates import to_lonlat
from service.imports.crs_check import decide_system
from service.imports.formats import FORMATS, LINE_FORMATS, read_raw
from service.imports.geometries import check_geometries, flatten, parse_geometries
from service.imports.graphs import graph_lines
from service.imports.osm.layers import SOURCE
from service.imports.raw import PLAIN, Reading
from service.imports.street_columns import street_columns
from service.imports.street_reader import ReadLines
from spatial.errors import Fault, InputError, InputFaults

# Ways are one street as long as these agree: a street that ends in stairs stays two.
_TOLD_APART: Final = ("highway", "bridge", "tunnel", "layer", "level", "foot", "oneway:foot")
_AREA_TYPES: Final = ("Polygon", "MultiPolygon")
_NETWORK_TYPE: Final = "walk"


def download_place(place: str, *, cache_dir: Path) -> ReadLines:
    """Download the streets inside the boundary of a place.

    Parameters
    ----------
    place
        What OpenStreetMap's gazetteer knows it by, such as 金华市, 浙江.
    cache_dir
        Where answers are kept, so that the same question is asked once.

    Raises
    ------
    InputError
        When there is no such place with a boundary, it has no streets, or the servers cannot be
        reached.
    """

    def ask() -> Any:  # noqa: ANN401  # a graph of NetworkX, which has no types
        return osmnx.graph_from_place(
            place,
            network_type=_NETWORK_TYPE,
            simplify=False,
            retain_all=True,
            truncate_by_edge=True,
        )

    if not place.strip():
        raise InputError("--place: names no place")
    return _download(ask, option=f"--place '{place}'", cache_dir=cache_dir)


def download_polygon(
    path: Path, *, crs: str | None = None, how: Reading = PLAIN, cache_dir: Path
) -> ReadLines:
    """Download the streets inside the polygons of a file, and those that lead out of them.

    Parameters
    ----------
    path
        Polygons in any format that is read.
    crs
        The system of its coordinates, where the file does not say.
    how
        Its encoding and heading, and what reading it may cost.
    cache_dir
        Where answers are kept, so that the same question is asked once.

    Raises
    ------
    InputError
        When the file has no polygons, there are no streets, or the servers cannot be reached.
    """
    area = read_area(path, crs=crs, how=how)

    def ask() -> Any:  # noqa: ANN401  # a graph of NetworkX, which has no types
        return osmnx.graph_from_polygon(
            area,
            network_type=_NETWORK_TYPE,
            simplify=False,
            retain_all=True,
            truncate_by_edge=True,
        )

    return _download(ask, option=f"--polygon {path}", cache_dir=cache_dir)


def read_area(
    path: Path, *, crs: str | None = None, how: Reading = PLAIN
) -> Polygon | MultiPolygon:
    """Read the polygons of a file as one geometry in EPSG:4326.

    Raises
    ------
    InputError
        When the file cannot be read, or has anything but polygons.
    """
    source = str(path)
    raw = read_raw(path, prefer="polygon", formats=(*FORMATS, *LINE_FORMATS), how=how)
    if "geometry" not in raw.frame or not len(raw.frame):
        raise InputError(f"{source}: has no polygons")
    parsed = parse_geometries(raw.frame["geometry"])
    shapes, _ = flatten(parsed.geometries)
    system, _ = decide_system(raw, shapes, option=crs, source=source)
    located = to_lonlat({"geometry": shapes}, system, source=source)
    reported = located.at_fault["geometry"] | {at for at, _ in parsed.faults}
    found = check_geometries(
        located.columns["geometry"], types=_AREA_TYPES, required=True, skip=sorted(reported)
    )
    faults = [Fault(source, at + 1, "geometry", why) for at, why in (*parsed.faults, *found)]
    faults += located.faults
    if faults:
        raise InputFaults(sorted(faults, key=lambda fault: fault.row or 0))
    area = shapely.union_all(located.columns["geometry"])
    if not isinstance(area, (Polygon, MultiPolygon)):
        raise InputError(f"{source}: its polygons have no area")
    return area


def _download(ask: Callable[[], Any], *, option: str, cache_dir: Path) -> ReadLines:
    with _osmnx_settings(cache_dir):
        try:
            graph = osmnx.simplify_graph(ask(), edge_attrs_differ=_TOLD_APART, remove_rings=False)
        except (requests.exceptions.RequestException, socket.gaierror, TimeoutError):
            raise InputError(
                f"{option}: OpenStreetMap's servers cannot be reached; without internet, import "
                "an extract instead, for example yike import network city.osm.pbf"
            ) from None
        except (ValueError, TypeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"{option}: nothing could be downloaded: {reason}") from None
    lines = graph_lines(graph, source=option)
    columns = street_columns(pd.DataFrame(lines.drop(columns="geometry")))
    if columns.faults:
        raise InputFaults([Fault(option, at + 1, name, why) for at, name, why in columns.faults])
    frame = GeoDataFrame(
        columns.frame.assign(source=SOURCE),
        geometry=np.asarray(lines.geometry.array, dtype=object),
        crs=lines.crs,
    )
    return ReadLines(frame, "EPSG:4326", ())


@contextmanager
def _osmnx_settings(cache_dir: Path) -> Iterator[None]:
    """Set what OSMnx keeps for the whole process, and set it back, name look-up included.

    Not for several threads at once, which would see one another's settings.
    """
    settings = osmnx.settings
    wanted: dict[str, object] = {
        "cache_folder": cache_dir / "osmnx",
        "use_cache": True,
        # Requests follow one another and a busy server is asked again; without this, OSMnx
        # waits a minute for a server that is not there.
        "overpass_rate_limit": False,
        "useful_tags_way": list({*settings.useful_tags_way, *_TOLD_APART}),
    }
    before = {name: getattr(settings, name) for name in wanted}
    look_up = socket.getaddrinfo
    try:
        for name, value in wanted.items():
            setattr(settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)
        socket.getaddrinfo = look_up
