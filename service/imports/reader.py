"""Reading a layer, street lines or a network from a file, checked and in EPSG:4326."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from service.imports.columns import name_columns, place_rows, target_names
from service.imports.coordinates import Located, in_xy, to_lonlat
from service.imports.crs_check import CrsSubject, decide_system
from service.imports.formats import read_raw
from service.imports.geometries import (
    Geometries,
    check_geometries,
    flatten,
    flattened_warning,
    parse_geometries,
)
from service.imports.systems import LONLAT, overrule_warning, same_crs
from service.imports.validation import check
from spatial.coordinate_systems import CoordinateSystem
from spatial.errors import Fault, InputError, InputFaults, NetworkError
from spatial.fields import STATUSES, FieldType, Layer
from spatial.network import Network, build_network
from spatial.webmap_crs import WebMap

LINE_TYPES: Final = ("LineString", "MultiLineString")
BARRIER_TYPES: Final = (*LINE_TYPES, "Polygon", "MultiPolygon")


@dataclass(frozen=True)
class ReadLayer:
    """A layer read from a file.

    Parameters
    ----------
    frame
        Validated, EPSG:4326, index 0..n-1 = data row - 1.
    origin_crs
        The system the file is in: an authority code, or WKT.
    transformation
        The operation to EPSG:4326 and its accuracy; None where nothing was to be done.
    warnings
        What was read otherwise than given, one line each.
    shared_columns
        Which of the columns named for several files this file has.
    subject
        What `service.imports.crs_check` needs to check the system; None for frames of no file.
    """

    frame: gpd.GeoDataFrame
    origin_crs: str
    transformation: str | None
    warnings: tuple[str, ...]
    shared_columns: frozenset[str] = frozenset()
    subject: CrsSubject | None = None


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
    subject
        As in `ReadLayer`.
    """

    network: Network
    rows: int
    sources: tuple[str, ...]
    origin_crs: str
    warnings: tuple[str, ...]
    subject: CrsSubject | None = None


def read_layer(
    path: Path,
    layer: Layer,
    *,
    crs: str | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
    shared_columns: Mapping[str, str] = MappingProxyType({}),
    assume_status: str | None = None,
) -> ReadLayer:
    """Read a file of any known format as a layer.

    Parameters
    ----------
    path
        A file; ``file.gpkg|layername=name`` names one of its tables.
    layer
        What its rows are.
    crs
        The system of its coordinates, where the file does not say.
    columns
        Column in the file to field, for columns that do not bear the field's name.
    shared_columns
        The same said of several files at once: it holds where this file has the column and the
        layer the field.
    assume_status
        Status of facilities that give neither a status nor any date; None leaves it open.

    Raises
    ------
    InputError
        When the file or its columns cannot be used.
    UndeclaredCRSError
        When nobody says which system the coordinates are in; it carries what proposes one.
    InputFaults
        With every fault of every row.
    """
    source = str(path)
    raw = read_raw(path, prefer=layer.name)
    frame = raw.frame
    shared = {
        column: field
        for column, field in shared_columns.items()
        if column in frame.columns and field in target_names(layer)
    }
    columns = {**shared, **columns}
    if raw.feature_ids is not None:
        name, ids = raw.feature_ids
        target = columns.get(name, layer.key if raw.assumed_crs is not None else name)
        if name not in frame.columns and target in layer.names and target not in frame.columns:
            frame = frame.assign(**{name: pd.Series(ids, index=frame.index, dtype=object)})
            columns = {**columns, name: target}
    named = name_columns(frame, layer, columns, source=source)
    frame = named.frame
    faults: list[Fault] = []
    at_fault: dict[str, frozenset[int]] = {}
    if not raw.placed:
        placed = place_rows(frame, source=source)
        frame = placed.frame
        faults.extend(placed.faults)
        at_fault["geometry"] = placed.at_fault
    warnings = [*raw.warnings, *named.warnings]
    shapes: dict[str, Geometries] = {}
    for field in layer.fields:
        if field.type not in (FieldType.GEOMETRY, FieldType.POINTS) or field.name not in frame:
            continue
        parsed = parse_geometries(frame[field.name])
        faults.extend(Fault(source, at + 1, field.name, why) for at, why in parsed.faults)
        known = at_fault.get(field.name, frozenset())
        at_fault[field.name] = known | {at for at, _ in parsed.faults}
        shapes[field.name], count = flatten(parsed.geometries)
        warnings += flattened_warning(source, field.name, count=count, rows=len(frame))
    system, subject = decide_system(raw, shapes.get("geometry"), option=crs, source=source)
    warnings += overrule_warning(raw, system, option=crs, source=source)
    located = to_lonlat(shapes, system, source=source)
    for name, shape in located.columns.items():
        frame = frame.assign(**{name: pd.Series(shape, index=frame.index, dtype=object)})
        at_fault[name] |= located.at_fault.get(name, frozenset())
    checked = check(
        frame, layer, source=source, faults=(*faults, *located.faults), at_fault=at_fault
    )
    warnings += [*located.warnings, *checked.warnings]
    if not len(checked.frame):
        warnings.append(f"{source}: has no rows")
    result = checked.frame
    if layer.name == "facilities":
        result, lines = _status(result, assume_status, source)
        warnings += lines
    return ReadLayer(
        result,
        located.origin_crs,
        located.transformation,
        tuple(warnings),
        frozenset(shared),
        subject,
    )


def _status(
    frame: gpd.GeoDataFrame, assumed: str | None, source: str
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Give facilities without status and dates the assumed one, or say that they do not count."""
    if assumed is not None and assumed not in STATUSES:
        known = ", ".join(STATUSES)
        raise InputError(f"--assume-status: '{assumed}' is no known status; known are {known}")
    dates = [name for name in frame.columns if name.endswith("_on")]
    silent = frame["status"].isna() & frame[dates].isna().all(axis=1)
    count = int(silent.sum())
    if not count:
        return frame, []
    of = f"{source}: {count} of {len(frame)} facilities have neither a status nor a date"
    if assumed is None:
        return frame, [f"{of} and do not count; if they run, say so with --assume-status operating"]
    filled = frame.copy()
    filled.loc[silent, "status"] = assumed
    return filled, [f"{of}; taken as {assumed}, as --assume-status says"]


def read_lines(path: Path, *, crs: str | None = None) -> gpd.GeoDataFrame:
    """Read street lines in the system the file is in; see `read_street_lines`."""
    return read_street_lines(path, crs=crs).frame


def read_barriers(path: Path, *, crs: str | None = None) -> ReadLines:
    """Read user-drawn barriers: lines and polygons; see `read_street_lines`."""
    return _read_shapes(path, types=BARRIER_TYPES, prefer="barriers", crs=crs)


def read_street_lines(path: Path, *, crs: str | None = None) -> ReadLines:
    """Read street lines for a network.

    Parameters
    ----------
    path
        LineStrings or MultiLineStrings, with a column ``highway`` where there are classes.
    crs
        The system of the coordinates, where the file does not say.

    Returns
    -------
    All columns, two dimensions, in the system of the file: what belongs together must meet
    exactly, so the network transforms the coordinates itself.

    Raises
    ------
    InputError
        As `read_layer`.
    """
    read = _read_shapes(path, types=LINE_TYPES, prefer="network", crs=crs)
    if "highway" in read.frame:
        return read
    note = f"{path}: has no column highway, so every line counts as walkable"
    return replace(read, warnings=(*read.warnings, note))


def _read_shapes(path: Path, *, types: tuple[str, ...], prefer: str, crs: str | None) -> ReadLines:
    """Read geometries of the given types with all columns, in the system the file is in."""
    source = str(path)
    raw = read_raw(path, prefer=prefer)
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


def read_network(path: Path, *, crs: str | None = None) -> ReadNetwork:
    """Read street lines and build their network.

    Raises
    ------
    InputError
        As `read_street_lines`, and when the lines make no network.
    """
    lines = read_street_lines(path, crs=crs)
    try:
        network = build_network(lines.frame)
    except NetworkError as error:
        raise InputError(f"{path}: {error}") from None
    left_out = [f"{count} {reason}" for reason, count in network.left_out.items() if count]
    note = [f"{path}: lines left out: {', '.join(left_out)}"] if left_out else []
    sources: list[object] = []
    if "source" in lines.frame:
        sources = lines.frame["source"].dropna().unique().tolist()
    return ReadNetwork(
        network,
        rows=len(lines.frame),
        sources=tuple(str(source) for source in sources),
        origin_crs=lines.origin_crs,
        warnings=(*lines.warnings, *note),
        subject=lines.subject,
    )
