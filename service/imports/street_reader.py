"""Reading street lines, barriers and networks from files, in the system the file is in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from service.imports.coordinates import Located, in_xy, to_lonlat
from service.imports.crs_check import CrsSubject, decide_system
from service.imports.formats import FORMATS, LINE_FORMATS, read_raw
from service.imports.geometries import (
    Geometries,
    check_geometries,
    flatten,
    flattened_warning,
    parse_geometries,
)
from service.imports.osm.file import is_osm
from service.imports.osm.reader import ORIGIN_CRS, read_osm_lines
from service.imports.placed_rows import place_rows
from service.imports.raw import PLAIN, Reading
from service.imports.street_columns import street_columns
from service.imports.systems import LONLAT, overrule_warning, refuse_other, same_crs
from spatial.coordinate_systems import CoordinateSystem
from spatial.errors import Fault, InputError, InputFaults, NetworkError
from spatial.network import Network
from spatial.network_building import build_network
from spatial.planarize import planarize as split_at_crossings
from spatial.webmap_crs import WebMap

LINE_TYPES: Final = ("LineString", "MultiLineString")
BARRIER_TYPES: Final = (*LINE_TYPES, "Polygon", "MultiPolygon")


@dataclass(frozen=True)
class ReadLines:
    """Street lines or barriers read from a file, in the system the file is in.

    Those in GCJ-02 or BD-09 are in EPSG:4326, no register having a code for what they were in.
    """

    frame: gpd.GeoDataFrame
    origin_crs: str
    warnings: tuple[str, ...]
    subject: CrsSubject | None = None


@dataclass(frozen=True)
class ReadNetwork:
    """A street network read from a file.

    Parameters
    ----------
    network
        Edges in EPSG:4326.
    rows
        Lines in the file.
    sources
        What its column ``source`` says, each text once.
    origin_crs
        The system the file is in.
    warnings
        What was not taken, one line each.
    notes
        What was done besides, one line each.
    subject
        As in `ReadLayer`.
    """

    network: Network
    rows: int
    sources: tuple[str, ...]
    origin_crs: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    subject: CrsSubject | None = None


def read_lines(path: Path, *, crs: str | None = None) -> gpd.GeoDataFrame:
    """Read street lines in the system the file is in; see `read_street_lines`."""
    return read_street_lines(path, crs=crs).frame


def read_barriers(path: Path, *, crs: str | None = None, how: Reading = PLAIN) -> ReadLines:
    """Read user-drawn barriers: lines and polygons; see `read_street_lines`."""
    return _read_shapes(path, types=BARRIER_TYPES, prefer="barriers", crs=crs, how=how)


def read_street_lines(path: Path, *, crs: str | None = None, how: Reading = PLAIN) -> ReadLines:
    """Read street lines for a network.

    Parameters
    ----------
    path
        LineStrings or MultiLineStrings, with a column ``highway`` where there are classes, and
        others that say how they are walked (`service.imports.street_columns`); a graph; or an
        OpenStreetMap file.
    crs
        The system of the coordinates, where the file does not say.
    how
        What the user says of encoding and heading, and what reading may cost.

    Returns
    -------
    All columns, two dimensions, in the system of the file: what belongs together must meet
    exactly, so the network transforms the coordinates itself.

    Raises
    ------
    InputError
        As `read_layer`.
    """
    if is_osm(path):
        refuse_other(LONLAT, option=crs, source=str(path))
        streets = read_osm_lines(path)
        return ReadLines(streets.frame, ORIGIN_CRS, streets.warnings)
    read = _read_shapes(path, types=LINE_TYPES, prefer="network", crs=crs, how=how)
    walked = street_columns(pd.DataFrame(read.frame.drop(columns="geometry")))
    if walked.faults:
        raise InputFaults([Fault(str(path), at + 1, name, why) for at, name, why in walked.faults])
    lines = gpd.GeoDataFrame(walked.frame, geometry=read.frame.geometry, crs=read.frame.crs)
    read = replace(read, frame=lines)
    if "highway" in read.frame:
        return read
    note = f"{path}: has no column highway, so every line counts as walkable"
    return replace(read, warnings=(*read.warnings, note))


def _read_shapes(
    path: Path,
    *,
    types: tuple[str, ...],
    prefer: str,
    crs: str | None,
    how: Reading = PLAIN,
) -> ReadLines:
    """Read geometries of the given types with all columns, in the system the file is in."""
    source = str(path)
    raw = read_raw(path, prefer=prefer, formats=(*FORMATS, *LINE_FORMATS), how=how)
    frame = raw.frame
    faults: list[Fault] = []
    reported: frozenset[int] = frozenset()
    if not raw.placed:
        placed = place_rows(frame, source=source)
        frame, reported = placed.frame, placed.at_fault
        faults.extend(placed.faults)
    parsed = parse_geometries(frame["geometry"])
    shapes, count = flatten(parsed.geometries)
    system, subject = decide_system(raw, shapes, option=crs, source=source)
    located = to_lonlat({"geometry": shapes}, system, source=source)
    reported |= {at for at, _ in parsed.faults} | located.at_fault["geometry"]
    found = check_geometries(
        located.columns["geometry"], types=types, required=True, skip=sorted(reported)
    )
    faults.extend(Fault(source, at + 1, "geometry", why) for at, why in (*parsed.faults, *found))
    faults.extend(located.faults)
    if faults:
        raise InputFaults(sorted(faults, key=lambda fault: fault.row or 0))
    columns: dict[str, Any] = {
        str(name): frame[name] for name in frame.columns if name != "geometry"
    }
    lines = gpd.GeoDataFrame(
        columns, geometry=_plane(shapes, system, located), index=frame.index, crs=_register(system)
    )
    warnings = [*raw.warnings, *overrule_warning(raw, system, option=crs, source=source)]
    warnings += located.warnings
    warnings += flattened_warning(source, "geometry", count=count, rows=len(frame))
    return ReadLines(lines, located.origin_crs, tuple(warnings), subject)


def _plane(shapes: Geometries, system: CoordinateSystem, located: Located) -> Geometries:
    if isinstance(system.base, WebMap):
        return located.columns["geometry"]
    return in_xy(shapes, system)


def _register(system: CoordinateSystem) -> CRS:
    """Return the system of the register that lines are handed on in."""
    # CRS84 is EPSG:4326 to the last bit; a transformation between the two would round.
    if isinstance(system.base, WebMap) or same_crs(system.base, LONLAT):
        return LONLAT
    return system.base


def read_network(
    path: Path, *, crs: str | None = None, planarize: bool = False, how: Reading = PLAIN
) -> ReadNetwork:
    """Read street lines and build their network.

    Parameters
    ----------
    planarize
        True to split lines first where they cross or touch without a common end.
    how
        As `read_street_lines`.

    Raises
    ------
    InputError
        As `read_street_lines`, and when the lines make no network.
    """
    lines = read_street_lines(path, crs=crs, how=how)
    return make_network(lines, source=str(path), planarize=planarize)


def make_network(lines: ReadLines, *, source: str, planarize: bool = False) -> ReadNetwork:
    """Build the network of street lines, wherever they come from.

    Parameters
    ----------
    source
        What the lines are called in messages.
    planarize
        True to split lines first where they cross or touch without a common end.

    Raises
    ------
    InputError
        When the lines make no network.
    """
    frame = lines.frame
    notes: list[str] = []
    if planarize:
        split = split_at_crossings(frame)
        notes.append(f"{source}: {split.cut} lines split at {split.places} places")
        frame = split.lines
    try:
        network = build_network(frame)
    except NetworkError as error:
        raise InputError(f"{source}: {error}") from None
    left_out = [f"{count} {reason}" for reason, count in network.left_out.items() if count]
    note = [f"{source}: lines left out: {', '.join(left_out)}"] if left_out else []
    sources: list[object] = []
    if "source" in lines.frame:
        sources = lines.frame["source"].dropna().unique().tolist()
    return ReadNetwork(
        network,
        rows=len(lines.frame),
        sources=tuple(str(text) for text in sources),
        origin_crs=lines.origin_crs,
        warnings=(*lines.warnings, *note),
        notes=tuple(notes),
        subject=lines.subject,
    )
